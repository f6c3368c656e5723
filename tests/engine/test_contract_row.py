"""What a contract's row in Dynamics shows, by its link alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dynamics.description.contract import CONTRACT, OPTIONS
from sync_core.adapters.dataverse import contract_table
from sync_core.engine.model.asked import LastRequest
from sync_core.engine.model.contracts import ContractFacts
from sync_core.engine.model.history import HistoryEntry, HistoryLine, LineKind
from sync_core.engine.model.link import LastChange, Link
from sync_core.engine.model.words import Side
from sync_core.engine.rows.privileges import ALWAYS
from sync_core.engine.showing.contract_row import ENDED, LONGEST, last_change, row_of

LINK = Link(7, "opportunity", "r1", state="pending", name="Frame", facts=ContractFacts(), owner="systemuser:u")
ASKED = LastRequest("o1", "push", "done", "Written: Topic.", "2026-03-12T10:00:00Z", "Kari Seller")


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({}, "in_step"),
        ({"waiting_for_push": 1}, "waiting_for_push"),
        ({"waiting_for_push": 1, "refused": 1}, "refused"),
        ({"refused": 1, "not_agreed": 1}, "not_agreed"),
        ({"not_agreed": 1, "conflicts": 1}, "conflict"),
        ({"state": "signed", "waiting_for_push": 1}, "not_agreed"),
        ({"conflicts": 1, "status": "paused"}, "paused"),
        ({"conflicts": 1, "status": "broken"}, "broken"),
    ],
)
def test_the_gravest_of_what_a_link_waits_for_is_its_sync_state(told: dict[str, object], shown: str) -> None:
    assert row_of(replace(LINK, **told)).values["sync_state"] == shown  # type: ignore[arg-type]


@pytest.mark.parametrize("state", ["draft", "pending", "overdue", "signed", "declined"])
def test_each_state_of_a_contract_is_shown(state: str) -> None:
    assert row_of(replace(LINK, state=state)).values["state"] == state


def test_a_state_that_nobody_knows_is_left_empty_and_a_contract_that_is_gone_is_deleted() -> None:
    assert row_of(replace(LINK, state="unknown")).values["state"] is None
    assert row_of(replace(LINK, status="broken", gone_looks=2)).values["state"] == "deleted"
    assert row_of(replace(LINK, status="broken")).values["state"] == "pending", "the record may be what is gone"


def test_a_broken_links_row_goes_on_pointing_where_it_did() -> None:
    assert (row_of(LINK).record, row_of(LINK).owner) == (("opportunity", "r1"), "systemuser:u")
    broken = row_of(replace(LINK, status="broken"))
    assert (broken.record, broken.owner) == (None, None)


def test_what_is_not_known_of_a_link_of_before_is_not_emptied() -> None:
    assert "sent_on" in row_of(LINK).values
    assert "sent_on" not in row_of(replace(LINK, facts=None)).values


def test_a_look_that_finds_nothing_new_shows_the_same() -> None:
    looked = replace(LINK, looked_at=datetime(2026, 3, 1, tzinfo=UTC), due="another", idle_hints=3, shown="abc")
    assert row_of(looked).digest == row_of(LINK).digest


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "Another name"},
        {"record_id": "r2"},
        {"owner": "team:t"},
        {"conflicts": 1},
        {"facts": ContractFacts(signed_on="2026-03-12T10:00:00Z")},
        {"last_change": LastChange("2026-03-12T10:00:00Z", "oneflow", "Topic")},
        {"last_synced_at": datetime(2026, 3, 1, tzinfo=UTC)},
        {"last_request": ASKED},
    ],
)
def test_whatever_is_shown_is_told_by_its_digest(changed: dict[str, object]) -> None:
    assert row_of(replace(LINK, **changed)).digest != row_of(LINK).digest  # type: ignore[arg-type]


def test_a_text_that_its_column_does_not_take_is_cut() -> None:
    name = row_of(replace(LINK, name="x" * 301)).values["name"]
    assert isinstance(name, str)
    assert len(name) == 300


# --- the last change --------------------------------------------------------------------------------------------------


def entry(*lines: HistoryLine, who: str = "application") -> HistoryEntry:
    return HistoryEntry("e", 1, "2026-03-12T10:00:00Z", "automatic", "webhook", who, 7, "synced", list(lines), "")


def line(side: Side, label: str, kind: LineKind = LineKind.WRITTEN) -> HistoryLine:
    return HistoryLine(kind=kind, side=side, dynamics_label=label, from_text="secret 1", to_text="secret 2")


def test_what_was_written_into_dynamics_was_changed_in_oneflow_by_nobody_knows_whom() -> None:
    change = last_change([entry(line(Side.DYNAMICS, "Topic"), line(Side.DYNAMICS, "Amount"))], None, "Kari Seller")
    assert change == LastChange("2026-03-12T10:00:00Z", "oneflow", "Topic, Amount", None)


def test_what_was_written_into_oneflow_by_itself_was_changed_by_who_changed_the_record_last() -> None:
    change = last_change([entry(line(Side.ONEFLOW, "Topic"))], None, "Kari Seller")
    assert change == LastChange("2026-03-12T10:00:00Z", "dynamics", "Topic", "Kari Seller")


def test_a_person_who_pushed_is_who_changed_it() -> None:
    change = last_change([entry(line(Side.ONEFLOW, "Topic"), who="Ola Buyer")], None, "Kari Seller")
    assert change
    assert change.who == "Ola Buyer"


def test_nothing_written_is_no_change() -> None:
    known = LastChange("2026-03-01T10:00:00Z", "oneflow", "Topic")
    for kind in (LineKind.SETTLED, LineKind.REFUSED, LineKind.CONFLICT, LineKind.NOT_DONE):
        assert last_change([entry(line(Side.DYNAMICS, "Amount", kind))], known, None) == known


def test_no_value_of_a_field_is_in_it() -> None:
    shown = row_of(replace(LINK, last_change=last_change([entry(line(Side.DYNAMICS, "Topic"))], None, None)))
    assert "secret" not in str(shown)


# --- the words and the solution's description -------------------------------------------------------------------------


def test_every_column_that_is_written_is_in_the_solution_and_takes_what_it_is_given() -> None:
    for name in (*row_of(replace(LINK, last_request=ASKED)).values, *ENDED):
        CONTRACT.column(contract_table.column_of(name))  # StopIteration where the solution has none
    for name, longest in LONGEST.items():
        assert CONTRACT.column(contract_table.column_of(name)).longest == longest
    for name in (contract_table.NUMBER, contract_table.INSTALLATION, contract_table.URL):
        CONTRACT.column(name)


def test_every_word_of_a_choice_has_the_option_that_the_solution_gives_it() -> None:
    for name, words in contract_table.OPTIONS.items():
        known = OPTIONS[contract_table.column_of(name)]
        assert {word: contract_table.json_of(name, word) for word in words} == known


def test_the_table_its_key_and_its_lookups_are_those_of_the_solution() -> None:
    assert (CONTRACT.logical, CONTRACT.set_name) == (contract_table.TABLE, contract_table.SET)
    assert {contract_table.NUMBER, contract_table.INSTALLATION} == set(CONTRACT.keys[0].columns)
    relations = {one.target.lower(): (one.lookup.lower(), one.lookup) for one in CONTRACT.relationships}
    assert relations == dict(contract_table.LOOKUPS)


def test_nothing_that_rows_need_is_asked_of_an_installation_without_the_table() -> None:
    assert not [name for name in ALWAYS if name.endswith(CONTRACT.name)]
