"""Every reason a person may read, in one place, so that pages can translate them by code."""

from __future__ import annotations

from collections.abc import Mapping

from sync_core.engine.model.base import Unagreed, WhyOpen
from sync_core.engine.model.words import ContractState, Reason, Side
from sync_core.errors import Ground, LockTooShort, RateLimited, Temporary, VendorError

WAITING_FOR_PUSH = Reason("waiting_for_push", "Changed in Dynamics; it waits for a push.")
NOT_YET_AGREED = Reason(
    "not_yet_agreed",
    "The two sides have differed since before this field was first synced; push, fetch or keep one side.",
)
CONFLICT = Reason("conflict", "Changed on both sides since the last sync.")
ONEFLOW_WON = Reason("conflict_oneflow_wins", "Changed on both sides; the conflict policy lets Oneflow win.")
DYNAMICS_WON = Reason("conflict_dynamics_wins", "Changed on both sides; the conflict policy lets Dynamics win.")
DYNAMICS_WON_WAITS = Reason(
    "conflict_dynamics_wins_waits",
    "Changed on both sides; the conflict policy keeps Dynamics, whose value waits for a push.",
)
CONFLICT_OVER = Reason("conflict_over", "The conflict is over: a later edit settled or changed it.")
NOT_IN_CONTRACT = Reason("not_in_contract", "The contract has no such data field; check the template's data fields.")
NOT_IN_TEMPLATE = Reason("not_in_template", "The template has no such data field, so it was not sent.")
FIELD_UNKNOWN = Reason(
    "field_unknown", "Oneflow returned data fields without their custom id, so this one could not be told apart."
)
COLUMN_GONE = Reason("column_gone", "The Dynamics column no longer exists or cannot be read; check the mapping.")
COLUMN_CHANGED = Reason(
    "column_changed", "The Dynamics column holds values of another type than expected; check the mapping."
)
DIRECTION_NOT_ALLOWED = Reason(
    "direction_not_allowed", "The column's type no longer allows this direction; check the mapping."
)
SECURED = Reason("secured", "The column is secured, and nothing has shown yet that the acting user may read it.")
RELATED_UNREADABLE = Reason(
    "related_unreadable", "The related record could not be read: the acting user may not read it, or it is gone."
)
EMPTY_OVER_FILLED = Reason(
    "empty_over_filled", "An empty value does not overwrite a filled one unless it was emptied since the last sync."
)
CANNOT_BE_EMPTY = Reason("cannot_be_empty", "The column cannot be emptied from the contract.")
LAGGING = Reason("lagging", "Oneflow returned an older state than one already seen; the sync looks again shortly.")
RECORD_READ_ONLY = Reason("record_read_only", "The record is read-only in Dynamics.")
SIGNATURE_GIVEN = Reason(
    "signature_given", "Somebody has signed: a push would reset the signatures. Confirm to push anyway."
)
ALL_EMPTY = Reason(
    "all_empty",
    "Every mapped field on one side is suddenly empty; nothing is written until somebody pushes or fetches.",
)
NOT_CHANGED = Reason("not_changed", "The write was accepted but the value did not change.")
ANSWERED_OTHERWISE = Reason(
    "answered_otherwise",
    "The contract shows a value other than the one sent: somebody else's, or Oneflow's "
    "own form of it; push, fetch or keep one side.",
)
UNCLEAR = Reason("unclear", "The write got no answer; the sync checks what became of it.")
UNSEEN = Reason(
    "unseen",
    "The value was written, but the column has been secured since: what it holds "
    "now cannot be seen, so nothing is settled.",
)
CAME_LATE = Reason("came_late", "This write arrived after the sync had stopped waiting for its answer.")
LOCK_TOO_SHORT = Reason("lock_too_short", "Too little time was left to write safely; it will be retried.")
MOVED_MEANWHILE = Reason("moved_meanwhile", "The value changed in Oneflow before the write; it will be retried.")
RECORD_MOVED = Reason("record_moved", "The record changed in Dynamics before the write; it will be retried.")
ONEFLOW_AWAY = Reason("oneflow_away", "Oneflow did not answer, or failed, so this was not written; it will be retried.")
DYNAMICS_AWAY = Reason(
    "dynamics_away", "Dynamics did not answer, or failed, so this was not written; it will be retried."
)
ONEFLOW_LIMITS = Reason("oneflow_limits", "Oneflow accepts no more requests for now; this will be retried.")
DYNAMICS_LIMITS = Reason("dynamics_limits", "Dynamics accepts no more requests for now; this will be retried.")
CHANGED_SINCE = Reason("changed_since", "The field was changed since then, so the old value was not put back.")
NOT_WRITABLE_TODAY = Reason(
    "not_writable_today",
    "The current mapping does not allow this side of the field to be written, so it was left as it is.",
)
NO_LONGER_MAPPED = Reason("no_longer_mapped", "The field is no longer mapped to this column, so it was left as it is.")
LEFT_DIFFERENT = Reason("left_different", "The two sides were left different by a person's decision.")
PAUSED = Reason("paused", "Paused: another system keeps changing these values. Push or fetch to resume.")

# What labels and options there are stands in Dynamics' definitions; newer ones than those in use may know it.
UNKNOWN = frozenset({"label_unknown", "label_double", "label_unclear", "option_unknown"})

# Refused, by side and by the vendor's ground; the situation's are tried again by themselves.
REFUSALS: Mapping[tuple[Side, Ground], Reason] = {
    (Side.ONEFLOW, Ground.VALUE): Reason("oneflow_refused", "Oneflow does not accept this value."),
    (Side.ONEFLOW, Ground.TOO_LONG): Reason("oneflow_too_long", "Oneflow says that this text is too long."),
    (Side.ONEFLOW, Ground.OUT_OF_RANGE): Reason("oneflow_out_of_range", "Oneflow says that this is out of range."),
    (Side.ONEFLOW, Ground.KEY_TAKEN): Reason("oneflow_key_taken", "Oneflow says that this value is already taken."),
    (Side.ONEFLOW, Ground.PRIVILEGE): Reason(
        "oneflow_forbids", "Oneflow does not let the acting user change this contract."
    ),
    (Side.ONEFLOW, Ground.SECURED): Reason("oneflow_secured", "Oneflow protects this field."),
    (Side.ONEFLOW, Ground.PAYMENT): Reason(
        "oneflow_payment", "Oneflow asks for another plan or a payment before it accepts this."
    ),
    (Side.ONEFLOW, Ground.STATE): Reason(
        "oneflow_conflict", "Oneflow says that the contract's state does not allow this now."
    ),
    (Side.ONEFLOW, Ground.RULE): Reason("oneflow_rule", "A rule in Oneflow does not allow this now."),
    (Side.ONEFLOW, Ground.GONE): Reason("oneflow_gone", "Oneflow no longer has this contract or data field."),
    (Side.ONEFLOW, Ground.UNEXPECTED): Reason(
        "oneflow_unexpected", "Oneflow refused this with an error that is not known here."
    ),
    (Side.DYNAMICS, Ground.VALUE): Reason("dynamics_refused", "Dynamics does not accept this value."),
    (Side.DYNAMICS, Ground.TOO_LONG): Reason("dynamics_too_long", "Dynamics says that this text is too long."),
    (Side.DYNAMICS, Ground.OUT_OF_RANGE): Reason("dynamics_out_of_range", "Dynamics says that this is out of range."),
    (Side.DYNAMICS, Ground.KEY_TAKEN): Reason(
        "dynamics_key_taken", "Another record in Dynamics already has this value, and it must be unique there."
    ),
    (Side.DYNAMICS, Ground.PRIVILEGE): Reason(
        "dynamics_privilege", "A privilege to write this is missing in Dynamics{said}; it will be retried."
    ),
    (Side.DYNAMICS, Ground.SECURED): Reason(
        "dynamics_secured",
        "The column is secured in Dynamics, and the right to write it is missing; it will be retried.",
    ),
    (Side.DYNAMICS, Ground.PAYMENT): Reason(
        "dynamics_payment", "Dynamics asks for a licence before it accepts this; it will be retried."
    ),
    (Side.DYNAMICS, Ground.STATE): Reason(
        "dynamics_conflict", "Dynamics says that the record's state does not allow this now; it will be retried."
    ),
    (Side.DYNAMICS, Ground.RULE): Reason(
        "dynamics_rule", "A rule or plug-in in Dynamics does not allow this now{said}; it will be retried."
    ),
    (Side.DYNAMICS, Ground.GONE): Reason(
        "dynamics_gone", "Dynamics has no such record, or none that this could point at; it will be retried."
    ),
    (Side.DYNAMICS, Ground.UNEXPECTED): Reason(
        "dynamics_unexpected", "Dynamics refused this with an error that is not known here; it will be retried."
    ),
}


_NOT_AGREED: Mapping[WhyOpen, Reason] = {
    WhyOpen.LINKED: Reason(
        "not_agreed_linked", "The two sides differed when the contract was linked; push, fetch or keep one side."
    ),
    WhyOpen.MOVED: Reason(
        "not_agreed_moved",
        "The two sides differed when the contract was moved to this record; push, fetch or keep one side.",
    ),
    WhyOpen.MAPPING_CHANGED: Reason(
        "not_agreed_mapping_changed",
        "The mapping of this field was changed, and the two sides have differed since; push, fetch or keep one side.",
    ),
    WhyOpen.FIELD_REPLACED: Reason(
        "not_agreed_field_replaced",
        "The contract has another data field of this name now, and the two sides differ; push, fetch or keep one side.",
    ),
    WhyOpen.ANSWERED_OTHERWISE: ANSWERED_OTHERWISE,
    WhyOpen.UNSURE: Reason(
        "not_agreed_unsure",
        "A write was interrupted, its result could not be seen, and the two sides "
        "differ; push, fetch or keep one side.",
    ),
}


def not_agreed(unagreed: Unagreed | None) -> Reason:
    """Why a field is not yet agreed; NOT_YET_AGREED where nobody knows."""
    return _NOT_AGREED.get(unagreed.why, NOT_YET_AGREED) if unagreed else NOT_YET_AGREED


def refusal(side: Side, error: VendorError) -> Reason:
    """Why a vendor refused a write; with the right that is missing, or what a rule says to people."""
    known = REFUSALS[side, error.ground]
    said = error.missing or error.said
    return Reason(known.code, known.text.replace("{said}", f": “{said}”" if said else ""))


def said_in(text: str) -> str:
    """What stands in a refusal's text in the vendor's own words; "" where nothing does."""
    return text.partition(": “")[2].rpartition("”")[0]


def not_sent(side: Side, error: Temporary) -> Reason:
    """Why a write surely was not done for now."""
    if isinstance(error, LockTooShort):
        return LOCK_TOO_SHORT
    limits, away = (ONEFLOW_LIMITS, ONEFLOW_AWAY) if side is Side.ONEFLOW else (DYNAMICS_LIMITS, DYNAMICS_AWAY)
    return limits if isinstance(error, RateLimited) else away


def state_forbids(state: ContractState) -> Reason:
    """Why a contract in `state` is never written."""
    if state is ContractState.UNKNOWN:
        return Reason(
            "contract_unknown", "The contract's state in Oneflow is unknown to this sync; its fields are only read."
        )
    return Reason(f"contract_{state}", f"The contract is {state}; its fields can no longer be changed.")


# A write that was not sent, or surely not done: it is tried again by itself. ("not_done": of history of before.)
NOT_DONE = frozenset(
    {"not_done", SIGNATURE_GIVEN.code}
    | {one.code for one in (LOCK_TOO_SHORT, MOVED_MEANWHILE, RECORD_MOVED, ONEFLOW_AWAY, DYNAMICS_AWAY)}
    | {one.code for one in (ONEFLOW_LIMITS, DYNAMICS_LIMITS)}
    | {state_forbids(state).code for state in ContractState if not state.writable}
)
