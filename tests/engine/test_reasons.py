"""Reasons are for people by their text and for programs by their code."""

from __future__ import annotations

import re

import pytest

from sync_core.engine.model import reasons
from sync_core.engine.model.words import ContractState, Reason

ALL = [value for value in vars(reasons).values() if isinstance(value, Reason)]


def test_every_code_stands_for_one_reason() -> None:
    codes = [reason.code for reason in ALL]

    assert len(codes) > 10
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("reason", ALL, ids=[reason.code for reason in ALL])
def test_a_reason_is_a_code_and_a_sentence(reason: Reason) -> None:
    assert re.fullmatch("[a-z_]+", reason.code)
    assert reason.text[0].isupper()
    assert reason.text.endswith(".")


@pytest.mark.parametrize("state", [state for state in ContractState if not state.writable])
def test_a_closed_contract_says_in_which_state_it_is(state: ContractState) -> None:
    assert reasons.state_forbids(state).code == f"contract_{state}"
    assert str(state) in reasons.state_forbids(state).text


def test_what_a_vendor_says_no_to_is_not_what_was_merely_not_done() -> None:
    assert reasons.not_done("No answer.").code in reasons.NOT_DONE
    assert reasons.refused("Locked.").code not in reasons.NOT_DONE
