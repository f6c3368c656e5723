"""`connector`: the API as Power Automate takes it, an OpenAPI 2.0 file with Entra sign-in.

Made from the API's own description, which is made from the table of routes, so that none can be forgotten.
https://learn.microsoft.com/connectors/custom-connectors/define-openapi-definition
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from cli.session import Session
from sync_core.errors import ConfigurationError

Json = dict[str, Any]
TITLE = "Oneflow field sync"
_NEEDED = ("PUBLIC_URL", "DATAVERSE_TENANT_ID", "SIGN_IN_CLIENT_ID")
_LOGIN = "https://login.microsoftonline.com"
_SIGN_IN = "oauth2_auth"
_INT64 = 2**31 - 1


def connector_file(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="The file to write.")] = Path("connector.swagger.json"),
) -> None:
    """Write the API's description for a custom connector of Power Automate or Power Apps."""
    session: Session = context.obj
    missing = [f"{name} is missing." for name in _NEEDED if not session.env.get(name)]
    if missing:
        raise ConfigurationError(missing)
    url, tenant, client = (session.env[name] for name in _NEEDED)
    out.write_text(json.dumps(connector(url, tenant, client), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    session.out.print(f"{out}: import it under Custom connectors (docs/flows.md).", markup=False)


def connector(url: str, tenant: str, client_id: str) -> Json:
    """`url` is the app's; `client_id` that of the app registration which its authentication checks."""
    # Imported here: the command line starts without the shapes of the API.
    from sync_core.handlers.openapi import description
    from sync_core.handlers.routes import PEOPLE

    whole, parts = description(), urlsplit(url)
    paths: Json = {}
    for route in PEOPLE:
        described = whole["paths"][f"/api/{route.path}"][route.verb.lower()]
        paths.setdefault(f"/{route.path}", {})[route.verb.lower()] = _operation(described)
    used: Json = {}
    _collect(paths, whole["components"]["schemas"], used)
    return {
        "swagger": "2.0",
        "info": {
            "title": TITLE,
            "description": "Contracts in Oneflow and records in Dynamics 365, kept in step field by field.",
            "version": whole["info"]["version"],
        },
        "host": parts.netloc,
        "basePath": "/api",
        "schemes": [parts.scheme],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "paths": paths,
        "definitions": used,
        "securityDefinitions": {
            _SIGN_IN: {
                "type": "oauth2",
                "flow": "accessCode",
                "authorizationUrl": f"{_LOGIN}/{tenant}/oauth2/v2.0/authorize",
                "tokenUrl": f"{_LOGIN}/{tenant}/oauth2/v2.0/token",
                "scopes": {f"{client_id}/.default": "As the person who made the connection"},
            }
        },
        "security": [{_SIGN_IN: [f"{client_id}/.default"]}],
    }


def _operation(described: Json) -> Json:
    parameters = [_parameter(one) for one in described["parameters"]]
    body = described.get("requestBody")
    if body:
        schema = _schema(body["content"]["application/json"]["schema"])
        parameters.append({"name": "body", "in": "body", "required": True, "schema": schema})
    return {
        "operationId": "".join(part.title() for part in described["operationId"].split("_")),
        "summary": described["summary"].split(".")[0].split(";")[0][:120],
        "description": described["summary"],
        "parameters": parameters,
        "responses": {status: _response(one) for status, one in described["responses"].items()},
    }


def _parameter(one: Json) -> Json:
    schema = _schema(one["schema"])
    found = {"name": one["name"], "in": one["in"], "required": one["required"], "type": "string", **schema}
    if "$ref" in found or "allOf" in found:
        raise ValueError(f"the parameter {one['name']} is no plain value")
    return {**found, "x-ms-summary": one["name"].replace("_", " ").capitalize()}


def _response(one: Json) -> Json:
    content = next(iter(one.get("content", {}).values()), None)
    return {"description": one["description"], **({"schema": _schema(content["schema"])} if content else {})}


def _schema(given: Mapping[str, Any]) -> Json:
    """In OpenAPI 2.0's words: it knows no null, no choice between shapes, and no constant."""
    if "$ref" in given:
        return {"$ref": _ref(given["$ref"])}
    made: Json = {name: given[name] for name in _KEPT if name in given}
    if "anyOf" in given:
        some = [one for one in given["anyOf"] if one != {"type": "null"}]
        nullable = {"x-nullable": True} if len(some) < len(given["anyOf"]) else {}
        if len(some) > 1:  # whichever it is, a flow reads it as it comes
            return {**made, **nullable}
        inner = _schema(some[0])
        return {**made, **nullable, "allOf": [inner]} if "$ref" in inner else {**inner, **made, **nullable}
    if "const" in given:
        made["enum"] = [given["const"]]
    for bound, edge in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if bound in given:
            made |= {edge: given[bound], bound: True}
    if made.get("type") == "integer" and made.get("maximum", _INT64 + 1) > _INT64:
        made["format"] = "int64"
    if "items" in given:
        made["items"] = _schema(given["items"])
    if "properties" in given:
        made["properties"] = {name: _schema(one) for name, one in given["properties"].items()}
    more = given.get("additionalProperties")
    if more is not None:
        made["additionalProperties"] = _schema(more) if isinstance(more, Mapping) else more
    return made


_KEPT = (
    "type", "description", "enum", "default", "required", "minimum", "maximum", "minLength", "maxLength", "minItems",
    "maxItems", "pattern",
)  # fmt: skip


def _ref(address: str) -> str:
    return f"#/definitions/{address.rpartition('/')[2]}"


def _collect(part: Any, schemas: Mapping[str, Any], used: Json) -> None:
    """The shapes that are referred to, and those inside them."""
    if isinstance(part, Mapping):
        name = str(part.get("$ref", "")).rpartition("/")[2]
        if name and name not in used:
            used[name] = {}
            used[name] |= _schema(schemas[name])
            _collect(used[name], schemas, used)
        for one in part.values():
            _collect(one, schemas, used)
    elif isinstance(part, list):
        for one in part:
            _collect(one, schemas, used)
