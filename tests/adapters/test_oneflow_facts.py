"""What a contract shows of itself beside its fields; whatever is not as documented is as if it were not told."""

from __future__ import annotations

from typing import Any

import pytest

from sync_core.adapters.oneflow.contracts import contract_of
from sync_core.engine.model.contracts import ContractFacts

BODY: dict[str, Any] = {
    "id": 7,
    "state": "pending",
    "published_time": "2026-03-01T08:00:00+0000",
    "signing_period_expiry_time": "2026-04-01T00:00:00+02:00",
    "state_updated_time": "2026-03-12T10:00:00+0000",
    "_private": {"name": "Frame", "value": {"amount": "12500.00", "currency": "NOK"}},
    "lifecycle_state": {"is_recurring": False, "period_start_time": None, "contract_start_time": None},
    "parties": [
        {
            "name": "Nordlys AS",
            "participants": [
                {"name": "Ola  Nordmann", "signatory": True, "sign_state": "signed", "email": "ola@nordlys.example"},
                {"name": "A reader", "signatory": False, "sign_state": "undecided"},
            ],
        },
        {"name": "Per Person", "participant": {"name": "Per Person", "signatory": True, "sign_state": "undecided"}},
    ],
}


def facts(**changed: Any) -> ContractFacts:
    found = contract_of({**BODY, **changed}).facts
    assert found
    return found


def test_times_value_and_signers_are_shown() -> None:
    assert facts() == ContractFacts(
        sent_on="2026-03-01T08:00:00Z",
        expires_on="2026-03-31T22:00:00Z",
        value="12500.00",
        currency="NOK",
        signers="Ola Nordmann, Nordlys AS: signed\nPer Person: not signed yet",
    )


def test_no_address_of_a_signer_is_kept() -> None:
    assert "@" not in str(facts())


def test_when_it_was_signed_or_declined_is_when_it_came_into_that_state() -> None:
    assert facts(state="signed").signed_on == "2026-03-12T10:00:00Z"
    assert facts(state="declined").declined_on == "2026-03-12T10:00:00Z"


def test_a_period_keeps_its_days_and_renews_at_its_end_where_it_recurs() -> None:
    period = {"period_start_time": "2026-01-01T00:00:00+0200", "period_end_time": "2026-12-31T00:00:00+0200"}
    once = facts(lifecycle_state={**period, "is_recurring": False})
    assert (once.period_start, once.period_end, once.renews_on) == ("2026-01-01", "2026-12-31", None)
    assert facts(lifecycle_state={**period, "is_recurring": True}).renews_on == "2026-12-31"
    assert facts(lifecycle_state={**period, "is_recurring": True, "is_canceled": True}).renews_on is None


@pytest.mark.parametrize(
    "strange",
    [
        {"published_time": 17, "signing_period_expiry_time": "soon"},
        {"lifecycle_state": "active"},
        {"lifecycle_state": {"is_recurring": "perhaps", "period_end_time": 12}},
        {"_private": {"name": "Frame", "value": "12500"}},
        {"_private": {"name": "Frame", "value": {"amount": "12500.001", "currency": "NOK"}}},
        {"_private": {"name": "Frame", "value": {"amount": "1e30", "currency": "NOK"}}},
        {"_private": {"name": "Frame", "value": {"amount": "NaN", "currency": "NOK"}}},
        {"parties": [{"name": 5, "participants": [{"name": 6, "signatory": "yes"}]}]},
    ],
)
def test_what_has_another_shape_is_not_shown_and_hides_nothing_else(strange: dict[str, Any]) -> None:
    contract = contract_of({**BODY, **strange})
    assert (contract.name, str(contract.state)) == ("Frame", "pending")
    found = contract.facts
    assert found
    if "_private" in strange:
        assert found.value is None
        assert found.currency is None
    if "published_time" in strange:
        assert (found.sent_on, found.expires_on) == (None, None)
    if "lifecycle_state" in strange:
        assert (found.period_end, found.renews_on) == (None, None)
    if "parties" in strange:
        assert found.signers is None
