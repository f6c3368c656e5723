"""The system jobs (`asyncoperation`) in which asynchronous steps run: what came of each event (fact sheet 4.3, 4.4)."""

from __future__ import annotations

from typing import Any

from sandbox.dataverse.step import Step
from sandbox.dataverse.world import World

_TABLE = "asyncoperation"
_SYSTEM_EVENT = 1  # operationtype
_WAITING, _SUCCEEDED, _FAILED = (0, 0), (3, 30), (3, 31)  # statecode and statuscode


class SystemJobs:
    """A job that failed stays; one that went well goes where its step deletes them by itself."""

    def __init__(self, world: World) -> None:
        self._world = world

    def begin(self, job: str, step: Step) -> None:
        """Under the step's name, which it shares with every other job of that step."""
        named = {"name": step.name, "operationtype": _SYSTEM_EVENT}
        owner = {"owningextensionid": ("sdkmessageprocessingstep", step.id)}
        with self._world.lock:
            self._world.add(_TABLE, named | owner | _state(_WAITING), "", job)

    def end(self, job: str, step: Step, status: int) -> None:
        """`status`: what the endpoint answered; 0 for no answer. Somebody may have deleted the job meanwhile."""
        with self._world.lock:
            row = self._world.rows.get(_TABLE, {}).get(job)
            if row is None:
                return
            if 200 <= status < 300:
                row.values |= _state(_SUCCEEDED)
                if not step.keeps_jobs:
                    del self._world.rows[_TABLE][job]
            else:
                said = (
                    f"The web service answered with status {status}." if status else "The web service did not answer."
                )
                row.values |= _state(_FAILED) | {"message": said, "friendlymessage": said}
            self._world.touched()


def _state(of: tuple[int, int]) -> dict[str, Any]:
    return {"statecode": of[0], "statuscode": of[1]}
