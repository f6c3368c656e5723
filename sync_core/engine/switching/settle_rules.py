"""What an administrator's rule makes of a field that is not yet agreed."""

from __future__ import annotations

from sync_core.engine.deciding.overwriting import oneflow_forbidden
from sync_core.engine.deciding.second_thoughts import Dispute
from sync_core.engine.deciding.verdict import Keep
from sync_core.engine.deciding.view import Scene
from sync_core.engine.switching.rules import SettleWay

_KEEPS = {SettleWay.KEEP_ONEFLOW: Keep.ONEFLOW, SettleWay.KEEP_DYNAMICS: Keep.DYNAMICS}


def kept_side(scene: Scene, way: SettleWay, dispute: Dispute) -> tuple[Keep | None, str]:
    """The side to keep, or none and why. No keep that is known to be refused, nor one that resets a signature."""
    match way:
        case SettleWay.LEAVE:
            return None, "the rule leaves it"
        case SettleWay.FILL_EMPTY:
            _, field, cell = dispute.seen.sure
            if field.value != "" and cell.value is not None:
                return None, "both sides are filled"
            keep = Keep.DYNAMICS if field.value == "" else Keep.ONEFLOW
        case _:
            keep = _KEEPS[way]
    if keep not in dispute.verdict.answers:
        return None, _why_not(keep, dispute)
    if keep is Keep.DYNAMICS and (forbidden := oneflow_forbidden(scene)):
        return None, forbidden.text
    return keep, ""


def _why_not(keep: Keep, dispute: Dispute) -> str:
    differences = dispute.verdict.differences
    step = differences and (differences.in_oneflow if keep is Keep.DYNAMICS else differences.in_dynamics)
    if step and not step.writes and step.reason:
        return step.reason.text
    return "the contract or the record may not be written as it stands"
