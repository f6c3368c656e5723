"""Options of a mapping row, through the real functions: offered, checked when saved, and carried out both ways."""

from __future__ import annotations

from typing import Any

import pytest

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
