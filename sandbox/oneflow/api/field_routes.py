"""Data fields of a contract (docs/update-a-data-field-value, reference/update-a-contract-data-field-value)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.oneflow.account import changes
from sandbox.oneflow.account.model import Contract, DataField
from sandbox.oneflow.api.bodies import Problems, read_json, read_object
from sandbox.oneflow.api.call import Call, Route
from sandbox.oneflow.api.lists import filters, paged
from sandbox.oneflow.api.problems import Problem, invalid, not_found
from sandbox.wire import Response

BY_CUSTOM_ID = "c::"
_ITEM_KEYS = ("id", "_private_ownerside", "value")


def list_fields(call: Call) -> Response:
    filters(call.request, ())
    fields = call.contract_to_read().fields
    return paged(call.request, call.views, fields, lambda f: call.views.data_field(f, in_contract=True))


def get_field(call: Call) -> Response:
    """Not confirmed to exist; a switch decides."""
    if not call.switches.get_one_data_field:
        raise Problem(405, "The method is not allowed for this endpoint.")
    field = _of_path(call, call.contract_to_read())
    return Response.of_json(200, call.views.data_field(field, in_contract=True))


def put_field(call: Call) -> Response:
    contract = call.contract_to_write()
    field = _of_path(call, contract)
    call.must_be_open(contract, "Data fields")
    body = read_object(call.request, _ITEM_KEYS)
    problems = Problems()
    named = _named(contract, body, "", problems)
    if named is not None and named != field:
        problems.add("id" if "id" in body else "_private_ownerside.custom_id", "Does not match the path.")
    _check_value(call, body, "", problems)
    _check_active(call, contract, field, "", problems)
    problems.raise_if_any()
    contract = _write(call, contract, {field.id: body["value"] or ""} if "value" in body else {})
    written = contract.field(field.id)
    assert written is not None
    return Response.of_json(200, call.views.data_field(written))


def put_fields(call: Call) -> Response:
    """Many at once. Neither the envelope nor atomicity is documented: switches decide."""
    switches = call.switches
    contract = call.contract_to_write()
    if switches.many_envelope == "refused":
        raise Problem(switches.many_refused_status, "The method is not allowed for this endpoint.")
    call.must_be_open(contract, "Data fields")
    items, prefix = _items(call)
    problems = Problems()
    values: dict[int, str] = {}
    named: list[int] = []
    for i, item in enumerate(items):
        path, before = f"{prefix}[{i}]", len(problems.found)
        if not problems.keys(item, path, _ITEM_KEYS):
            continue
        field = _named(contract, item, path, problems)
        if field is None and len(problems.found) == before:
            problems.add(path, "Either id or _private_ownerside.custom_id is required.")
        _check_value(call, item, path, problems)
        if field is not None:
            _check_active(call, contract, field, path, problems)
        if field is not None and len(problems.found) == before:
            named.append(field.id)
            if "value" in item:
                values[field.id] = item["value"] or ""
    if switches.many_atomic:
        problems.raise_if_any()
    if call.fault is not None and call.fault.kind == "half_applied":
        half = dict(list(values.items())[: max(1, len(values) // 2)])
        _write(call, contract, half)
        raise Problem(call.fault.status, "Something went wrong.")
    contract = _write(call, contract, values)
    problems.raise_if_any()
    written = [call.views.data_field(f) for f in contract.fields if f.id in named]
    answers: dict[str, Any] = {"data_fields": {"data_fields": written}, "list": written, "data": {"data": written}}
    return Response.of_json(200, answers.get(switches.many_answer, {}))


def _items(call: Call) -> tuple[list[Any], str]:
    """The items of a many body and the path they are reported under."""
    body = read_json(call.request)
    if call.switches.many_envelope == "list":
        if not isinstance(body, list):
            raise invalid({"body": ["Must be an array."]})
        return body, ""
    problems = Problems()
    problems.keys(body, "", ("data_fields",), ("data_fields",))
    problems.raise_if_any()
    if not isinstance(body["data_fields"], list):
        raise invalid({"data_fields": ["Must be an array."]})
    return body["data_fields"], "data_fields"


def _of_path(call: Call, contract: Contract) -> DataField:
    key = call.path_values["field_key"]
    if key.startswith(BY_CUSTOM_ID):
        field = contract.field(key.removeprefix(BY_CUSTOM_ID))
    else:
        field = contract.field(call.id_of("field_key"))
    if field is None:
        raise not_found("Data field", key)
    return field


def _named(contract: Contract, item: Mapping[str, Any], path: str, problems: Problems) -> DataField | None:
    """The field that an item's own id and custom_id name, both the same one; None without either or with a problem."""
    dot = f"{path}." if path else ""
    found: list[DataField] = []
    given = item.get("id")
    if given is not None:
        field = contract.field(given) if isinstance(given, int) and not isinstance(given, bool) else None
        if field is None:
            problems.add(f"{dot}id", "No such data field in this contract.")
            return None
        found.append(field)
    private = item.get("_private_ownerside")
    if private is not None:
        known = ("custom_id", "created_time", "updated_time")
        if not problems.keys(private, f"{dot}_private_ownerside", known):
            return None
        if private.get("custom_id") is not None:
            field = contract.field(str(private["custom_id"]))
            if field is None:
                problems.add(f"{dot}_private_ownerside.custom_id", "No such data field in this contract.")
                return None
            found.append(field)
    if len(found) == 2 and found[0] != found[1]:
        problems.add(f"{dot}id", "Does not match _private_ownerside.custom_id.")
        return None
    return found[0] if found else None


def _check_value(call: Call, item: Mapping[str, Any], path: str, problems: Problems) -> None:
    problems.text(dict(item), "value", path, call.switches.max_value_length, utf16=call.switches.counts_utf16)


def _check_active(call: Call, contract: Contract, field: DataField, path: str, problems: Problems) -> None:
    """Only active fields are usable; a contract's own do not say whether they are, their template type's do.

    https://developer.oneflow.com/docs/data-field
    """
    kind = call.world.state.template_types.get(contract.template_type_id or 0)
    of_type = next((one for one in kind.fields if one.custom_id == field.custom_id), None) if kind else None
    if call.switches.inactive_fields_refused and of_type is not None and not of_type.active:
        problems.add(path or "value", "The data field is not active.")


def _write(call: Call, contract: Contract, values: Mapping[int, str]) -> Contract:
    if call.plays("changes_nothing"):
        return contract
    return changes.write_fields(call.world, contract, values, call.by(contract))


ROUTES = (
    Route("GET", r"/contracts/(?P<contract_id>[^/]+)/data_fields", list_fields),
    Route("PUT", r"/contracts/(?P<contract_id>[^/]+)/data_fields", put_fields, needs_user=True),
    Route("GET", r"/contracts/(?P<contract_id>[^/]+)/data_fields/(?P<field_key>.+)", get_field),
    Route("PUT", r"/contracts/(?P<contract_id>[^/]+)/data_fields/(?P<field_key>.+)", put_field, needs_user=True),
)
