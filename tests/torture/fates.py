"""What became of one edit: every one has a fate, and none of them is "lost"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sync_core.engine.model.history import HistoryEntry, HistoryLine
from sync_core.engine.model.words import Action
from tests.torture.truth import Edit, number_of

if TYPE_CHECKING:
    from tests.torture.claims import Claims
    from tests.torture.world import World


def fate_of(world: World, claims: Claims, edit: Edit) -> str | None:
    """None: nobody can tell."""
    shown = _shown(world, edit)
    if shown is None:
        return "deleted with its contract or record"
    if shown == edit.number:
        return _still_there(world, claims, edit)
    replaced = any(
        one.side == edit.side and one.key in _keys(edit) and number_of(one.before) == edit.number
        for one in world.truth.overwrites
    )
    if replaced:
        return "in the history as overwritten"  # that it is there, Claims asks of every write
    later = any(
        (one.side, one.where, one.key) == (edit.side, edit.where, edit.key) and one.number > edit.number
        for one in world.truth.edits.values()
    )
    cleared = (edit.side, edit.where, edit.key) in world.truth.cleared
    return "superseded by a later edit" if later or cleared else None


def _still_there(world: World, claims: Claims, edit: Edit) -> str | None:
    if edit.side == "oneflow":
        contract_id = int(edit.where)
        if world.store.partition(contract_id).link is None:
            return "not linked (any more)"
        return _named(claims.why(contract_id, edit.key))
    links = [one for one, row in world.store.partitions.items() if row.link and row.link.record_id == edit.where]
    fates = [_named(claims.why(contract_id, edit.key)) for contract_id in links]
    if None in fates:
        return None
    return min((fate for fate in fates if fate), default="not linked (any more)")


def _named(why: str | None) -> str | None:
    return "applied" if why == "agreed" else why


def _shown(world: World, edit: Edit) -> int | None:
    """The number of what is shown there now; None where there is no such thing any more."""
    if edit.side == "oneflow":
        contract = world.account.state.contracts.get(int(edit.where))
        field = contract and next((one for one in contract.fields if one.custom_id.casefold() == edit.key), None)
        return number_of(field.value) if field else None
    row = world.dataverse.rows["opportunity"].get(str(edit.where))
    value = row.values.get(edit.key) if row else None
    return None if row is None else number_of(str(value)) if value is not None else 0


def _keys(edit: Edit) -> tuple[str, ...]:
    from tests.torture.mapping import KEY_OF

    return (edit.key, KEY_OF.get(edit.key, edit.key))


def last_settled_by(entries: Sequence[HistoryEntry], key: str) -> str | None:
    """The action that moved the field's halves last; where that is a late write of an undo, the undo."""
    undone, last = set(), None
    for entry in entries:
        lines = [line for line in entry.fields if key_of(line) == key]
        if entry.action == Action.UNDO:
            undone |= {line.after for line in lines if line.kind == "unclear"}
        late = {line.after for line in lines if line.kind == "late"}
        if any(halves_of(line.base_after) != halves_of(line.base_before) for line in lines):
            last = Action.UNDO if late & undone else entry.action
    return last


def key_of(line: HistoryLine) -> str:
    """The data field that a line of the history is about."""
    return (line.key or line.oneflow_field or "").casefold()


def halves_of(base: Any) -> Any:
    return (base["o"], base["d"], base["agreed"]) if base and "o" in base else None
