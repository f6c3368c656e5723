"""A base belongs to a row's options, and an option is offered only where it does something."""

from __future__ import annotations

import pytest

from sync_core.engine.model.base import FieldBase, Halves, base_of
from sync_core.engine.model.mapping import FieldMapping
from sync_core.engine.model.row_options import Format, Labels, Length, RowOption, RowOptions
from sync_core.engine.model.words import ColumnType, ConflictPolicy
from sync_core.engine.rows.eligibility import lifted_by, options_of
from sync_core.engine.rows.option_checks import option_problems
from tests.engine.scenes import TWO_WAY, column

GIVEN = {
    RowOption.TIME_ZONE: RowOptions(time_zone="Europe/Stockholm"),
    RowOption.LABELS: RowOptions(labels=Labels(("Ja",), ("Nej",))),
    RowOption.FORMAT: RowOptions(format=Format("sv-SE")),
    RowOption.RESOLVE_LABELS: RowOptions(resolve_labels=True),
}
OTHERS = [
    RowOptions(time_zone="Europe/Oslo"),
    RowOptions(labels=Labels(("Yes",), ("No",))),
    RowOptions(format=Format("sv-SE", Length.SHORT)),
    RowOptions(resolve_labels="accountnumber"),
]


@pytest.mark.parametrize("options", [*GIVEN.values(), *OTHERS])
def test_changing_an_option_ends_the_base(options: RowOptions) -> None:
    plain = FieldMapping("name", "Field", TWO_WAY)
    row = FieldMapping("name", "Field", TWO_WAY, options=options)
    base = FieldBase(row.identity, TWO_WAY, Halves("a", "a"))
    assert base_of(row, {row.key: base}) == base
    assert base_of(plain, {row.key: base}).halves is None
    assert base_of(row, {row.key: FieldBase(plain.identity, TWO_WAY, Halves("a", "a"))}).halves is None


def test_changing_the_conflict_policy_keeps_the_base() -> None:
    row = FieldMapping("name", "Field", TWO_WAY, options=GIVEN[RowOption.LABELS])
    asked = FieldMapping("name", "Field", TWO_WAY, conflict_policy=ConflictPolicy.ASK, options=row.options)
    base = FieldBase(row.identity, TWO_WAY, Halves("a", "a"))
    assert base_of(asked, {row.key: base}).halves == base.halves


@pytest.mark.parametrize("options", [*GIVEN.values(), *OTHERS, RowOptions()])
def test_options_come_back_whole_from_json(options: RowOptions) -> None:
    assert RowOptions.from_json(options.to_json()) == options


@pytest.mark.parametrize("kind", list(ColumnType))
def test_an_option_is_taken_where_it_is_offered_and_nowhere_else(kind: ColumnType) -> None:
    of = column(kind)
    for option, given in GIVEN.items():
        codes = {reason.code for _, reason in option_problems(of, given)}
        assert ("option_not_for_type" in codes) is (option not in options_of(of))


@pytest.mark.parametrize("kind", list(ColumnType))
def test_what_lifts_a_refusal_is_offered(kind: ColumnType) -> None:
    for option in lifted_by(column(kind)).values():
        assert option in options_of(column(kind))
    assert not lifted_by(column(kind, computed="calculated"))
    assert not lifted_by(column(kind, updatable=False))
