"""A recording check: what any test asks of the Oneflow simulator, and is answered, against Oneflow's own description.

A request counts where it was taken: tests also send what is wrong on purpose. What the description does not have is not
looked at; an answer's property that it has and the answer lacks counts as long as no switch was turned.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from sandbox.oneflow.api.router import PREFIX
from sandbox.oneflow.simulator import OneflowSimulator
from sandbox.oneflow.switches import Switches
from sandbox.wire import Request, Response
from tests.sandbox.description import FILE, Description

_ERROR = {"$ref": "#/definitions/Error"}
_WIDTH = 58
# Where Oneflow's documentation says otherwise than this description, and the documentation is followed: the connector
# names event types alone, the API takes filters of rules.
DISAGREEMENTS = {"the request POST /webhooks": "$.filters["}


class Recorder:
    def __init__(self, description: Description) -> None:
        self._description = description
        self.looked_at: list[str] = []
        self.mismatches: list[str] = []
        self._routes = [
            (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))), path) for path in description.whole["paths"]
        ]

    def __call__(self, request: Request, response: Response, switches: Switches) -> None:
        path = request.path.removeprefix(PREFIX)
        method = request.method.lower()
        for route, described in self._routes:
            operation = self._description.whole["paths"][described].get(method)
            if route.fullmatch(path) and operation and str(response.status) in operation["responses"]:
                where = f"{request.method} {described}"
                self.looked_at.append(f"{where} {response.status}")
                self._answer(where, operation, response, switches)
                self._request(where, operation, request, response)

    def _answer(self, where: str, operation: dict[str, Any], response: Response, switches: Switches) -> None:
        schema = operation["responses"][str(response.status)].get("schema", {})
        whole = switches == Switches()
        kind = response.headers.get("Content-Type", "")
        if not response.body or "json" not in kind:
            return
        schema = _ERROR if response.status >= 400 else schema
        value = json.loads(response.body)
        self._look(f"the answer {response.status} to {where}", value, schema, whole, _turned(value, switches))

    def _request(self, where: str, operation: dict[str, Any], request: Request, response: Response) -> None:
        described = next((one for one in operation.get("parameters", ()) if one.get("in") == "body"), None)
        if response.status < 400 and described and request.body:
            self._look(f"the request {where}", json.loads(request.body), described["schema"], whole=False)

    def _look(self, what: str, value: Any, schema: dict[str, Any], whole: bool, turned: Collection[str] = ()) -> None:
        known = DISAGREEMENTS.get(what)
        faults = [
            one
            for one in self._description.faults(value, schema)
            if (whole or not one.endswith(" is missing"))
            and not (known and one.startswith(known))
            and one not in turned
        ]
        if faults:
            shapes = _beside(self._described(schema), _shape(value))
            self.mismatches.append(f"{what}: {'; '.join(faults)}\n{shapes}")

    def _described(self, schema: dict[str, Any], depth: int = 0) -> list[str]:
        """One line for each property that is described, by its place."""
        if "$ref" in schema:
            schema = self._description.whole["definitions"][schema["$ref"].removeprefix("#/definitions/")]
        kind = schema.get("type", "object" if "properties" in schema else "anything")
        if kind == "array":
            return [f"$[]{one[1:]}" for one in self._described(schema.get("items", {}), depth + 1)]
        lines = [f"$: {kind}"]
        for name, member in schema.get("properties", {}).items() if depth < 6 else ():
            lines += [f"$.{name}{one[1:]}" for one in self._described(member, depth + 1)]
        return lines


def _turned(value: Any, switches: Switches) -> list[str]:
    """What a switch makes otherwise than described: it plays what others saw of Oneflow."""
    if switches.state_form != "number":
        return []
    rows = len(value["data"]) if isinstance(value, dict) and isinstance(value.get("data"), list) else 0
    return [f"{place}.state is int, not string" for place in ("$", *(f"$.data[{i}]" for i in range(rows)))]


def _shape(value: Any) -> list[str]:
    """One line for each property that is there; of a list, all its items' together. No values."""
    if isinstance(value, list):
        return [f"$[]{one[1:]}" for one in dict.fromkeys(line for item in value for line in _shape(item))]
    if isinstance(value, dict):
        return ["$: object", *(f"$.{name}{one[1:]}" for name, each in value.items() for one in _shape(each))]
    return [f"$: {_kind(value)}"]


def _kind(value: Any) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
    return kinds.get(type(value), type(value).__name__)


def _beside(described: list[str], found: list[str]) -> str:
    """The two shapes side by side, the same place on the same line."""

    def by_place(lines: list[str]) -> dict[str, str]:
        places: dict[str, str] = {}
        for line in lines:
            place, _, kind = line.rpartition(": ")
            places[place] = f"{places[place]} or {kind}" if place in places else kind
        return places

    left, right = by_place(described), by_place(found)
    lines = [f"{f'{place}: {kind}':{_WIDTH}}{f'{place}: {right[place]}' if place in right else '-'}"
             for place, kind in left.items()]  # fmt: skip
    return "\n".join([f"{'described':{_WIDTH}}found", *lines])


@cache
def recorder() -> Recorder | None:
    """None where the description is not there; tests/sandbox/test_oneflow_description.py says so and is skipped."""
    return Recorder(Description()) if FILE.exists() else None


@contextmanager
def recorded() -> Iterator[list[str]]:
    """What does not fit while it lasts."""
    found: list[str] = []
    watch = recorder()
    if watch is None:
        yield found
        return
    before = len(watch.mismatches)
    OneflowSimulator.watchers.append(watch)
    try:
        yield found
    finally:
        OneflowSimulator.watchers.remove(watch)
        found += watch.mismatches[before:]
