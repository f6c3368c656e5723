"""What openapi.json says of requests and answers, held against real ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import jsonschema_rs
import requests

from sync_core.handlers.openapi import description

Json = Mapping[str, Any]


class Description:
    """Of an answer every member must be described: whoever reads it may leave unknown ones alone, we may not add any
    that nobody is told of."""

    def __init__(self, document: Json) -> None:
        self._paths: Json = document["paths"]
        self._components = _closed(document["components"])
        self._checks: dict[str, jsonschema_rs.Draft202012Validator] = {}

    def operations(self) -> Iterator[tuple[str, str, Json]]:
        """(verb, path after /api/, operation)"""
        for path, verbs in self._paths.items():
            for verb, operation in verbs.items():
                yield verb.upper(), path.removeprefix("/api/"), operation

    def knows(self, verb: str, path: str) -> bool:
        return self._operation(verb, path) is not None

    def breaches(self, verb: str, path: str, answer: requests.Response) -> list[str]:
        """What of the answer is not as described; `path` is the one that was asked, without its query."""
        operation = self._operation(verb, path)
        if operation is None:
            return [f"{verb} {path} is not described"]
        found = operation["responses"].get(str(answer.status_code), operation["responses"]["default"])
        content: Json = found.get("content", {})
        if not content:
            return [f"{answer.status_code} has a body"] if answer.content else []
        kind = answer.headers.get("content-type", "").split(";")[0]
        if kind not in content:
            return [f"{answer.status_code} is of the type {kind!r}"]
        return self._wrong(content[kind]["schema"], answer.json()) if kind.endswith("json") else []

    def shapes_of(self, verb: str, path: str, answer: requests.Response) -> set[str]:
        """The shapes of which the answer holds at least one."""
        operation = self._operation(verb, path)
        assert operation is not None
        said = operation["responses"].get(str(answer.status_code), operation["responses"]["default"])
        for kind, content in said.get("content", {}).items():
            if kind.endswith("json") and answer.headers.get("content-type", "").startswith(kind):
                return set(self._met(content["schema"], answer.json()))
        return set()

    def answered_shapes(self) -> set[str]:
        """Every shape that an answer may hold, without lists of words."""
        found: set[str] = set()
        waiting = [operation["responses"] for _, _, operation in self.operations()]
        while waiting:
            for name in set(re.findall(r"#/components/schemas/(\w+)", json.dumps(waiting.pop()))) - found:
                found.add(name)
                waiting.append(self._components["schemas"][name])
        return {name for name in found if "properties" in self._components["schemas"][name]}

    def takes_a_body(self, verb: str, path: str) -> bool:
        return "requestBody" in (self._operation(verb, path) or {})

    def wrong_in_body(self, verb: str, path: str, body: Any) -> list[str]:
        """What of a request's body is not as described."""
        operation = self._operation(verb, path)
        assert operation is not None
        return self._wrong(operation["requestBody"]["content"]["application/json"]["schema"], body)

    def _operation(self, verb: str, path: str) -> Json | None:
        """An exact path goes before one with parts."""
        for described in sorted(self._paths, key=lambda one: "{" in one):
            shape = re.sub(r"{(\w+)}", lambda part: ".+" if part[1] == "path" else "[^/]+", described)
            if re.fullmatch(shape, f"/api/{path}") and verb.lower() in self._paths[described]:
                found: Json = self._paths[described][verb.lower()]
                return found
        return None

    def _met(self, schema: Json, content: Any) -> Iterator[str]:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            yield name
            yield from self._met(self._components["schemas"][name], content)
        for one in schema.get("anyOf", ()):
            if not self._wrong(one, content):
                yield from self._met(one, content)
        if isinstance(content, dict):
            for name in schema.get("properties", {}).keys() & content.keys():
                yield from self._met(schema["properties"][name], content[name])
        elif isinstance(content, list):
            for one in content:
                yield from self._met(schema.get("items", {}), one)

    def _wrong(self, schema: Json, content: Any) -> list[str]:
        key = json.dumps(schema)
        if key not in self._checks:
            self._checks[key] = jsonschema_rs.Draft202012Validator({**schema, "components": self._components})
        return [
            f"{'/'.join(map(str, one.instance_path))}: {one.message}" for one in self._checks[key].iter_errors(content)
        ]


@cache
def described() -> Description:
    """What the app as it is here says of itself."""
    return Description(description())


def _closed(schema: Any) -> Any:
    """The same with no room for members that are not described."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inside = {name: _closed(one) for name, one in schema.items()}
    return {"additionalProperties": False, **inside} if "properties" in inside else inside
