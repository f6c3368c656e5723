"""What does not change while contracts are worked on: account, users, workspaces, templates, template types."""

from __future__ import annotations

from typing import Any

from sandbox.oneflow.account.model import Template, TemplateType
from sandbox.oneflow.api import catalog_views
from sandbox.oneflow.api.call import Call, Route
from sandbox.oneflow.api.lists import any_of, filters, paged, sorted_by
from sandbox.oneflow.api.problems import Problem, invalid, not_found
from sandbox.wire import Response


def root(call: Call) -> Response:
    return Response.of_json(
        200,
        {
            "api_version": 1,
            "description": "Public API of the Oneflow simulator",
            "documentation": "https://developer.oneflow.com",
            "message": "This is a sandbox; it knows nothing of the real Oneflow.",
        },
    )


def ping(call: Call) -> Response:
    return Response.of_json(200, {})


def account(call: Call) -> Response:
    return Response.of_json(200, catalog_views.account(call.views))


def users(call: Call) -> Response:
    filters(call.request, ())
    rows = list(call.world.state.users.values())
    return paged(call.request, call.views, rows, lambda it: catalog_views.user(call.views, it))


def workspaces(call: Call) -> Response:
    """Those that the acting user belongs to."""
    filters(call.request, ())
    rows = [it for it in call.world.state.workspaces.values() if call.user is None or it.id in call.user.workspace_ids]
    ordered = sorted_by(call.request, rows, {"name": lambda it: it.name})
    return paged(call.request, call.views, ordered, lambda it: catalog_views.workspace(call.views, it))


def templates(call: Call) -> Response:
    """`filter[active]` is true, false, or empty for both; without it only active ones are listed."""
    wanted = filters(call.request, ("active", "workspace_ids") if call.switches.template_filters == "taken" else ())
    active = wanted.get("active", "true")
    if active not in ("true", "false", ""):
        raise invalid({"filter[active]": ["Must be true, false or empty."]})
    places = any_of(wanted["workspace_ids"]) if "workspace_ids" in wanted else None

    def fits(it: Template) -> bool:
        if active and it.active is not (active == "true"):
            return False
        if places is not None and not places & {str(place) for place in it.workspace_ids}:
            return False
        return _fits_type(call, it)

    rows = [it for it in call.world.state.templates.values() if fits(it)]
    ordered = sorted_by(call.request, rows, {"name": lambda it: it.name})
    return paged(call.request, call.views, ordered, lambda it: catalog_views.template(call.views, it))


def _fits_type(call: Call, it: Template) -> bool:
    wanted_type = call.request.param("template_type_id")
    if wanted_type and str(it.template_type_id) != wanted_type:
        return False
    wanted_extension = call.request.param("extension_type")
    if wanted_extension:
        kind = call.world.state.template_types.get(it.template_type_id or 0)
        return kind is not None and kind.extension_type == wanted_extension
    return True


def template(call: Call) -> Response:
    it = call.world.state.templates.get(call.id_of("template_id"))
    if it is None:
        raise not_found("Template", call.path_values["template_id"])
    return Response.of_json(200, catalog_views.template(call.views, it))


def template_types(call: Call) -> Response:
    filters(call.request, ())
    rows = list(call.world.state.template_types.values()) if call.switches.template_types_extension else []
    ordered = sorted_by(call.request, rows, {"name": lambda it: it.name})
    return paged(call.request, call.views, ordered, lambda it: catalog_views.template_type(call.views, it))


def _template_type(call: Call) -> TemplateType:
    it = call.world.state.template_types.get(call.id_of("template_type_id"))
    if it is None or not call.switches.template_types_extension:
        raise not_found("Template type", call.path_values["template_type_id"])
    return it


def template_type(call: Call) -> Response:
    return Response.of_json(200, catalog_views.template_type(call.views, _template_type(call)))


def template_type_fields(call: Call) -> Response:
    """Not paged, as all of /helpers."""
    if call.switches.type_fields == "nowhere":
        raise Problem(404, "The requested URL was not found.")
    return Response.of_json(200, {"data_fields": catalog_views.template_fields(call.views, _template_type(call))})


def contract_create_data(call: Call) -> Response:
    """The workspaces where the user may create something, each with its active templates. A bare array."""
    found: list[dict[str, Any]] = []
    for place in call.world.state.workspaces.values():
        if call.user is not None and place.id not in call.user.workspace_ids:
            continue
        usable = [
            it
            for it in call.world.state.templates.values()
            if it.active and place.id in it.workspace_ids and _fits_type(call, it)
        ]
        if usable:
            listed = [catalog_views.template(call.views, it) for it in usable]
            found.append(catalog_views.workspace(call.views, place) | {"templates": listed})
    return Response.of_json(200, found)


ROUTES = (
    Route("GET", "", root, needs_token=False),
    Route("GET", "/ping", ping),
    Route("GET", "/accounts/me", account),
    Route("GET", "/users", users),
    Route("GET", "/workspaces", workspaces, needs_user=True),
    Route("GET", "/templates", templates),
    Route("GET", r"/templates/(?P<template_id>[^/]+)", template),
    Route("GET", "/template_types", template_types),
    Route("GET", r"/template_types/(?P<template_type_id>[^/]+)", template_type),
    Route("GET", r"/helpers/template_types/(?P<template_type_id>[^/]+)/data_fields", template_type_fields),
    Route("GET", "/helpers/contract_create_data", contract_create_data, needs_user=True),
)
