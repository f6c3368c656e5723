"""Sandbox-only endpoints under /_sandbox, for a person with curl: edit a record as a colleague, look, order faults."""

from __future__ import annotations

import json
import re
from typing import Any, Protocol

from sandbox.dataverse import seed
from sandbox.dataverse.people import People
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.switches import Switches
from sandbox.dataverse.world import World
from sandbox.faults import Fault, Faults
from sandbox.request_log import RequestLog
from sandbox.wire import Request, Response

CONTROL_PREFIX = "/_sandbox"
_RECORD = re.compile(r"/records/(\w+)/([0-9a-fA-F-]{36})")


class Controlled(Protocol):
    """The simulator's parts that a person may look at and change."""

    world: World
    people: People
    faults: Faults
    log: RequestLog
    switches: Switches


class Control:
    def __init__(self, simulator: Controlled) -> None:
        self._sim = simulator

    def answer(self, request: Request) -> Response:
        path = request.path.removeprefix(CONTROL_PREFIX).rstrip("/")
        try:
            content = json.loads(request.body) if request.body.strip() else {}
            return Response.of_json(200, self._do(request.method, path, content))
        except Problem as problem:
            return problem.response()
        except LookupError as error:
            return Response.of_json(404, {"error": f"not found: {error}"})
        except (ValueError, TypeError) as error:
            return Response.of_json(400, {"error": str(error)})

    def _do(self, method: str, path: str, body: dict[str, Any]) -> Any:
        record = _RECORD.fullmatch(path)
        if record and method == "GET":
            return self._sim.people.columns(record.group(1), record.group(2).lower())
        if record and method in ("POST", "PATCH"):
            self._sim.people.set_columns(record.group(1), record.group(2).lower(), body)
            return self._sim.people.columns(record.group(1), record.group(2).lower())
        created = re.fullmatch(r"/records/(\w+)", path)
        if created and method == "POST":
            return {"id": self._sim.people.new(created.group(1), body)}
        if record and method == "DELETE":
            self._sim.people.delete(record.group(1), record.group(2).lower())
            return {}
        if (method, path) == ("GET", "/records"):
            return {entity: list(rows) for entity, rows in self._sim.world.rows.items()}
        if (method, path) == ("GET", "/requests"):
            return [{"method": one.method, "path": one.path, "status": one.status} for one in self._sim.log.entries()]
        if (method, path) == ("POST", "/faults"):
            self._sim.faults.add(Fault(**body))
            return self._sim.faults.listed()
        if (method, path) == ("DELETE", "/faults"):
            self._sim.faults.clear()
            return []
        if (method, path) == ("PUT", "/switches"):
            self._sim.switches.update(body)
            return self._sim.switches.as_dict()
        if (method, path) == ("GET", ""):
            return {
                "a record": f"GET, POST {CONTROL_PREFIX}/records/opportunity/{seed.OPPORTUNITY}",
                "all records": f"GET {CONTROL_PREFIX}/records",
                "requests": f"GET {CONTROL_PREFIX}/requests",
                "faults": f"POST, DELETE {CONTROL_PREFIX}/faults",
                "switches": f"PUT {CONTROL_PREFIX}/switches",
            }
        raise LookupError(f"{method} {path}")
