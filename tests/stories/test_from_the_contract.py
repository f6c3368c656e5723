"""What a contract shows of itself goes into columns of its record: by itself, by a fetch, never by a push."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stories.stage import ROWS, Stage, line

FACTS = [
    ("description", "state"),
    ("new_walldate", "sent_on"),
    ("new_starttime", "signed_on"),
    ("new_walltime", "declined_on"),
]


def with_facts(stage: Stage, facts: list[tuple[str, str]] = FACTS, **options: Any) -> None:
    names = ("dynamics_column", "oneflow_field", "direction")
    filled = {one for one, _ in facts}
    fields = [dict(zip(names, row, strict=True)) for row in ROWS if row[0] not in filled]
    fields += [
        {"dynamics_column": one, "oneflow_field": fact, "direction": "oneflow_to_dynamics", "oneflow_kind": "contract"}
        | options
        for one, fact in facts
    ]
    body = {"entity": "opportunity", "fields": fields}
    stage.ok("PUT", "entities/opportunity/mapping", body, {"If-Match": "*"})


def test_the_record_follows_its_contract_from_draft_to_signed(stage: Stage) -> None:
    with_facts(stage)
    contract = stage.contract(publish=False)
    stage.look(contract)
    assert stage.record("description") == "draft"
    assert stage.record("new_walldate") is None
    stage.world.oneflow.people.publish(contract)
    stage.look(contract)
    assert stage.record("description") == "pending"
    assert stage.record("new_walldate") is not None
    stage.world.oneflow.people.sign_all(contract)
    stage.look(contract)
    assert stage.record("description") == "signed"
    assert stage.record("new_starttime") is not None
    written = line(stage.history(contract)[0], "state")
    assert (written["oneflow_kind"], written["from"], written["to"]) == ("contract", "pending", "signed")
    assert stage.card(contract)["conflicts"] == 0
    writes = len(stage.history(contract))
    stage.look(contract)
    assert len(stage.history(contract)) == writes, "nothing is written twice"


def test_what_somebody_wrote_over_it_stays_until_a_person_fetches(stage: Stage) -> None:
    with_facts(stage)
    contract = stage.contract()
    stage.look(contract)
    stage.edit_record(description="typed by hand")
    stage.look(contract)
    assert stage.record("description") == "typed by hand"
    assert stage.card(contract)["waiting_for_push"] == 0
    assert all(one["oneflow_field"] != "state" for one in stage.preview(contract, "push")["fields"])
    told = line(stage.preview(contract, "fetch"), "state")
    assert (told["result"], told["side"]) == ("written", "dynamics")
    assert (told["from"], told["to"]) == ("typed by hand", "pending")
    stage.fetch(contract)
    assert stage.record("description") == "pending"
    entry = stage.history(contract)[0]
    stage.ok("POST", f"contracts/{contract}/history/{entry['entry_id']}/undo", {})
    assert stage.record("description") == "typed by hand"


def test_a_fact_that_its_column_does_not_take_is_listed_as_refused(stage: Stage) -> None:
    with_facts(stage, [("new_stage", "state")], resolve_labels=True)
    contract = stage.contract()
    stage.look(contract)
    assert stage.card(contract)["refused"] == 1, "no stage is called pending"
    refused = stage.ok("GET", f"contracts/{contract}/conflicts")["conflicts"]
    assert [(one["kind"], one["oneflow_field"]) for one in refused] == [("refused", "state")]


@pytest.mark.parametrize(
    ("column", "fact", "direction", "code"),
    [
        ("new_count", "state", "oneflow_to_dynamics", "fact_not_for_type"),
        ("description", "number", "oneflow_to_dynamics", "field_not_of_kind"),
        ("description", "state", "two_way", "contract_fact"),
        ("new_calculated", "state", "oneflow_to_dynamics", "computed"),
        ("parentaccountid", "url", "oneflow_to_dynamics", "fact_not_for_type"),
    ],
)
def test_what_cannot_come_from_the_contract_is_refused_by_its_row(
    stage: Stage, column: str, fact: str, direction: str, code: str
) -> None:
    row = {"dynamics_column": column, "oneflow_field": fact, "direction": direction, "oneflow_kind": "contract"}
    body = {"entity": "opportunity", "fields": [row]}
    answer = stage.call("PUT", "entities/opportunity/mapping", body, {"If-Match": "*"})
    assert answer.status_code == 422
    assert code in {one["code"] for one in answer.json()["errors"]}


def test_a_data_field_does_not_go_this_way(stage: Stage) -> None:
    row = {"dynamics_column": "name", "oneflow_field": "customer_name", "direction": "oneflow_to_dynamics"}
    body = {"entity": "opportunity", "fields": [row]}
    answer = stage.call("PUT", "entities/opportunity/mapping", body, {"If-Match": "*"})
    assert [one["code"] for one in answer.json()["errors"]] == ["facts_only"]


def test_each_column_says_what_of_a_contract_it_can_show(stage: Stage) -> None:
    columns = {one["name"]: one for one in stage.ok("GET", "entities/opportunity/columns")["columns"]}
    assert columns["new_stage"]["contract_facts"] == ["state"]
    assert columns["new_stage"]["contract_options"] == ["resolve_labels"]
    assert "signed_on" in columns["new_walldate"]["contract_facts"]
    assert columns["new_calculated"]["contract_facts"] == []
    assert "oneflow_to_dynamics" not in columns["name"]["directions"]
