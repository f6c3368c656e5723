"""What is known of who changed a field, for a person who looks at a plan. Only what was read or stored; never a guess.

Dynamics tells who changed a record last, not who changed a column; Oneflow tells when a field changed, not who did it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sync_core.engine.deciding.plan import Step
from sync_core.engine.model.history import OUR_WRITES, HistoryEntry
from sync_core.engine.model.records import Record
from sync_core.engine.model.words import Side


@dataclass(frozen=True, slots=True)
class OurWrite:
    """A write of this app: in which contract's history, when, why, by whom, and the exact value."""

    contract_id: int
    at: str
    cause: str
    who: str
    side: Side
    after: str | None

    def to_json(self) -> dict[str, Any]:
        return {
            "contract_id": self.contract_id,
            "at": self.at,
            "cause": self.cause,
            "who": self.who,
            "side": str(self.side),
        }


def last_writes(entries: Iterable[HistoryEntry]) -> Mapping[str, OurWrite]:
    """Our last write of each field, by its column, of a history that is told newest first."""
    found: dict[str, OurWrite] = {}
    for entry in entries:
        for line in entry.fields:
            if line.kind in OUR_WRITES and line.side is not None:
                write = OurWrite(entry.contract_id, entry.at, entry.cause, entry.who, line.side, line.after)
                found.setdefault(line.dynamics_column or "", write)
    return found


def known_of(
    step: Step, record: Record, ours: Mapping[str, OurWrite], others: Iterable[Mapping[str, OurWrite]]
) -> dict[str, Any]:
    """Of one field. `others`: the last writes of the record's other contracts.

    `oneflow_changed`, `dynamics_changed`: since the field was last settled, null where it never was. The value "came
    from another contract" if our last write there put into the column exactly what it holds now.
    """
    column = step.row.dynamics_column
    mine = ours.get(column)
    return {
        "oneflow_changed": step.oneflow_changed,
        "dynamics_changed": step.dynamics_changed,
        "oneflow_changed_at": step.updated_time,
        "record_modified_at": record.modified_on,
        "record_modified_by": record.modified_by,
        "our_last_write": mine.to_json() if mine else None,
        "from_contract": _from_another(step, others, mine),
    }


def _from_another(step: Step, others: Iterable[Mapping[str, OurWrite]], mine: OurWrite | None) -> dict[str, Any] | None:
    if not step.dynamics_changed:
        return None  # it holds what this contract settled
    written = [one[step.row.dynamics_column] for one in others if step.row.dynamics_column in one]
    into = [one for one in written if one.side is Side.DYNAMICS and one.after == step.dynamics]
    last = max(into, key=lambda one: one.at, default=None)
    if last is None or (mine is not None and mine.side is Side.DYNAMICS and mine.at > last.at):
        return None
    return last.to_json()
