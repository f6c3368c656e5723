"""What is told of a contract that could not be done, or of what holds a whole run up: with a code, so that pages say it
in the reader's language."""

from __future__ import annotations

from sync_core.engine.model.words import Reason
from sync_core.errors import ConnectionBroken, Gone, NotAllowed, SyncError, Temporary, VendorError

MOVED = Reason("switch_moved", "it changed since the plan, or is settled")
NOT_DONE = Reason("switch_not_done", "it was not done")
_AWAY = {
    "oneflow": Reason("switch_oneflow_away", "Oneflow did not answer, or with an error of its own."),
    "dynamics": Reason("switch_dynamics_away", "Dynamics did not answer, or with an error of its own."),
    "storage": Reason("switch_storage_away", "The storage did not answer, or with an error of its own."),
}
_REFUSES = {
    "oneflow": Reason("switch_oneflow_refuses", "Oneflow refuses this installation; Health says why."),
    "dynamics": Reason("switch_dynamics_refuses", "Dynamics refuses this installation; Health says why."),
}
_GONE = {
    "oneflow": Reason("switch_contract_gone", "the contract no longer exists"),
    "dynamics": Reason("switch_record_gone", "the record no longer exists"),
}
_FORBIDDEN = {
    "oneflow": Reason("switch_contract_forbidden", "the contract may not be read, or not be written"),
    "dynamics": Reason("switch_record_forbidden", "the record may not be read, or not be written"),
}
ALL = (MOVED, NOT_DONE, *_AWAY.values(), *_REFUSES.values(), *_GONE.values(), *_FORBIDDEN.values())


def told(error: SyncError) -> Reason:
    """In words of ours where they say enough, else in the error's own."""
    side = error.side if isinstance(error, VendorError) else ""
    for kind, known in (
        (Temporary, _AWAY),
        (ConnectionBroken, _REFUSES),
        (Gone, _GONE),
        (NotAllowed, _FORBIDDEN),
    ):
        if isinstance(error, kind) and side in known:
            return known[side]
    return Reason("", str(error))
