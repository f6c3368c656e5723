"""The settings API tells of every column of the usual tables which directions it allows, and why not the others."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.dataverse.seed import TABLES
from tests.stories.stage import Stage

ALL, OUTWARD = ["sync_once", "dynamics_to_oneflow", "two_way"], ["sync_once", "dynamics_to_oneflow"]
NONE: list[str] = []
# Of a column that may be written: directions, options, what lifts a refusal; by Dataverse's type.
LIFTED = {"two_way": "resolve_labels"}
DATE_OPTIONS = ["conflict_policy", "time_zone", "format"]
BY_KIND: dict[str, tuple[list[str], list[str], dict[str, str]]] = {
    "String": (ALL, ["conflict_policy"], {}),
    "Memo": (ALL, ["conflict_policy"], {}),
    **dict.fromkeys(["Integer", "BigInt", "Decimal", "Double", "Money"], (ALL, ["conflict_policy", "format"], {})),
    "Boolean": (ALL, ["conflict_policy", "labels"], {}),
    "DateTime": (ALL, DATE_OPTIONS, {}),
    "Picklist": (OUTWARD, ["conflict_policy", "resolve_labels"], LIFTED),
    "MultiSelectPicklist": (OUTWARD, ["conflict_policy", "resolve_labels"], LIFTED),
    "State": (OUTWARD, [], {}),
    "Status": (OUTWARD, [], {}),
    **dict.fromkeys(["Lookup", "Customer", "Owner"], (OUTWARD, ["conflict_policy", "resolve_labels"], LIFTED)),
    "Uniqueidentifier": (OUTWARD, [], {}),
    "File": (NONE, [], {}),
    "Image": (NONE, [], {}),
}


@pytest.mark.parametrize("entity", ["opportunity", "quote", "account", "contact"])
def test_every_column_is_listed_with_directions_reasons_and_options(stage: Stage, entity: str) -> None:
    answer = stage.ok("GET", f"entities/{entity}/columns")
    listed: dict[str, dict[str, Any]] = {one["name"]: one for one in answer["columns"]}
    expected = {one.name: one for one in TABLES[entity].attributes.values() if not one.attribute_of}
    assert listed.keys() == expected.keys()
    for name, attribute in expected.items():
        told = listed[name]
        directions, options, lifted = BY_KIND[attribute.kind]
        if not attribute.updatable and directions:
            directions, lifted = OUTWARD, {}
            options = [one for one in options if one != "conflict_policy"]
        if attribute.kind == "DateTime" and attribute.more["DateTimeBehavior"]["Value"] != "UserLocal":
            options = [one for one in options if one != "time_zone"]
        assert (told["directions"], told["lifted_by"]) == (directions, lifted), name
        assert told["options"] == options, name
        assert set(told["not_allowed"]) == set(ALL) - set(directions), name
        assert all(reason.endswith(".") for reason in told["not_allowed"].values())
        assert told["not_allowed_codes"].keys() == told["not_allowed"].keys()
    assert "sv-SE" in answer["format_locales"]
