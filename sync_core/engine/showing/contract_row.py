"""What the row of a contract in Dynamics shows: made from its link alone, and never read back as truth."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields

from sync_core.engine.model.asked import Became, LastRequest
from sync_core.engine.model.contracts import ContractFacts
from sync_core.engine.model.history import OUR_WRITES, HistoryEntry, HistoryLine, LineKind
from sync_core.engine.model.instants import instant_text
from sync_core.engine.model.link import LastChange, Link
from sync_core.engine.model.words import Action, ContractState, Side
from sync_core.engine.values.canonical import shortened

Shown = str | int | None

# Characters that each text's column takes.
LONGEST: Mapping[str, int] = {
    "name": 300, "link_reason": 400, "currency": 3, "signers": 4000, "last_change_fields": 2000, "last_change_by": 200,
    "outcome": 1000, "outcome_by": 200,
}  # fmt: skip
STATES = ("draft", "pending", "overdue", "signed", "declined", "deleted")
LINK_STATUSES = ("active", "broken", "paused", "ended")
SYNC_STATES = ("in_step", "waiting_for_push", "not_agreed", "conflict", "refused", "broken", "paused")
SIDES = ("dynamics", "oneflow")
REQUESTS = (Action.PUSH, Action.FETCH, Action.CREATE)
OUTCOMES = tuple(Became)
# Of a link that has ended: what its sync would have waited for is over; all else stays as it was.
ENDED: Mapping[str, Shown] = {
    "link_status": "ended", "link_reason": None, "sync_state": None, "waiting": 0, "conflicts": 0, "not_agreed": 0,
    "refused": 0,
}  # fmt: skip
_FACTS = tuple(one.name for one in fields(ContractFacts))
_CHANGES = OUR_WRITES | {LineKind.LATE}
_LOOKS = 2  # from which on a contract that is not there counts as deleted


@dataclass(frozen=True, slots=True)
class ContractRow:
    """`values` by the columns' words; a column that is not among them is left as it is, as are a record and an owner
    of None."""

    contract_id: int
    values: Mapping[str, Shown]
    record: tuple[str, str] | None
    owner: str | None

    @property
    def digest(self) -> str:
        text = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def row_of(link: Link) -> ContractRow:
    """Where a side is gone or closed to us, the row goes on pointing where it did."""
    values: dict[str, Shown] = {
        "name": link.name or f"{link.contract_id}",
        "state": _state(link),
        "sync_state": sync_state(link),
        "link_status": link.status,
        "link_reason": link.reason,
        "waiting": link.waiting_for_push,
        "conflicts": link.conflicts,
        "not_agreed": link.not_agreed,
        "refused": link.refused,
        "last_synced_on": instant_text(link.last_synced_at) if link.last_synced_at else None,
    }
    values |= _changed(link.last_change)
    if link.last_request is not None:
        values |= _asked(link.last_request)
    if link.facts is not None:
        values |= {name: getattr(link.facts, name) for name in _FACTS}
    shown = {name: _fitting(name, value) for name, value in values.items()}
    broken = link.status == "broken"
    return ContractRow(link.contract_id, shown, None if broken else link.record, None if broken else link.owner)


def _changed(change: LastChange | None) -> dict[str, Shown]:
    at, side, names, who = (change.at, change.side, change.fields, change.who) if change else (None,) * 4
    return {"last_change_on": at, "last_change_side": side, "last_change_fields": names, "last_change_by": who}


def _fitting(name: str, value: Shown) -> Shown:
    longest = LONGEST.get(name)
    return shortened(value, longest) if longest is not None and isinstance(value, str) else value


def _asked(request: LastRequest) -> dict[str, Shown]:
    return {
        "outcome": request.text,
        "outcome_result": request.became if request.became in OUTCOMES else None,
        "outcome_request": request.action if request.action in REQUESTS else None,
        "outcome_on": request.at,
        "outcome_by": request.who,
    }


def sync_state(link: Link) -> str:
    """What the link waits for, the gravest first. A field that waits for a push of a contract which nothing can be
    pushed to any more is one that the sides do not agree on."""
    if link.status in ("broken", "paused"):
        return link.status
    if link.conflicts:
        return "conflict"
    closed = not ContractState(link.state).writable
    if link.not_agreed or (closed and link.waiting_for_push):
        return "not_agreed"
    if link.refused:
        return "refused"
    return "waiting_for_push" if link.waiting_for_push else "in_step"


def _state(link: Link) -> str | None:
    """None where Oneflow says a word that the column has no option for."""
    if link.status == "broken" and link.gone_looks >= _LOOKS:
        return "deleted"
    return link.state if link.state in STATES else None


def last_change(
    entries: Iterable[HistoryEntry], known: LastChange | None, modified_by: str | None
) -> LastChange | None:
    """By what these entries wrote; `known` where they wrote nothing. `modified_by`: who changed the record last."""
    for entry in reversed(list(entries)):
        written = [line for line in entry.fields if line.kind in _CHANGES and line.side is not None]
        if written:
            return _change(entry, written, modified_by)
    return known


def _change(entry: HistoryEntry, written: Sequence[HistoryLine], modified_by: str | None) -> LastChange:
    """What a write brought to one side was changed on the other. Of a sync that wrote both: where more came from."""
    from_oneflow = [line for line in written if line.side is Side.DYNAMICS]
    from_dynamics = [line for line in written if line.side is Side.ONEFLOW]
    of_oneflow = len(from_oneflow) >= len(from_dynamics)
    lines, side = (from_oneflow, Side.ONEFLOW) if of_oneflow else (from_dynamics, Side.DYNAMICS)
    names = dict.fromkeys(_name(line) for line in lines)
    who: str | None = entry.who
    if who == "application":
        who = modified_by if side is Side.DYNAMICS else None  # Oneflow does not tell who changed a field
    return LastChange(entry.at, str(side), ", ".join(name for name in names if name), who)


def _name(line: HistoryLine) -> str:
    return line.dynamics_label or line.dynamics_column or line.oneflow_label or ""
