"""Lookups, customers and owners by name: which names Dynamics is asked about, and what becomes of the answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync_core.engine.deciding.name_lookups import Lookup, lookups, with_found
from sync_core.engine.deciding.plan import Write
from sync_core.engine.deciding.planner import plan_automatic, plan_fetch, plan_push
from sync_core.engine.deciding.second_thoughts import disputes, plan_undo
from sync_core.engine.model.history import HistoryLine
from sync_core.engine.model.records import Cell
from sync_core.engine.model.row_options import RowOption, RowOptions
from sync_core.engine.model.words import Action, ColumnType, Result, Side
from sync_core.engine.rows.option_checks import option_problems
from tests.engine.scenes import ASK, ONE_WAY, Pair, column, scene

T = ColumnType
NORDLYS, FJORD = "account:0001", "account:0002"
BY_NAME = RowOptions(resolve_labels=True)
CUSTOMER = column(T.CUSTOMER, "customer", targets=("account", "contact"), row=BY_NAME)


def pair(oneflow: str, base: tuple[str, str | None] | None = ("Nordlys", NORDLYS), **parts: Any) -> Pair:
    """The record points at Nordlys."""
    cell = Cell(NORDLYS, "Nordlys")
    return replace(Pair(oneflow, None, base, name="customer", column=CUSTOMER, cell=cell), **parts)


def wanted(of: Pair, action: Action = Action.AUTOMATIC) -> list[Lookup]:
    return list(lookups(scene(of), action))


ASKED = [Lookup("customer", ("account", "contact"), "Fjord")]


@pytest.mark.parametrize("action", [Action.AUTOMATIC, Action.FETCH, Action.PUSH, Action.KEEP])
def test_another_name_in_the_contract_is_looked_up(action: Action) -> None:
    assert wanted(pair("Fjord"), action) == ASKED
    assert wanted(pair("Fjord", None), action) == ASKED


@pytest.mark.parametrize("text", ["Nordlys", " nordlys ", "NORDLYS", "", "  "])
def test_the_name_that_is_shown_is_not_looked_up_whatever_its_case_and_spaces(text: str) -> None:
    assert wanted(pair(text), Action.FETCH) == []


def test_a_name_that_is_as_last_settled_is_looked_up_only_for_a_person_who_fetches_or_keeps() -> None:
    renamed = pair("Old name", ("Old name", NORDLYS))
    assert wanted(renamed) == wanted(renamed, Action.PUSH) == []
    assert len(wanted(renamed, Action.FETCH)) == len(wanted(renamed, Action.KEEP)) == 1


@pytest.mark.parametrize(
    "of",
    [
        pair("Fjord", direction=ONE_WAY),
        pair("Fjord", column=replace(CUSTOMER, row=RowOptions())),
        pair("Fjord", column=replace(CUSTOMER, type=T.TEXT)),
    ],
)
def test_nothing_else_is_looked_up(of: Pair) -> None:
    assert wanted(of) == []


def test_the_only_record_of_that_name_is_written_and_shown_by_its_name() -> None:
    at = with_found(scene(pair("Fjord")), {ASKED[0]: (FJORD,)})
    for planner in (plan_automatic, plan_fetch):
        (step,) = planner(at).steps
        assert step.due == Write(Side.DYNAMICS, NORDLYS, FJORD, "Nordlys", "Fjord")


@pytest.mark.parametrize(
    ("records", "code"),
    [((), "record_unknown"), ((FJORD, "contact:0003"), "record_double"), (None, "record_not_looked_up")],
)
def test_no_record_or_several_write_nothing(records: tuple[str, ...] | None, code: str) -> None:
    at = scene(pair("Fjord"))
    at = at if records is None else with_found(at, {ASKED[0]: records})
    for planner in (plan_automatic, plan_fetch):
        (step,) = planner(at).steps
        assert step.result is Result.SKIPPED and step.reason and step.reason.code == code


def test_another_name_of_the_same_record_is_no_change() -> None:
    """Somebody typed the key of the record in another writing, or it was renamed and the contract follows."""
    at = with_found(scene(pair("Fjord")), {ASKED[0]: (NORDLYS,)})
    assert not plan_automatic(at).writes
    assert not plan_fetch(at).writes


def test_a_record_that_is_renamed_is_no_change_for_a_machine_and_goes_out_when_a_person_pushes() -> None:
    at = scene(pair("Old name", ("Old name", NORDLYS)), auto_push=True)
    assert not plan_automatic(at).writes
    (step,) = plan_push(at).steps
    assert (step.side, step.sure_write.after) == (Side.ONEFLOW, "Nordlys")


def test_an_emptied_name_unlinks_but_never_an_owner() -> None:
    (step,) = plan_automatic(scene(pair(""))).steps
    assert (step.side, step.sure_write.after, step.sure_write.to_text) == (Side.DYNAMICS, None, "")
    owner = pair("", column=replace(CUSTOMER, type=T.OWNER))
    (step,) = plan_automatic(scene(owner)).steps
    assert step.result is Result.SKIPPED and step.reason and step.reason.code == "cannot_be_empty"


def test_a_conflict_tells_the_name_that_was_agreed() -> None:
    of = pair("Third", ("Fjord", FJORD), policy=ASK)
    (one,) = disputes(scene(of))
    told = one.to_json()
    assert (told["oneflow"], told["dynamics"], told["base_dynamics"]) == ("Third", "Nordlys", "Fjord")


def test_an_undo_links_to_the_record_as_it_was_and_tells_its_name() -> None:
    line = {
        "kind": "written", "side": "dynamics", "oneflow_field": "F_customer", "dynamics_column": "customer",
        "before": FJORD, "after": NORDLYS, "from": "Fjord", "to": "Nordlys",
    }  # fmt: skip
    (step,) = plan_undo(scene(pair("Nordlys")), [HistoryLine.from_json(line)]).steps
    assert step.write == Write(Side.DYNAMICS, step.sure_write.before, FJORD, "Nordlys", "Fjord")


def test_what_cannot_be_looked_up_is_refused_when_saved() -> None:
    ((option, reason),) = option_problems(replace(CUSTOMER, targets=tuple("abcde")), BY_NAME)
    assert (option, reason.code) == (RowOption.RESOLVE_LABELS, "targets_too_many")
    assert not option_problems(CUSTOMER, BY_NAME)
    assert not option_problems(CUSTOMER, RowOptions(resolve_labels="accountnumber"))
