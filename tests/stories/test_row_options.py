"""Options of a mapping row, through the real functions: offered, checked when saved, and carried out both ways."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cli.connect.wanted import _steps
from sandbox.dataverse.seed import ACCOUNT, APPLICATION, CURRENCY, SELLER
from sync_core.engine.model.mapping import EntityMapping
from tests.stories.stage import Stage, line

Row = dict[str, Any]
ROUTE = "entities/opportunity/mapping"


def row(column: str, field: str, direction: str = "two_way", **options: Any) -> Row:
    return {"dynamics_column": column, "oneflow_field": field, "direction": direction, **options}


def mapped(stage: Stage, *rows: Row) -> int:
    """A contract of the record under a mapping of these rows."""
    saved = stage.ok("PUT", ROUTE, {"fields": list(rows)}, {"If-Match": "*"})
    assert saved["fields"] == list(rows), "what was saved comes back as it was"
    assert stage.ok("GET", ROUTE)["fields"] == list(rows)
    return stage.contract()


def mapping_of(stage: Stage) -> EntityMapping:
    saved = stage.world.services._mappings.get("opportunity", fresh=True)
    assert saved
    return saved


def refused(stage: Stage, *rows: Row) -> set[tuple[int, str, str]]:
    """Row, cell and code of each problem."""
    answer = stage.call("PUT", ROUTE, {"fields": list(rows)}, {"If-Match": "*"})
    assert answer.status_code == 422, answer.text[:300]
    problems = answer.json()["errors"]
    assert all(one["detail"] for one in problems)
    return {(one["row"], one["field"], one.get("code", "")) for one in problems}


LABELS = {"yes": ["Ja", "Jepp", "Yes"], "no": ["Nej"]}


def test_yes_and_no_in_words_of_the_rows_own(stage: Stage) -> None:
    stage.edit_record(new_priority=True)
    contract = mapped(stage, row("new_priority", "is_priority", labels=LABELS))
    assert stage.text(contract, "is_priority") == "Ja"
    for word, value in (("nej", False), ("JEPP", True), ("No", False), ("1", True)):
        stage.edit_contract(contract, is_priority=word)
        stage.fetch(contract)
        assert stage.record("new_priority") is value
    stage.edit_contract(contract, is_priority="kanske")
    told = line(stage.fetch(contract), "is_priority")
    assert (told["result"], told["reason_code"]) == ("skipped", "not_yes_no")
    assert stage.record("new_priority") is True


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (row("new_priority", "is_priority", labels={"yes": ["Ja"], "no": []}), "labels_missing"),
        (row("new_priority", "is_priority", labels={"yes": ["Ja"], "no": ["JA "]}), "labels_ambiguous"),
        (row("new_priority", "is_priority", labels={"yes": ["No"], "no": ["Nej"]}), "labels_ambiguous"),
        (row("new_priority", "is_priority", labels={"yes": ["x" * 101], "no": ["Nej"]}), "labels_too_long"),
        (row("new_priority", "is_priority", labels=["Ja", "Nej"]), ""),
        (row("name", "customer_name", labels=LABELS), "option_not_for_type"),
    ],
)
def test_labels_that_make_no_sense_are_refused_when_saved(stage: Stage, wrong: Row, code: str) -> None:
    assert refused(stage, wrong) == {(0, "labels", code)}


STOCKHOLM = {"time_zone": "Europe/Stockholm"}


def test_times_in_the_contracts_own_zone(stage: Stage) -> None:
    stage.edit_record(new_starttime="2026-07-01T22:30:00Z", new_localdate="2026-03-11T23:00:00Z")
    rows = (row("new_starttime", "start_time", **STOCKHOLM), row("new_localdate", "close_date", **STOCKHOLM))
    contract = mapped(stage, *rows)
    assert stage.text(contract, "start_time") == "2026-07-02 00:30"
    assert stage.text(contract, "close_date") == "2026-03-12"
    stage.edit_contract(contract, start_time="2026-12-24 15:00", close_date="2026-06-30")
    assert stage.fetch(contract)["outcome"] == "synced"
    assert stage.record("new_starttime") == "2026-12-24T14:00:00Z"
    assert stage.record("new_localdate") == "2026-06-29T22:00:00Z"
    assert stage.push(contract)["outcome"] == "unchanged"


def test_an_hour_that_the_clocks_skip_or_show_twice_is_refused_unless_its_offset_says_which(stage: Stage) -> None:
    stage.edit_record(new_starttime="2026-10-25T01:30:00Z")
    contract = mapped(stage, row("new_starttime", "start_time", **STOCKHOLM))
    assert stage.text(contract, "start_time") == "2026-10-25 02:30+01:00"
    for text, code in (("2026-10-25 02:30", "time_twice"), ("2026-03-29 02:30", "time_skipped")):
        stage.edit_contract(contract, start_time=text)
        assert line(stage.fetch(contract), "start_time")["reason_code"] == code
    stage.edit_contract(contract, start_time="2026-10-25 02:30+02:00")
    stage.fetch(contract)
    assert stage.record("new_starttime") == "2026-10-25T00:30:00Z"


def test_a_day_that_a_colleague_kept_at_another_hour_is_no_change(stage: Stage) -> None:
    stage.edit_record(new_localdate="2026-03-11T23:00:00Z")
    contract = mapped(stage, row("new_localdate", "close_date", **STOCKHOLM))
    stage.edit_record(new_localdate="2026-03-12T08:00:00Z")
    assert stage.push(contract)["outcome"] == "unchanged"
    assert stage.fetch(contract)["outcome"] == "unchanged"
    assert stage.record("new_localdate") == "2026-03-12T08:00:00Z"


def test_a_zone_that_does_not_exist_is_refused_when_saved(stage: Stage) -> None:
    wrong = row("new_starttime", "start_time", time_zone="Europe/Malmo")
    assert refused(stage, wrong) == {(0, "time_zone", "time_zone_unknown")}
    wrong = row("estimatedclosedate", "close_date", **STOCKHOLM)
    assert refused(stage, wrong) == {(0, "time_zone", "option_not_for_type")}


def test_amounts_and_dates_as_people_write_them(stage: Stage) -> None:
    swedish = {"locale": "sv-SE", "length": "long", "currency": False}
    rows = (
        row("estimatedvalue", "amount", format=swedish | {"currency": True}),
        row("estimatedclosedate", "close_date", format=swedish),
        row("new_rate", "description", format=swedish),
    )
    stage.edit_record(new_rate="12.5")
    contract = mapped(stage, *rows)
    assert stage.text(contract, "amount") == "1\u00a0250\u00a0000,00\u00a0Nkr"
    assert stage.text(contract, "close_date") == "12 mars 2026"
    stage.edit_contract(contract, amount="1\u2009300 000,50 nok", close_date="1 APRIL 2026")
    stage.fetch(contract)
    assert str(stage.record("estimatedvalue")) in ("1300000.5", "1300000.50", "1300000.5000")
    assert stage.record("estimatedclosedate") == "2026-04-01"
    stage.forget_requests()
    assert stage.push(contract)["outcome"] == "unchanged", "other spaces and cases are no change"
    assert stage.writes() == []


@pytest.mark.parametrize(("text", "code"), [("1,250", "two_readings"), ("1 250 EUR", "not_a_number")])
def test_an_amount_that_could_be_two_or_another_currencys_is_left_alone(stage: Stage, text: str, code: str) -> None:
    shape = {"locale": "sv-SE", "length": "long", "currency": True}
    contract = mapped(stage, row("estimatedvalue", "amount", format=shape))
    stage.edit_contract(contract, amount=text)
    told = line(stage.fetch(contract), "amount")
    assert (told["result"], told["reason_code"]) == ("skipped", code)
    assert str(stage.record("estimatedvalue")).startswith("1250000")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (row("estimatedvalue", "amount", format={"locale": "xx-YY"}), "locale_unknown"),
        (row("estimatedclosedate", "amount", format={"locale": "sv-SE", "currency": True}), "currency_without_money"),
        (row("name", "customer_name", format={"locale": "sv-SE"}), "option_not_for_type"),
        (row("estimatedclosedate", "amount", format={"locale": "sv-SE", "length": "full"}), ""),
        (row("estimatedclosedate", "amount", format="sv-SE"), ""),
    ],
)
def test_a_format_that_makes_no_sense_is_refused_when_saved(stage: Stage, wrong: Row, code: str) -> None:
    assert refused(stage, wrong) == {(0, "format", code)}


def test_a_choice_is_read_back_by_a_label_in_any_language(stage: Stage) -> None:
    stage.edit_record(new_stage=100000000, new_interests="1,3")
    rows = (row("new_stage", "stage", resolve_labels=True), row("new_interests", "description", resolve_labels=True))
    contract = mapped(stage, *rows)
    assert (stage.text(contract, "stage"), stage.text(contract, "description")) == ("Draft", "Hiking; Sailing")
    stage.edit_contract(contract, stage="f\u00f6rhandling ", description="Skidor;hiking")
    stage.fetch(contract)
    assert stage.record("new_stage") == 100000001
    assert stage.record("new_interests") == [1, 2]
    assert stage.push(contract)["outcome"] == "unchanged"
    stage.edit_contract(contract, stage="Perhaps")
    told = line(stage.fetch(contract), "stage")
    assert (told["result"], told["reason_code"]) == ("skipped", "label_unknown")
    assert stage.record("new_stage") == 100000001


def test_two_way_needs_the_option_and_state_never_gets_it(stage: Stage) -> None:
    assert refused(stage, row("new_stage", "stage")) == {(0, "direction", "one_way_type")}
    wrong = row("new_stage", "stage", resolve_labels="name")
    assert refused(stage, wrong) == {(0, "resolve_labels", "key_column_without_target")}
    wrong = row("statecode", "stage", resolve_labels=True)
    assert refused(stage, wrong) == {(0, "resolve_labels", "option_not_for_type"), (0, "direction", "one_way_type")}


def test_party_and_participant_fields_are_filled_when_the_contract_is_created(stage: Stage) -> None:
    def of(column: str, kind: str, field: str) -> Row:
        return row(column, field, "sync_once", oneflow_kind=kind)

    stage.edit_record(description="ola@nordlys.example", name="Buyer")
    rows = (
        of("parentaccountid", "party", "name"),
        of("ownerid", "participant", "name"),
        of("description", "participant", "email"),
        of("name", "participant", "title"),
    )
    stage.ok("PUT", ROUTE, {"fields": list(rows)}, {"If-Match": "*"})
    seed = stage.world.oneflow_seed
    body = {"template_id": seed.FRAME_TEMPLATE, "workspace_id": seed.SALES, "name": f"Invited {stage.record_id[:8]}"}
    stage.edit_record(parentaccountid=("account", ACCOUNT), ownerid=("systemuser", SELLER))
    created = stage.ok("POST", f"records/opportunity/{stage.record_id}/contracts", body)
    assert created["outcome"] == "synced"
    assert {one["result"] for one in created["fields"]} == {"written"}
    (entry,) = stage.history(created["contract_id"])
    for told in (created, entry):
        kinds = [one["oneflow_kind"] for one in told["fields"] if one["oneflow_field"] == "name"]
        assert sorted(kinds) == ["participant", "party"], "one name cannot be told from the other by its field alone"
    contract = stage.world.oneflow.world.state.contracts[created["contract_id"]]
    party = next(one for one in contract.parties if not one.my_party)
    assert (party.name, party.participants[0].name) == ("Nordlys AS", "Kari Seller")
    assert (party.participants[0].email, party.participants[0].title) == ("ola@nordlys.example", "Buyer")
    stage.contracts.append(contract.id)
    stage.edit_record(name="Another title")
    stage.push(contract.id)
    again = stage.world.oneflow.world.state.contracts[contract.id]
    assert again.parties == contract.parties, "nothing touches them after creation"


def test_a_party_field_is_refused_in_other_directions_and_under_other_names(stage: Stage) -> None:
    wrong = row("name", "name", "two_way", oneflow_kind="party")
    assert refused(stage, wrong) == {(0, "direction", "party_or_participant")}
    wrong = row("name", "email", "sync_once", oneflow_kind="party")
    assert refused(stage, wrong) == {(0, "oneflow_field", "field_not_of_kind")}


@pytest.mark.parametrize("auto_push", [True, False])
def test_an_amount_follows_the_records_currency_where_nothing_else_changed(stage: Stage, auto_push: bool) -> None:
    """Dynamics tells of the change by its step alone, which is registered for the columns that `connect` names."""
    dataverse, columns = stage.world.dataverse, {"currencyname": "Euro", "isocurrencycode": "EUR"}
    euro = dataverse.world.add("transactioncurrency", {**columns, "currencyprecision": 2}, APPLICATION).id
    stage.edit_record(transactioncurrencyid=("transactioncurrency", CURRENCY))
    shape = {"locale": "sv-SE", "length": "long", "currency": True}
    rows = [row("estimatedvalue", "amount", format=shape), row("name", "customer_name")]
    stage.ok("PUT", ROUTE, {"fields": rows, "auto_push": auto_push}, {"If-Match": "*"})
    contract = stage.contract()
    assert stage.text(contract, "amount") == "1\u00a0250\u00a0000,00\u00a0Nkr"
    (wanted,) = [one for one in _steps([mapping_of(stage)]) if "Update of" in one.name]
    steps = dataverse.events.steps
    filtering = frozenset(wanted.columns["filteringattributes"].split(","))
    dataverse.events.steps = [replace(one, filtering=filtering) if one.message == "Update" else one for one in steps]
    stage.age(contract)
    try:
        stage.edit_record(transactioncurrencyid=("transactioncurrency", euro))
        if auto_push:
            stage.until(lambda: stage.text(contract, "amount") == "1\u00a0250\u00a0000,00\u00a0€", "the other sign")
        else:
            stage.until(lambda: stage.card(contract)["waiting_for_push"] == 1, "the card tells that it waits")
            assert stage.text(contract, "amount").endswith("Nkr")
    finally:
        dataverse.events.steps = steps
