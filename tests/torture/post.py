"""What Oneflow and Dataverse send, and what becomes of it on the way to the app."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from sandbox.dataverse.step import Change
from sandbox.oneflow.account.model import Contract, Event
from sync_core.errors import NotAuthentic, SyncError
from tests.torture.schedule import Crash

if TYPE_CHECKING:
    from tests.torture.world import World

_LATE = (60.0, 7200.0)  # seconds
_OVERTAKEN = 25.0


class Post:
    """Oneflow's own delivery, with its retries; Dataverse's, which tries once more after 502 to 504."""

    def __init__(self, world: World) -> None:
        self._world = world

    # --- Oneflow ------------------------------------------------------------------------------------------------------

    def announced(self, contract: Contract, events: tuple[Event, ...]) -> None:
        world, mishaps = self._world, self._world.delivery.mishaps
        kind = world.faults.take("webhook")
        if kind is not None:
            world.faults.meet(kind, "webhook")
        if kind == "event_dropped":
            mishaps.drop = 1
        elif kind == "event_twice":
            mishaps.duplicate = 1
        elif kind in ("event_late", "event_overtaken"):
            late = world.chance.uniform(*_LATE) if kind == "event_late" else world.chance.uniform(1, _OVERTAKEN)
            mishaps.delay, mishaps.delay_seconds = 1, late
        elif kind == "event_forged":
            forged = json.dumps({"contract": {"id": contract.id}, "callback_id": "x", "events": [], "signature": "y"})
            world.scheduler.spawn(lambda: self.send("", forged.encode(), {}), name="forger")
        world.delivery.enqueue(contract, events)
        due = world.delivery.next_due()
        if due is not None:
            at = world.scheduler.seconds(due) - world.scheduler.time
            world.scheduler.spawn(self._pump, name="oneflow's sender", delay=max(0.0, at) + world.chance.random())
        world.scheduler.spawn(self._pump, name="oneflow's sender", delay=world.chance.random())

    def _pump(self) -> None:
        delivery, scheduler = self._world.delivery, self._world.scheduler
        for note in delivery.take_due(self._world.account.now()):
            scheduler.spawn(partial(delivery.deliver, note), name="webhook")
            # Whatever becomes of it: at its next try there is somebody to send it.
        following = delivery.next_due()
        if following is not None:
            scheduler.spawn(self._pump, name="oneflow's sender",
                            delay=max(1.0, scheduler.seconds(following) - scheduler.time))  # fmt: skip

    def send(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        """The app's answer to a webhook; 0 where the process died meanwhile."""
        return self._to_app(lambda process: process.ingest.oneflow(body, headers))

    # --- Dataverse ----------------------------------------------------------------------------------------------------

    def changed(self, change: Change) -> None:
        world = self._world
        if change.entity != "opportunity" or change.message not in ("Update", "Delete"):
            return
        kind = world.faults.take("event")
        if kind is not None:
            world.faults.meet(kind, "event")
        if kind == "event_dropped":
            return
        switches = world.dataverse_events._switches
        switches.strip_above = 10 if kind == "event_stripped" else 256 * 1024
        body, headers = world.dataverse_events.request(change)
        late = {"event_late": world.chance.uniform(*_LATE), "event_overtaken": world.chance.uniform(1, _OVERTAKEN)}
        delay = late.get(kind or "", world.chance.random() * 2)
        for _ in range(2 if kind == "event_twice" else 1):
            world.scheduler.spawn(lambda: self._deliver(body, headers), name="event", delay=delay)

    def _deliver(self, body: bytes, headers: dict[str, str]) -> None:
        for _ in range(2):
            status = self._to_app(lambda process: process.ingest.dynamics(process.ingest.event(body, headers)))
            if status not in (502, 503, 504):
                return

    def heal(self) -> None:
        mishaps = self._world.delivery.mishaps
        mishaps.drop = mishaps.duplicate = mishaps.delay = 0

    def _to_app(self, act: Any) -> int:
        process = self._world.any_process()
        if process is None:
            return 0
        try:
            act(process)
        except NotAuthentic:
            return 401
        except SyncError:
            return 503
        except Crash:
            self._world.scheduler.spawn(process.die_now, process, "crash")
            return 0
        return 200
