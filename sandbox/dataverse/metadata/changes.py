"""RetrieveMetadataChanges: definitions by a query of their own, in one request (fact sheet 2.1).

https://learn.microsoft.com/power-apps/developer/data-platform/query-schema-definitions
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.dataverse.metadata.definitions import Definitions
from sandbox.dataverse.odata.refusals import absent, bad, unknown_property
from sandbox.dataverse.problems import Problem

Json = dict[str, Any]
_CALL = re.compile(r"RetrieveMetadataChanges\((.*)\)")
_STAMP = "simulator!1"
_QUERY = frozenset({"Properties", "Criteria", "AttributeQuery", "@odata.type"})


def retrieve_changes(path: str, aliases: Mapping[str, str], definitions: Definitions) -> Json:
    query = _query(path, aliases)
    _only(query, _QUERY, "EntityQueryExpression")
    wanted = _properties(query.get("Properties"), "EntityMetadata")
    test = _criteria(query.get("Criteria"), "EntityMetadata")
    tables = []
    for table in definitions.tables():
        if not test(table):
            continue
        view = _shown(table | {name: lead(table) for name, lead in definitions.of_tables().items()}, wanted,
                      "EntityMetadata", kept=("LogicalName",))  # fmt: skip
        if "Attributes" in view:
            view["Attributes"] = _columns(definitions.typed_columns(table["LogicalName"]), query.get("AttributeQuery"))
        elif "AttributeQuery" in query:
            raise bad("An AttributeQuery needs Attributes among the Properties.")
        tables.append(view)
    return {"ServerVersionStamp": _STAMP, "EntityMetadata": tables, "DeletedMetadata": None}


def _query(path: str, aliases: Mapping[str, str]) -> Json:
    match = _CALL.fullmatch(path)
    if match is None:
        raise Problem(404, "0x8006088a", f"Resource not found for the segment '{path}'.")
    parameters = dict(one.strip().split("=", 1) for one in match.group(1).split(",") if "=" in one)
    for name in parameters.keys() - {"Query"}:
        raise absent(f"The parameter {name} of RetrieveMetadataChanges")
    alias = parameters.get("Query", "")
    if alias not in aliases:
        raise bad("RetrieveMetadataChanges needs its Query as a parameter alias, such as Query=@p1.")
    try:
        query = json.loads(aliases[alias])
    except ValueError:
        raise bad(f"The value of {alias} is no JSON.") from None
    if not isinstance(query, dict):
        raise bad(f"The value of {alias} is no EntityQueryExpression.")
    return query


def _columns(columns: Sequence[Json], query: Any) -> list[Json]:
    query = query or {"Properties": {"AllProperties": True}}
    _only(query, frozenset({"Properties", "Criteria", "@odata.type"}), "AttributeQueryExpression")
    wanted = _properties(query.get("Properties"), "AttributeMetadata")
    test = _criteria(query.get("Criteria"), "AttributeMetadata")
    known = {name for column in columns for name in column}
    for name in wanted or ():
        if name not in known:
            raise unknown_property(name, "AttributeMetadata")
    kept = ("@odata.type", "LogicalName", "MetadataId")
    return [_shown(one, wanted and [name for name in wanted if name in one], "", kept) for one in columns if test(one)]


def _shown(view: Json, wanted: Sequence[str] | None, kind: str, kept: Sequence[str]) -> Json:
    if wanted is None:
        return dict(view)
    for name in wanted:
        if name not in view:
            raise unknown_property(name, kind)
    return {name: view[name] for name in dict.fromkeys((*kept, "MetadataId", *wanted)) if name in view}


def _properties(given: Any, kind: str) -> list[str] | None:
    """None for all."""
    given = given or {}
    _only(given, frozenset({"AllProperties", "PropertyNames", "@odata.type"}), f"the Properties of {kind}")
    if given.get("AllProperties"):
        return None
    return list(given.get("PropertyNames") or ())


def _criteria(given: Any, kind: str) -> Callable[[Json], bool]:
    given = given or {}
    _only(given, frozenset({"FilterOperator", "Conditions", "Filters", "@odata.type"}), f"the Criteria of {kind}")
    joined = {"And": all, "Or": any}.get(given.get("FilterOperator", "And"))
    if joined is None:
        raise bad(f"The FilterOperator {given['FilterOperator']} is unknown.")
    tests = [_condition(one) for one in given.get("Conditions") or ()]
    tests += [_criteria(one, kind) for one in given.get("Filters") or ()]
    return lambda view: not tests or joined(test(view) for test in tests)


def _condition(given: Json) -> Callable[[Json], bool]:
    _only(given, frozenset({"PropertyName", "ConditionOperator", "Value", "@odata.type"}), "a condition")
    name, word = given.get("PropertyName"), given.get("ConditionOperator")
    value = (given.get("Value") or {}).get("Value")
    if word not in ("Equals", "NotEquals", "In", "NotIn"):
        raise absent(f"The ConditionOperator {word} of RetrieveMetadataChanges")
    among = {_text(one) for one in (value if isinstance(value, list) else [value])}

    def test(view: Json) -> bool:
        if name not in view:
            raise unknown_property(str(name), "MetadataBase")
        return (_text(view[name]) in among) == (word in ("Equals", "In"))

    return test


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _only(given: Any, known: frozenset[str], what: str) -> None:
    if not isinstance(given, dict):
        raise bad(f"{what} is no object.")
    for name in given.keys() - known:
        raise absent(f"{name} in {what}")
