"""The API's own description (OpenAPI 3.1), made from the routes and their operations, so that none can be forgotten."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from sync_core.handlers.files import KINDS
from sync_core.handlers.operation import Operation, Shape
from sync_core.handlers.operations import OPERATIONS
from sync_core.handlers.routes import PEOPLE, Route
from sync_core.handlers.whole_numbers import LARGEST_ID
from sync_core.handlers.wire.machines import Health, Notification, PageSettings, RemoteExecutionContext
from sync_core.handlers.wire.problems import Problem

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_ID: Json = {"type": "integer", "minimum": 0, "maximum": LARGEST_ID}


class _Schemas(GenerateJsonSchema):
    """Without a title beside every name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def description() -> Json:
    """The whole description, as JSON."""
    shapes = _Shapes()
    paths: Json = {}
    for route in PEOPLE:
        paths.setdefault(f"/api/{route.path}", {})[route.verb.lower()] = _operation(route, shapes)
    for path, operation in (_machines(shapes) | _open(shapes)).items():
        paths[f"/api/{path}"] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Two-way sync between Dynamics 365 and Oneflow", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": shapes.schemas(),
            "securitySchemes": {
                "person": {"type": "http", "scheme": "bearer", "description": "App Service Authentication, Entra ID"},
                "functionKey": {"type": "apiKey", "in": "header", "name": "x-functions-key"},
            },
        },
    }


class _Shapes:
    """Remembers which shapes are referred to, so that all of them are described once."""

    def __init__(self) -> None:
        self._used: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}

    def sent(self, shape: type[BaseModel]) -> Json:
        return {"application/json": {"schema": self._ref(shape, "validation")}}

    def answered(self, shape: Shape, kind: str = "application/json") -> Json:
        found = [self._ref(one, "serialization") for one in get_args(shape) or (shape,)]
        return {kind: {"schema": found[0] if len(found) == 1 else {"anyOf": found}}}

    def problem(self, shape: type[Problem] = Problem) -> Json:
        content = self.answered(shape, "application/problem+json")
        return {"description": "What is wrong and how to mend it.", "content": content}

    def schemas(self) -> Json:
        _, found = models_json_schema(
            list(self._used), ref_template="#/components/schemas/{model}", schema_generator=_Schemas
        )
        defs: Json = found["$defs"]
        return defs

    def _ref(self, shape: type[BaseModel], mode: JsonSchemaMode) -> Json:
        self._used[shape, mode] = None
        return {"$ref": f"#/components/schemas/{shape.__name__}"}


def _operation(route: Route, shapes: _Shapes) -> Json:
    known: Operation = OPERATIONS[route.name]
    done: Json = {"description": "Done."}
    if known.answer is not None:
        done["content"] = shapes.answered(known.answer)
    answers = {str(known.status): done}
    if known.taken is not Problem:
        answers["409"] = shapes.problem(known.taken)
    described: Json = {
        "operationId": route.name,
        "summary": known.summary + (" Needs the app role Sync.Admin." if route.admin else ""),
        "parameters": [*_parts(route.path), *_queries(known), *_headers(known)],
        "responses": answers | {"default": shapes.problem()},
        "security": [{"person": []}],
    }
    if known.body:
        described["requestBody"] = {"content": shapes.sent(known.body), "required": True}
    return described


def _parts(path: str) -> list[Json]:
    names = re.findall(r"{(\w+)}", path)
    return [
        {"name": name, "in": "path", "required": True, "schema": _ID if name == "contract_id" else _TEXT}
        for name in names
    ]


def _queries(known: Operation) -> list[Json]:
    if known.query is None:
        return []
    schema = known.query.model_json_schema(schema_generator=_Schemas)
    required, words = schema.get("required", ()), schema.get("$defs", {})
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _spelled_out(_without_null(one), words)}
        for name, one in schema["properties"].items()
    ]


def _spelled_out(schema: Json, words: Json) -> Json:
    """A list of words has no shape of its own among those of bodies."""
    return dict(words[schema["$ref"].rpartition("/")[2]]) if "$ref" in schema else schema


def _without_null(schema: Mapping[str, Any]) -> Json:
    """An address has no null: what is null there is left out."""
    return next((dict(one) for one in schema.get("anyOf", ()) if one != {"type": "null"}), dict(schema))


def _headers(known: Operation) -> list[Json]:
    return [{"name": "If-Match", "in": "header", "required": True, "schema": _TEXT}] if known.needs_if_match else []


def _machines(shapes: _Shapes) -> Json:
    asked: tuple[tuple[str, str, str, type[BaseModel], Json], ...] = (
        ("oneflow_webhook", "oneflow/webhook", "Oneflow's notification.", Notification, {"200": _said("Accepted.")}),
        (
            "dynamics_events",
            "dynamics/events",
            "Dataverse's RemoteExecutionContext.",
            RemoteExecutionContext,
            {
                "202": _said("Accepted; it is done later."),
            },
        ),
    )
    return {
        path: {
            "post": {
                "operationId": name,
                "summary": summary,
                "requestBody": {"content": shapes.sent(body)},
                "responses": answers | {"default": shapes.problem()},
                "security": [{"functionKey": []}],
            }
        }
        for name, path, summary, body, answers in asked
    }


def _open(shapes: _Shapes) -> Json:
    health = shapes.answered(Health)
    anything: Json = {"application/json": {"schema": {"type": "object"}}}
    files: Json = {kind: {"schema": _TEXT} for kind in KINDS.values()}
    asked: tuple[tuple[str, str, str, Json], ...] = (
        (
            "health",
            "health",
            "Whether each dependency answers.",
            {"200": _said("All do.", health), "503": _said("Some do not.", health)},
        ),
        ("openapi", "openapi.json", "This description.", {"200": _said("OpenAPI 3.1.", anything)}),
        (
            "page_settings",
            "ui/config.json",
            "What the pages need to sign in.",
            {"200": _said("OK.", shapes.answered(PageSettings))},
        ),
        ("ui", "ui/{path}", "The pages.", {"200": _said("OK.", files), "304": _said("As it was.")}),
    )
    return {
        path: {
            "get": {
                "operationId": name,
                "summary": summary,
                "parameters": _parts(path),
                "responses": answers | {"default": shapes.problem()},
                "security": [],
            }
        }
        for name, path, summary, answers in asked
    }


def _said(text: str, content: Json | None = None) -> Json:
    return {"description": text, **({"content": content} if content else {})}
