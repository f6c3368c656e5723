"""Key columns: a reference shows its record's key and never its name; a key that is kept back is not taken for none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync_core.engine.deciding.plan import Step, Write
from sync_core.engine.model import reasons
from sync_core.engine.model.base import FieldBase
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.records import Cell, Column, Record
from sync_core.engine.model.row_options import RowOptions
from sync_core.engine.model.words import ColumnType, Direction, Reason, Result, Side
from sync_core.engine.rows.key_columns import key_columns, key_of, key_problem, keys_read, with_keys
from sync_core.engine.settling.answers import keyed
from sync_core.engine.values import text_of, value_of
from sync_core.errors import Unmappable

T = ColumnType
ROW = FieldMapping("customerid", "customer", Direction.TWO_WAY, options=RowOptions(resolve_labels="number"))
MAPPING = EntityMapping("opportunity", (ROW, FieldMapping("name", "name", Direction.TWO_WAY)))
POINTER = Cell("account:1d", "Nordlys AS")
COLUMN = Column("customerid", "Customer", T.CUSTOMER, targets=("account",), row=ROW.options)


def shown(**cells: Cell) -> Cell:
    there = {name.replace("__", ":"): cell for name, cell in cells.items()}
    return with_keys(Record("opportunity", "1d", "W/1", there), MAPPING).cells["customerid"]


def test_the_key_is_read_beside_the_reference_and_stands_in_the_names_place() -> None:
    assert key_of(ROW) == "customerid:number"
    assert keys_read(MAPPING.fields) == {"customerid:number"}
    cell = shown(customerid=POINTER, customerid__number=Cell("A-1"))
    assert (cell, text_of(cell, COLUMN)) == (Cell("account:1d", "A-1"), "A-1")


def test_an_empty_reference_needs_no_key() -> None:
    assert shown(customerid=Cell(), customerid__number=Cell()) == Cell()


def test_a_record_without_a_key_is_shown_by_nothing_else() -> None:
    with pytest.raises(Unmappable) as refusal:
        text_of(shown(customerid=POINTER, customerid__number=Cell()), COLUMN)
    assert refusal.value.code == "key_empty"


@pytest.mark.parametrize("reason", [reasons.SECURED, reasons.RELATED_UNREADABLE])
def test_a_key_that_is_kept_back_is_no_empty_key(reason: Reason) -> None:
    assert shown(customerid=POINTER, customerid__number=Cell(unreadable=reason)).unreadable == reason
    assert shown(customerid=POINTER).unreadable == reasons.COLUMN_GONE


def test_a_typed_key_means_the_only_record_that_was_found_by_it() -> None:
    column = replace(COLUMN, found={"A-2": ("account:2e",), "A-3": (), "A-4": ("account:4", "account:5")})
    assert value_of("A-2", column) == "account:2e"
    for text, code in (("A-3", "record_unknown"), ("A-4", "record_double"), ("A-5", "record_not_looked_up")):
        with pytest.raises(Unmappable, match="key") as refusal:
            value_of(text, column)
        assert refusal.value.code == code


def test_what_was_written_is_told_by_its_key_although_dynamics_answers_with_the_name() -> None:
    base = FieldBase(ROW.identity, ROW.direction)
    write = Write(Side.DYNAMICS, None, "account:2e", "", "A-2")
    step = Step(ROW, Result.WRITTEN, base, base, COLUMN, write=write)
    assert keyed(Cell("account:2e", "Fjord AS"), step) == Cell("account:2e", "A-2")
    assert keyed(Cell("account:9f", "Another"), step).label is None
    by_name = replace(step, column=replace(COLUMN, row=RowOptions(resolve_labels=True)))
    assert keyed(Cell("account:2e", "Fjord AS"), by_name).label == "Fjord AS"


def test_only_what_every_table_has_and_can_be_found_by_is_a_key() -> None:
    def of(*columns: Column) -> dict[str, Column]:
        return {one.name: one for one in columns}

    number, count, memo = (
        Column(n, n, kind) for n, kind in (("number", T.TEXT), ("count", T.BIG_INTEGER), ("memo", T.MEMO))
    )
    tables = {"account": of(number, count, memo), "contact": of(number, replace(count, secured=True), memo)}
    assert list(key_columns(tables)) == ["number"]
    assert list(key_columns({"account": tables["account"]})) == ["count", "number"]
    wrong = {"count": "key_column_secured", "memo": "key_column_type", "none": "key_column_missing"}
    assert {name: reason.code for name in wrong if (reason := key_problem(name, tables))} == wrong
    assert key_problem("number", {}) and key_problem("number", {"account": tables["account"], "team": {}})
