"""What the pages offer to choose from, and what they leave out and why."""

from __future__ import annotations

from typing import Any

from tests.stories.stage import Stage


def by_id(rows: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in rows}


def test_what_oneflows_own_app_owns_is_left_out_with_the_reason(stage: Stage) -> None:
    seed = stage.world.oneflow_seed
    found = stage.ok("GET", "oneflow/templates")
    assert seed.DYNAMICS_TEMPLATE not in by_id(found["templates"])
    assert "own Dynamics app" in by_id(found["left_out"])[seed.DYNAMICS_TEMPLATE]["reason"]
    fields = stage.ok("GET", "oneflow/fields")
    assert "of_customer" not in {one["custom_id"] for one in fields["fields"]}
    assert by_id(fields["left_out"])[seed.DYNAMICS_APP]["name"] == "Dynamics 365 quote"


def test_what_an_administrator_took_over_is_offered_and_contracts_are_created_from_it(stage: Stage) -> None:
    seed, takeover = stage.world.oneflow_seed, stage.world.services.takeover
    asked = {"template_id": seed.DYNAMICS_TEMPLATE, "workspace_id": seed.SALES, "name": "Taken over", "parties": []}
    route = f"records/opportunity/{stage.record_id}/contracts"
    assert stage.call("POST", route, asked).status_code == 422

    takeover.open(seed.DYNAMICS_APP, "Ada Admin", two_way_is_off=True)
    try:
        assert seed.DYNAMICS_TEMPLATE in by_id(stage.ok("GET", "oneflow/templates")["templates"])
        fields = stage.ok("GET", "oneflow/fields")["fields"]
        assert "of_customer" in {one["custom_id"] for one in fields}
        assert stage.call("POST", route, asked).status_code == 201
    finally:
        takeover.close(seed.DYNAMICS_APP)
    assert stage.call("POST", route, asked | {"name": "Too late"}).status_code == 422


def test_fields_of_all_types_name_their_types(stage: Stage) -> None:
    fields = {one["custom_id"]: one for one in stage.ok("GET", "oneflow/fields")["fields"]}
    assert fields["customer_name"]["template_types"] == ["Frame agreement"], "a retired type has it too"
    assert fields["customer_name"]["writable"]
    assert not fields[stage.world.oneflow_seed.SYSTEM_FIELD]["writable"]


def test_a_refused_row_says_its_place_its_cell_and_a_code(stage: Stage) -> None:
    rows = [
        {"dynamics_column": "parentaccountid", "oneflow_field": "account_name", "direction": "two_way"},
        {"dynamics_column": "name", "oneflow_field": "ACCOUNT_NAME", "direction": "sync_once"},
        {"dynamics_column": "new_gone", "oneflow_field": "reference", "direction": "sync_once"},
    ]
    refused = stage.call("PUT", "entities/opportunity/mapping", {"fields": rows}, {"If-Match": "*"})
    assert refused.status_code == 422
    told = {(one["row"], one["field"], one["code"]) for one in refused.json()["errors"]}
    assert told == {
        (0, "direction", "one_way_type"),
        (0, "oneflow_field", "field_twice"),
        (1, "oneflow_field", "field_twice"),
        (2, "dynamics_column", "no_column"),
    }
    columns = {one["name"]: one for one in stage.ok("GET", "entities/opportunity/columns")["columns"]}
    assert columns["parentaccountid"]["not_allowed_codes"] == {"two_way": "one_way_type"}
