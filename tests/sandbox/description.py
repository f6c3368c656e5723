"""Oneflow AB's own published description of its API, where that file lies beside the project."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[3] / "shared" / "contracts" / "oneflow-connector.swagger.json"
JSON_TYPES: dict[str, tuple[type, ...]] = {
    "array": (list,), "boolean": (bool,), "integer": (int,), "number": (int, float), "object": (dict,),
    "string": (str,),
}  # fmt: skip

Schema = dict[str, Any]


class Description:
    """Checks values against the schemas of the file. Null passes: the file never says what may be null."""

    def __init__(self) -> None:
        self.whole: Schema = json.loads(FILE.read_text(encoding="utf-8"))

    def of_answer(self, method: str, path: str, status: int) -> Schema:
        schema: Schema = self.whole["paths"][path][method]["responses"][str(status)].get("schema", {})
        return schema

    def faults(self, value: Any, schema: Schema, at: str = "$") -> Iterator[str]:
        """What the schema asks for and the value lacks, or has otherwise."""
        if "$ref" in schema:
            schema = self.whole["definitions"][schema["$ref"].removeprefix("#/definitions/")]
        if value is None:
            return
        kind = schema.get("type", "object" if "properties" in schema else None)
        if kind is not None and (
            not isinstance(value, JSON_TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")
        ):
            yield f"{at} is {type(value).__name__}, not {kind}"
            return
        if "enum" in schema and value not in schema["enum"]:
            yield f"{at} is none of {schema['enum']}"
        if schema.get("format") == "int32" and not -(2**31) <= value < 2**31:
            yield f"{at} does not fit 32 bits"
        if isinstance(value, list):
            for i, item in enumerate(value):
                yield from self.faults(item, schema.get("items", {}), f"{at}[{i}]")
        if isinstance(value, dict):
            for name, member in schema.get("properties", {}).items():
                if name in value:
                    yield from self.faults(value[name], member, f"{at}.{name}")
                elif not optional(name, value):
                    yield f"{at}.{name} is missing"


def optional(name: str, owner: dict[str, Any]) -> bool:
    """The description marks nothing as required in answers. We ask for all of it but what excludes each other: a
    company has participants, an individual is one."""
    return name == ("participants" if owner.get("type") == "individual" else "participant")
