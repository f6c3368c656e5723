"""What a contract shows of itself beside its fields. https://developer.oneflow.com/docs/contract

Nothing is decided by it, so whatever is not as documented is as if it were not told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation

from sync_core.adapters.oneflow.models import ContractBody, Party
from sync_core.engine.model.contracts import ContractFacts
from sync_core.engine.model.instants import instant_text, known_instant

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_MOST = Decimal(100_000_000_000)
_CENT = Decimal("0.01")
_HOW_FAR = {"signed": "signed", "declined": "declined"}


def facts_of(body: ContractBody) -> ContractFacts:
    moved = _instant(body.state_updated_time)
    start, end, renews = _period(body)
    amount, currency = _value(body)
    return ContractFacts(
        sent_on=_instant(body.published_time),
        signed_on=moved if body.state == "signed" else None,
        declined_on=moved if body.state == "declined" else None,
        expires_on=_instant(body.signing_period_expiry_time),
        period_start=start,
        period_end=end,
        renews_on=end if renews else None,
        value=amount,
        currency=currency,
        signers="\n".join(_signers(body.parties or ())) or None,
    )


def _period(body: ContractBody) -> tuple[str | None, str | None, bool]:
    """The first and the last day of the running period, and whether another one follows it."""
    lifecycle = body.lifecycle_state
    if lifecycle is None:
        return None, None, False
    start = lifecycle.period_start_time or lifecycle.contract_start_time
    end = lifecycle.period_end_time or lifecycle.contract_end_time
    return _day(start), _day(end), bool(lifecycle.is_recurring) and not lifecycle.is_canceled


def _value(body: ContractBody) -> tuple[str | None, str | None]:
    """Amount and currency; no currency without an amount."""
    value = body.private.value if body.private else None
    amount = _amount(value.amount) if value else None
    if value is None or amount is None:
        return None, None
    return amount, value.currency if _CURRENCY.fullmatch(value.currency or "") else None


def _signers(parties: Iterable[Party]) -> Iterator[str]:
    for party in parties:
        for person in party.everybody:
            if person.signatory is not True:
                continue
            name, of = _words(person.name) or "Somebody", _words(party.name)
            whose = f", {of}" if of and of != name else ""
            yield f"{name}{whose}: {_HOW_FAR.get(person.sign_state or '', 'not signed yet')}"


def _words(told: object) -> str:
    return " ".join(told.split()) if isinstance(told, str) else ""


def _instant(told: object) -> str | None:
    moment = known_instant(told)
    return instant_text(moment) if moment else None


def _day(told: str | None) -> str | None:
    """The day as it is written: a day that went through an instant could become another."""
    found = _DAY.match(told or "")
    return found[0] if found else None


def _amount(told: str | None) -> str | None:
    """None where it is none that the column takes: nothing is rounded."""
    try:
        amount = Decimal(told or "")
        fits = amount.is_finite() and abs(amount) <= _MOST and amount == amount.quantize(_CENT)
    except InvalidOperation:
        return None
    return f"{amount.quantize(_CENT):f}" if fits else None
