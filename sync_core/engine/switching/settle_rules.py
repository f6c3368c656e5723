"""What an administrator's rule makes of a field that is not yet agreed."""

from __future__ import annotations

from sync_core.engine.deciding.overwriting import oneflow_forbidden
from sync_core.engine.deciding.second_thoughts import Dispute
from sync_core.engine.deciding.verdict import Keep
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model.words import Reason
from sync_core.engine.switching.rules import SettleWay

_LEAVES = Reason("settle_leaves", "the rule leaves it")
_FILLED = Reason("settle_filled", "both sides are filled")
_FORBIDDEN = Reason("settle_forbidden", "the contract or the record may not be written as it stands")
_KEEPS = {SettleWay.KEEP_ONEFLOW: Keep.ONEFLOW, SettleWay.KEEP_DYNAMICS: Keep.DYNAMICS}


def kept_side(scene: Scene, way: SettleWay, dispute: Dispute) -> tuple[Keep | None, Reason | None]:
    """The side to keep, or none and why. No keep that is known to be refused, nor one that resets a signature."""
    match way:
        case SettleWay.LEAVE:
            return None, _LEAVES
        case SettleWay.FILL_EMPTY:
            _, field, cell = dispute.seen.sure
            if field.value != "" and cell.value is not None:
                return None, _FILLED
            keep = Keep.DYNAMICS if field.value == "" else Keep.ONEFLOW
        case _:
            keep = _KEEPS[way]
    if keep not in dispute.verdict.answers:
        return None, _why_not(keep, dispute)
    if keep is Keep.DYNAMICS and (forbidden := oneflow_forbidden(scene)):
        return None, forbidden
    return keep, None


def _why_not(keep: Keep, dispute: Dispute) -> Reason:
    differences = dispute.verdict.differences
    step = differences and (differences.in_oneflow if keep is Keep.DYNAMICS else differences.in_dynamics)
    if step and not step.writes and step.reason:
        return step.reason
    return _FORBIDDEN
