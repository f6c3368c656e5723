"""A table without optimistic concurrency: a write could undo an edit that nobody saw, so none is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sandbox.dataverse import seed
from tests.stories.stage import Stage, line

PROJECTS = "entities/new_project/mapping"
TABLE = "opportunity"


def project_rows(direction: str) -> dict[str, object]:
    return {"fields": [{"dynamics_column": "new_name", "oneflow_field": "customer_name", "direction": direction}]}


@pytest.fixture(autouse=True)
def as_it_was(stage: Stage) -> Iterator[None]:
    dataverse, switches = stage.world.dataverse.world, stage.world.dataverse.switches
    table, status, code = dataverse.tables[TABLE], switches.unversioned_status, switches.unversioned_code
    yield
    dataverse.tables[TABLE] = table
    switches.unversioned_status, switches.unversioned_code = status, code


def test_the_settings_refuse_two_way_for_it_with_that_reason(stage: Stage) -> None:
    columns = stage.ok("GET", "entities/new_project/columns")["columns"]
    name = next(one for one in columns if one["name"] == "new_name")
    assert name["directions"] == ["sync_once", "dynamics_to_oneflow"]
    assert name["not_allowed_codes"] == {"two_way": "no_row_versions"}
    assert "optimistic concurrency" in name["not_allowed"]["two_way"]
    answer = stage.call("PUT", PROJECTS, project_rows("two_way"), {"If-Match": "*"})
    assert answer.status_code == 422
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [("direction", "no_row_versions")]


def test_what_goes_to_oneflow_goes_on(stage: Stage) -> None:
    stage.ok("PUT", PROJECTS, project_rows("dynamics_to_oneflow"), {"If-Match": "*"})
    asked = {
        "template_id": stage.world.oneflow_seed.FRAME_TEMPLATE,
        "workspace_id": stage.world.oneflow_seed.SALES,
        "name": "Harbour",
        "parties": [],
    }
    made = stage.ok("POST", f"records/new_project/{seed.PROJECT}/contracts", asked)
    contract = int(made["contract_id"])
    assert stage.text(contract, "customer_name") == "Harbour"
    stage.world.dataverse.people.set_columns("new_project", seed.PROJECT, {"new_name": "Harbour, later"})
    assert stage.push(contract)["outcome"] == "synced"
    assert stage.text(contract, "customer_name") == "Harbour, later"


@pytest.mark.parametrize(
    ("status", "code"), [(400, "0x8006088d"), (412, "0x8006088d"), (400, "0x80060893"), (412, "0x80060893")]
)
def test_a_table_that_loses_it_under_a_mapping_is_not_written_any_more(stage: Stage, status: int, code: str) -> None:
    """Whichever way Dataverse says so; what was typed waits in the contract until versions are kept again."""
    dataverse, switches = stage.world.dataverse.world, stage.world.dataverse.switches
    contract = stage.contract(publish=False)
    stage.edit_contract(contract, "colleague", customer_name="Typed in Oneflow")
    table = dataverse.tables[TABLE]
    dataverse.tables[TABLE] = replace(table, versioned=False)
    switches.unversioned_status, switches.unversioned_code = status, code
    told = line(stage.fetch(contract), "customer_name")
    assert told["reason_code"] == "direction_not_allowed"
    assert stage.record("name") == "Nordlys"
    stage.look(contract)
    assert stage.record("name") == "Nordlys"
    dataverse.tables[TABLE] = table
    stage.map()  # whoever looks at the settings sees the table as it is now
    assert stage.fetch(contract)["outcome"] == "synced"
    assert stage.record("name") == "Typed in Oneflow"
