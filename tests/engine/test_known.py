"""What a preview says of who changed a field: only what was read or stored."""

from __future__ import annotations

from dataclasses import replace

from sync_core.engine.deciding.plan import Step
from sync_core.engine.deciding.planner import plan_push
from sync_core.engine.deciding.who_changed import OurWrite, known_of, last_writes
from sync_core.engine.model.history import HistoryEntry, HistoryLine, LineKind
from sync_core.engine.model.records import Record
from sync_core.engine.model.words import Side
from tests.engine.scenes import LATER, Pair, scene

RECORD = Record("opportunity", "1", "v", {}, modified_on="2026-03-12T09:00:00Z", modified_by="Aksel")


def step(pair: Pair) -> Step:
    return plan_push(scene(pair)).steps[0]


def entry(number: int, *lines: HistoryLine, contract_id: int = 7, cause: str = "webhook") -> HistoryEntry:
    at = f"2026-03-12T08:00:{number:02}Z"
    return HistoryEntry(f"e{number}", number, at, "automatic", cause, "application", contract_id, "synced", lines, "")


def line(side: str = "dynamics", after: str | None = "B", kind: str = "written") -> HistoryLine:
    return HistoryLine(LineKind(kind), side=Side(side), dynamics_column="name", oneflow_field="name", after=after)


def test_each_side_is_compared_with_what_it_showed_when_the_field_was_settled() -> None:
    known = known_of(step(Pair("A", "B", ("A", "A"), updated=LATER)), RECORD, {}, [])
    assert (known["oneflow_changed"], known["dynamics_changed"]) == (False, True)
    assert known["oneflow_changed_at"] == LATER
    assert (known["record_modified_by"], known["record_modified_at"]) == ("Aksel", "2026-03-12T09:00:00Z")


def test_without_a_base_nobody_knows_what_changed() -> None:
    known = known_of(step(Pair("A", "B", None)), RECORD, {}, [])
    assert (known["oneflow_changed"], known["dynamics_changed"]) == (None, None)


def test_our_last_write_is_the_newest_of_the_history() -> None:
    ours = last_writes([entry(3, line("oneflow", "C"), cause="push"), entry(2, line())])
    known = known_of(step(Pair("A", "B", ("A", "A"))), RECORD, ours, [])
    assert known["our_last_write"]["cause"] == "push"
    assert known["our_last_write"]["side"] == "oneflow"


def test_what_was_refused_or_only_settled_is_no_write() -> None:
    assert not last_writes([entry(1, line(kind="refused"), line(kind="settled"), line(kind="not_done"))])


def test_a_value_that_another_contract_brought_says_so() -> None:
    other = last_writes([entry(5, line(after="B"), contract_id=8)])
    known = known_of(step(Pair("A", "B", ("A", "A"))), RECORD, {}, [other])
    assert known["from_contract"]["contract_id"] == 8


def test_a_value_that_was_typed_over_what_another_contract_brought_does_not() -> None:
    other = last_writes([entry(5, line(after="B"), contract_id=8)])
    assert known_of(step(Pair("A", "C", ("A", "A"))), RECORD, {}, [other])["from_contract"] is None


def test_a_value_that_this_contract_brought_later_is_its_own() -> None:
    other = last_writes([entry(5, line(after="B"), contract_id=8)])
    ours = {"name": OurWrite(7, "2026-03-12T08:00:09Z", "fetch", "Kari", Side.DYNAMICS, "B")}
    assert known_of(step(Pair("A", "B", ("A", "A"))), RECORD, ours, [other])["from_contract"] is None


def test_a_value_that_did_not_change_came_from_nowhere_else() -> None:
    other = last_writes([entry(5, line(after="A"), contract_id=8)])
    seen = step(Pair("A", "A", ("A", "A")))
    assert known_of(replace(seen), RECORD, {}, [other])["from_contract"] is None
