"""The file for a custom connector: OpenAPI 2.0, every route that answers people, Entra sign-in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.connector import connector
from sync_core.handlers.openapi import description
from sync_core.handlers.routes import PEOPLE
from tests.cli.desk import Desk

CLIENT = "5160f100-0000-4000-8000-000000000001"
FILE = connector("https://func-sync.azurewebsites.net", "tenant.example", CLIENT)
# What OpenAPI 2.0 knows of a schema, and what connectors add; everything else an import refuses or passes over.
# https://swagger.io/specification/v2/#schema-object
KNOWN = {
    "$ref", "format", "title", "description", "default", "multipleOf", "maximum", "exclusiveMaximum", "minimum",
    "exclusiveMinimum", "maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "maxProperties",
    "minProperties", "required", "enum", "type", "items", "allOf", "properties", "additionalProperties",
}  # fmt: skip
TYPES = {"array", "boolean", "integer", "number", "object", "string"}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, verbs in FILE["paths"].items():
        for verb, operation in verbs.items():
            yield verb, path, operation


def schemas(part: Any) -> Iterator[dict[str, Any]]:
    """Every schema under a schema, itself included."""
    yield part
    for one in part.get("properties", {}).values():
        yield from schemas(one)
    for one in (*part.get("allOf", ()), *(part[name] for name in ("items", "additionalProperties") if name in part)):
        if isinstance(one, dict):
            yield from schemas(one)


def every_schema() -> Iterator[dict[str, Any]]:
    for one in FILE["definitions"].values():
        yield from schemas(one)
    for _, _, operation in operations():
        for part in (*operation["parameters"], *operation["responses"].values()):
            if "schema" in part:
                yield from schemas(part["schema"])


def test_every_route_of_people_is_in_it_and_no_route_of_machines() -> None:
    listed = {(verb.upper(), path.removeprefix("/")) for verb, path, _ in operations()}
    assert listed == {(route.verb, route.path) for route in PEOPLE}
    assert (FILE["host"], FILE["basePath"], FILE["schemes"]) == ("func-sync.azurewebsites.net", "/api", ["https"])


def test_it_speaks_openapi_2_alone() -> None:
    assert FILE["swagger"] == "2.0" and not FILE.keys() & {"openapi", "components", "servers"}
    for one in every_schema():
        assert {name for name in one if not name.startswith("x-")} <= KNOWN, one
        assert "$ref" not in one or len(one) == 1, "beside a reference nothing counts"
        assert one.get("type", "object") in TYPES
        assert one.get("type") != "array" or "items" in one
        assert one.get("exclusiveMinimum", True) is True and one.get("exclusiveMaximum", True) is True
    for _, _, operation in operations():
        assert not operation.keys() & {"requestBody", "callbacks"}
        for answer in operation["responses"].values():
            assert answer["description"] and "content" not in answer


def test_every_reference_leads_somewhere_and_every_definition_is_used() -> None:
    named = set(re.findall(r'"#/definitions/(\w+)"', json.dumps(FILE)))
    assert named == FILE["definitions"].keys()


def test_parameters_are_plain_and_those_of_the_address_required() -> None:
    for verb, path, operation in operations():
        wanted = set(re.findall(r"{(\w+)}", path))
        given = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
        assert given == wanted, f"{verb} {path}"
        for one in operation["parameters"]:
            if one["in"] == "body":
                assert one["required"] and one["schema"]
            else:
                assert one["type"] in TYPES - {"object", "array"} and "schema" not in one
                assert one["required"] or one["in"] != "path"
                assert one["x-ms-summary"]


def test_operations_have_names_of_their_own_that_flows_can_show() -> None:
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(ids) == len(set(ids)) and all(re.fullmatch(r"[A-Z][A-Za-z]+", one) for one in ids)
    assert {"PushRecord", "FetchContract", "CreateContract"} <= set(ids)
    for verb, path, operation in operations():
        assert 0 < len(operation["summary"]) <= 120, f"{verb} {path}"


def test_members_that_must_be_there_are_the_same_as_the_apis() -> None:
    whole = description()["components"]["schemas"]
    for name, one in FILE["definitions"].items():
        assert one.get("required", []) == whole[name].get("required", []), name
        assert one.get("properties", {}).keys() == whole[name].get("properties", {}).keys(), name


def test_a_person_signs_in_with_entra_id_for_this_app() -> None:
    [(name, sign_in)] = FILE["securityDefinitions"].items()
    assert FILE["security"] == [{name: [f"{CLIENT}/.default"]}]
    assert (sign_in["type"], sign_in["flow"]) == ("oauth2", "accessCode")
    for address in ("authorizationUrl", "tokenUrl"):
        assert sign_in[address].startswith("https://login.microsoftonline.com/tenant.example/")


def test_the_command_writes_the_file_and_names_what_is_missing(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "connector.json"
    done = desk.run("connector", "--out", str(file))
    assert done.code != 0 and "SIGN_IN_CLIENT_ID" in done.err and not file.exists()
    desk.env["SIGN_IN_CLIENT_ID"] = CLIENT
    assert desk.run("connector", "--out", str(file)).code == 0
    assert json.loads(file.read_text())["host"] == desk.env["PUBLIC_URL"].partition("://")[2]


def test_a_parameter_that_openapi_2_cannot_say_is_an_error_and_no_wrong_file() -> None:
    from cli.connector import _parameter

    with pytest.raises(ValueError, match="shape"):
        _parameter({"name": "shape", "in": "query", "required": False, "schema": {"$ref": "#/components/schemas/X"}})
