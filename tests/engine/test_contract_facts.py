"""What a contract shows of itself, in a column of the record: as each type of column holds it, and by which rule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync_core.engine.deciding.plan import Plan
from sync_core.engine.deciding.planner import plan_automatic, plan_fetch, plan_push
from sync_core.engine.deciding.second_thoughts import may_undo, plan_undo
from sync_core.engine.deciding.verdict import Kind, by_key
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model.base import FieldBase, Halves, WhyOpen
from sync_core.engine.model.contracts import Contract, ContractFacts, ContractField
from sync_core.engine.model.history import HistoryEntry, HistoryLine, LineKind
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.records import Cell, Column, Record
from sync_core.engine.model.row_options import RowOptions
from sync_core.engine.model.words import ColumnType, ContractState, Direction, OneflowKind, Side
from sync_core.engine.rows.contract_facts import FACTS, facts_for, with_facts
from sync_core.engine.rows.eligibility import refusals
from tests.engine.scenes import FROM_CONTRACT, OF_FIELDS, column, halves, only, told

T = ColumnType
SIGNED = "2026-03-12T23:30:00Z"  # the thirteenth in Stockholm
CONTRACT = Contract(
    70001, "Deal", ContractState.SIGNED, {}, facts=ContractFacts(sent_on="2026-03-01T08:00:00Z", signed_on=SIGNED),
    state_since="2026-03-12T23:30:00+0000", url="https://app.oneflow.com/contracts/70001",
)  # fmt: skip

ENTRY = {
    "entry_id": "e", "number": 1, "at": "2026-03-13T00:00:00Z", "cause": "webhook", "who": "application",
    "contract_id": 7, "action": "automatic", "outcome": "synced", "previous_digest": None,
}  # fmt: skip


def row(fact: str, options: RowOptions | None = None) -> FieldMapping:
    return FieldMapping("told", fact, FROM_CONTRACT, OneflowKind.CONTRACT, options=options or RowOptions())


def at(
    fact: str,
    kind: ColumnType = T.TEXT,
    dynamics: str | None = None,
    base: tuple[str, str | None] | None = None,
    zone: str | None = None,
    contract: Contract = CONTRACT,
    origin: WhyOpen | None = None,
) -> Scene:
    options = RowOptions(time_zone=zone)
    mapped = row(fact, options)
    of_row: Column = replace(column(kind, "told"), row=options)
    mapping = EntityMapping("opportunity", (mapped,))
    bases = {mapped.key: FieldBase(mapped.identity, FROM_CONTRACT, Halves(*base))} if base else {}
    shown = with_facts(contract, mapping, {"told": of_row})
    record = Record("opportunity", "1d", "W/1", {"told": Cell(dynamics)})
    return Scene(mapping, {"told": of_row}, shown, record, bases, origin=origin)


def written(plan: Plan) -> str | None:
    return only(plan).sure_write.after


@pytest.mark.parametrize(
    ("kind", "zone", "held"),
    [
        (T.TEXT, None, SIGNED),
        (T.DATE_ONLY, None, "2026-03-12"),
        (T.DATE_ONLY, "Europe/Stockholm", "2026-03-13"),
        (T.DATE_TIME, None, SIGNED),
        (T.WALL_TIME, None, "2026-03-12T23:30:00Z"),
        (T.WALL_TIME, "Europe/Stockholm", "2026-03-13T00:30:00Z"),
        (T.USER_LOCAL_DATE, None, SIGNED),
        (T.USER_LOCAL_DATE, "Europe/Stockholm", "2026-03-12T23:00:00Z"),  # where the thirteenth begins there
    ],
)
def test_a_moment_is_held_as_the_type_of_its_column_holds_it(kind: ColumnType, zone: str | None, held: str) -> None:
    assert written(plan_automatic(at("signed_on", kind, zone=zone))) == held
    assert told(only(plan_automatic(at("signed_on", kind, held, zone=zone)))) == "unchanged"


def test_state_and_address_are_text() -> None:
    assert written(plan_automatic(at("state"))) == "signed"
    assert written(plan_automatic(at("url"))) == CONTRACT.url


def test_a_state_that_nobody_knows_decides_nothing() -> None:
    unknown = replace(CONTRACT, state=ContractState.UNKNOWN)
    assert not plan_automatic(at("state", dynamics="signed", base=("signed", "signed"), contract=unknown)).writes


def test_what_the_contract_comes_to_show_is_written_over_whatever_stands_there() -> None:
    moved = plan_automatic(at("state", dynamics="typed by hand", base=("pending", "pending")))
    assert told(only(moved)) == "dynamics := 'signed'"


def test_what_somebody_wrote_over_it_stays_until_the_contract_moves_or_a_person_fetches() -> None:
    stands = at("state", dynamics="typed by hand", base=("signed", "signed"))
    assert not plan_automatic(stands).writes
    assert by_key(stands)["contract:state"].kind is Kind.IN_STEP
    assert written(plan_fetch(stands)) == "signed"


def test_nothing_of_it_is_pushed() -> None:
    assert plan_push(at("state", dynamics="typed by hand", base=("signed", "signed"))).steps == ()


def test_the_first_look_fills_an_empty_column_and_leaves_a_filled_one() -> None:
    assert written(plan_automatic(at("state"))) == "signed"
    other = only(plan_automatic(at("state", dynamics="of another contract")))
    assert not other.writes
    assert halves(other) == ("signed", "of another contract")


@pytest.mark.parametrize("origin", [WhyOpen.LINKED, WhyOpen.MOVED])
def test_a_contract_that_was_linked_or_moved_writes_nothing_by_itself(origin: WhyOpen) -> None:
    first = at("state", origin=origin)
    assert not plan_automatic(first).writes
    assert written(plan_fetch(first)) == "signed"


def test_a_moment_that_is_over_is_cleared() -> None:
    reset = replace(CONTRACT, state=ContractState.PENDING, facts=ContractFacts())
    cleared = plan_automatic(at("signed_on", T.DATE_TIME, SIGNED, (SIGNED, SIGNED), contract=reset))
    assert told(only(cleared)) == "dynamics := None"


def test_a_lagging_read_does_not_bring_an_older_state_back() -> None:
    older = replace(CONTRACT, state=ContractState.PENDING, state_since="2026-03-01T08:00:00+0000")
    scene = at("state", dynamics="signed", contract=older)
    key = "contract:state"
    base = FieldBase(scene.mapping.fields[0].identity, FROM_CONTRACT, Halves("signed", "signed"), CONTRACT.state_since)
    step = only(plan_automatic(replace(scene, bases={key: base})))
    assert step.lagging
    assert not step.writes


def test_a_data_field_of_the_same_name_is_another_field() -> None:
    field = ContractField(5, "state", "State", "Norway")
    mapping = EntityMapping("opportunity", (row("state"),))
    both = with_facts(replace(CONTRACT, fields={"state": field}), mapping, {"told": column(T.TEXT, "told")})
    assert both.fields["state"].value == "Norway"
    assert both.fields["contract:state"].value == "signed"


def test_facts_do_not_hide_that_all_fields_were_emptied() -> None:
    fields = {name: ContractField(number, name, name, "") for number, name in enumerate(("a", "b"), 1)}
    scene = at("state", dynamics="signed", base=("signed", "signed"), contract=replace(CONTRACT, fields=fields))
    rows = (*scene.mapping.fields, *(FieldMapping(name, name, Direction.TWO_WAY) for name in "ab"))
    emptied = replace(
        scene,
        mapping=replace(scene.mapping, fields=rows),
        columns={**scene.columns, "a": column(T.TEXT, "a"), "b": column(T.TEXT, "b")},
        record=replace(scene.record, cells={**scene.record.cells, "a": Cell("1"), "b": Cell("2")}),
        bases={**scene.bases, **dict(_settled(one, value) for one, value in zip(rows[1:], "12", strict=True))},
    )
    assert not plan_automatic(emptied).writes


def _settled(one: FieldMapping, value: str) -> tuple[str, FieldBase]:
    return one.key, FieldBase(one.identity, one.direction, Halves(value, value))


def test_undo_puts_back_what_a_fact_overwrote() -> None:
    line = HistoryLine(
        LineKind.WRITTEN, side=Side.DYNAMICS, dynamics_column="told", oneflow_kind=OneflowKind.CONTRACT,
        oneflow_field="state", before="typed by hand", after="signed", from_text="typed by hand", to_text="signed",
    )  # fmt: skip
    scene = at("state", dynamics="signed", base=("signed", "signed"))
    assert told(only(plan_undo(scene, [line]))) == "dynamics := 'typed by hand'"
    entry = HistoryEntry.from_json(ENTRY | {"fields": [line.to_json()]})
    assert may_undo(entry, scene.mapping, ContractState.SIGNED)


def test_every_column_says_which_facts_it_can_show() -> None:
    assert facts_for(column(T.TEXT)) == tuple(FACTS)
    assert facts_for(column(T.CHOICE)) == ("state",)
    assert "signed_on" in facts_for(column(T.DATE_ONLY))
    assert "state" not in facts_for(column(T.DATE_ONLY))
    assert facts_for(column(T.MONEY)) == ()


def test_a_fact_has_one_direction_and_no_field_has_it() -> None:
    assert set(refusals(column(), OneflowKind.CONTRACT)) == set(OF_FIELDS)
    assert FROM_CONTRACT in refusals(column(updatable=False), OneflowKind.CONTRACT)
    for kind in (OneflowKind.DATA_FIELD, OneflowKind.PARTY, OneflowKind.PARTICIPANT):
        assert FROM_CONTRACT in refusals(column(), kind)
