"""Reasons are for people by their text and for programs by their code."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sync_core.engine.model import reasons
from sync_core.engine.model.words import ContractState, Reason, Side
from sync_core.errors import Ground, LockTooShort, NotAllowed, RateLimited, Refused, Temporary, VendorError

ALL = [value for value in vars(reasons).values() if isinstance(value, Reason)] + [*reasons.REFUSALS.values()]


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


def _error(kind: type[VendorError], ground: Ground = Ground.UNEXPECTED, **parts: Any) -> VendorError:
    return kind("oneflow or dynamics said so", ground=ground, **parts)


def test_what_a_vendor_says_no_to_is_not_what_was_merely_not_done() -> None:
    for side in Side:
        for error in (Temporary("away"), RateLimited("enough"), LockTooShort("late")):
            assert reasons.not_sent(side, error).code in reasons.NOT_DONE
        for ground in Ground:
            assert reasons.refusal(side, _error(Refused, ground)).code not in reasons.NOT_DONE


def test_no_two_causes_share_a_reason_and_each_speaks_of_its_own_side() -> None:
    """A 503 of Oneflow was once told as too little time, and a 412 of Dynamics as a change in Oneflow."""
    told = {
        (side, cause): reason
        for side in Side
        for cause, reason in (
            *((ground, reasons.refusal(side, _error(Refused, ground))) for ground in Ground),
            ("away", reasons.not_sent(side, Temporary("away"))),
            ("limits", reasons.not_sent(side, RateLimited("enough"))),
        )
    }

    assert len({reason.code for reason in told.values()}) == len(told)
    for (side, _), reason in told.items():
        other = Side.DYNAMICS if side is Side.ONEFLOW else Side.ONEFLOW
        assert str(side).title() in reason.text and str(other).title() not in reason.text
    assert reasons.not_sent(Side.ONEFLOW, LockTooShort("late")) == reasons.LOCK_TOO_SHORT


def test_a_refusal_tells_people_the_missing_right_or_what_a_rule_says_to_them() -> None:
    right = reasons.refusal(Side.DYNAMICS, _error(NotAllowed, Ground.PRIVILEGE, missing="prvWriteOpportunity"))
    rule = reasons.refusal(Side.DYNAMICS, _error(Refused, Ground.RULE, said="Not before the “credit” check."))

    assert right.text == "A privilege to write this is missing in Dynamics: “prvWriteOpportunity”; it will be retried."
    assert reasons.said_in(right.text) == "prvWriteOpportunity"
    assert reasons.said_in(rule.text) == "Not before the “credit” check."
    assert reasons.said_in(reasons.refusal(Side.DYNAMICS, _error(Refused, Ground.RULE)).text) == ""
