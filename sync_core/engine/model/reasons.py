"""Every reason a person may read, in one place, so that pages can translate them by code."""

from __future__ import annotations

from collections.abc import Mapping

from sync_core.engine.model.base import Unagreed, WhyOpen
from sync_core.engine.model.words import ContractState, Reason, Side
from sync_core.errors import Ground, LockTooShort, RateLimited, Temporary, VendorError

WAITING_FOR_PUSH = Reason("waiting_for_push", "Changed in Dynamics; it waits for a push.")
NOT_YET_AGREED = Reason(
    "not_yet_agreed", "The two sides differ since before this field was synced; push, fetch or keep one side."
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
    "column_changed", "The Dynamics column holds values of another type than it is known to have; check the mapping."
)
DIRECTION_NOT_ALLOWED = Reason(
    "direction_not_allowed", "The column's type no longer allows this direction; check the mapping."
)
SECURED = Reason("secured", "The column is secured, and the right to read it has not been proven for the acting user.")
RELATED_UNREADABLE = Reason(
    "related_unreadable", "The related record was not given out: the acting user may not read it, or it is gone."
)
EMPTY_OVER_FILLED = Reason(
    "empty_over_filled", "Empty does not overwrite a filled field unless it was emptied since the last sync."
)
CANNOT_BE_EMPTY = Reason("cannot_be_empty", "The column cannot be emptied from the contract.")
LAGGING = Reason("lagging", "Oneflow answered with an older state than we have seen; it is looked at again shortly.")
RECORD_READ_ONLY = Reason("record_read_only", "Dynamics holds the record read-only.")
SIGNATURE_GIVEN = Reason(
    "signature_given", "Somebody has signed: pushing would reset the signatures. Confirm to push all the same."
)
ALL_EMPTY = Reason(
    "all_empty",
    "Every mapped field of one side is suddenly empty; nothing is written until a person pushes or fetches.",
)
NOT_CHANGED = Reason("not_changed", "The write was accepted but the value did not change.")
ANSWERED_OTHERWISE = Reason(
    "answered_otherwise",
    "The contract shows another value than the one sent: somebody else's, or Oneflow's form of it; push, fetch or keep "
    "one side.",
)
UNCLEAR = Reason("unclear", "No answer came to the write; it is checked again by itself.")
UNSEEN = Reason(
    "unseen",
    "It was written, and the column is secured since: what it holds now cannot be seen, so nothing is settled.",
)
CAME_LATE = Reason("came_late", "This write of ours came through after we had stopped waiting for its answer.")
LOCK_TOO_SHORT = Reason("lock_too_short", "Too little time was left to write safely; it is tried again.")
MOVED_MEANWHILE = Reason(
    "moved_meanwhile", "The value changed in Oneflow while it was being written; it is looked at again."
)
RECORD_MOVED = Reason(
    "record_moved", "The record was changed in Dynamics while it was being written; it is looked at again."
)
ONEFLOW_AWAY = Reason(
    "oneflow_away", "Oneflow gave no answer, or an error of its own, so this was not written; it is tried again."
)
DYNAMICS_AWAY = Reason(
    "dynamics_away", "Dynamics gave no answer, or an error of its own, so this was not written; it is tried again."
)
ONEFLOW_LIMITS = Reason("oneflow_limits", "Oneflow takes no more requests for a while; it is tried again after it.")
DYNAMICS_LIMITS = Reason("dynamics_limits", "Dynamics takes no more requests for a while; it is tried again after it.")
CHANGED_SINCE = Reason("changed_since", "The field was changed since then, so the old value was not put back.")
NOT_WRITABLE_TODAY = Reason(
    "not_writable_today", "Today's mapping does not let this side of the field be written, so it was left."
)
NO_LONGER_MAPPED = Reason("no_longer_mapped", "The field is no longer mapped to this column, so it was left.")
LEFT_DIFFERENT = Reason("left_different", "The two sides were left different by a person's decision.")
PAUSED = Reason(
    "paused", "Too many automatic writes in a short time: another system seems to fight. A push or fetch goes on."
)

# What labels and options there are stands in Dynamics' definitions; newer ones than those in use may know it.
UNKNOWN = frozenset({"label_unknown", "label_double", "label_unclear", "option_unknown"})

# Refused, by side and by the vendor's ground; the situation's are tried again by themselves.
REFUSALS: Mapping[tuple[Side, Ground], Reason] = {
    (Side.ONEFLOW, Ground.VALUE): Reason("oneflow_refused", "Oneflow does not take this value."),
    (Side.ONEFLOW, Ground.TOO_LONG): Reason("oneflow_too_long", "Oneflow says that this text is too long."),
    (Side.ONEFLOW, Ground.OUT_OF_RANGE): Reason("oneflow_out_of_range", "Oneflow says that this is out of range."),
    (Side.ONEFLOW, Ground.KEY_TAKEN): Reason("oneflow_key_taken", "Oneflow says that this is taken already."),
    (Side.ONEFLOW, Ground.PRIVILEGE): Reason(
        "oneflow_forbids", "Oneflow does not let the acting user change this contract."
    ),
    (Side.ONEFLOW, Ground.SECURED): Reason("oneflow_secured", "Oneflow protects this field."),
    (Side.ONEFLOW, Ground.PAYMENT): Reason(
        "oneflow_payment", "Oneflow asks for another plan or a payment before it takes this."
    ),
    (Side.ONEFLOW, Ground.STATE): Reason(
        "oneflow_conflict", "Oneflow says that the contract's state does not allow this now."
    ),
    (Side.ONEFLOW, Ground.RULE): Reason("oneflow_rule", "A rule in Oneflow does not allow this now."),
    (Side.ONEFLOW, Ground.GONE): Reason("oneflow_gone", "Oneflow has no such contract or data field any more."),
    (Side.ONEFLOW, Ground.UNEXPECTED): Reason(
        "oneflow_unexpected", "Oneflow refused this with an error that we do not know."
    ),
    (Side.DYNAMICS, Ground.VALUE): Reason("dynamics_refused", "Dynamics does not take this value."),
    (Side.DYNAMICS, Ground.TOO_LONG): Reason("dynamics_too_long", "Dynamics says that this text is too long."),
    (Side.DYNAMICS, Ground.OUT_OF_RANGE): Reason("dynamics_out_of_range", "Dynamics says that this is out of range."),
    (Side.DYNAMICS, Ground.KEY_TAKEN): Reason(
        "dynamics_key_taken", "Another record in Dynamics has this already, and it must be unique there."
    ),
    (Side.DYNAMICS, Ground.PRIVILEGE): Reason(
        "dynamics_privilege", "A right to write this is missing in Dynamics{said}; it is tried again."
    ),
    (Side.DYNAMICS, Ground.SECURED): Reason(
        "dynamics_secured",
        "The column is secured in Dynamics, and the right to it is missing; it is tried again.",
    ),
    (Side.DYNAMICS, Ground.PAYMENT): Reason(
        "dynamics_payment", "Dynamics asks for a licence before it takes this; it is tried again."
    ),
    (Side.DYNAMICS, Ground.STATE): Reason(
        "dynamics_conflict", "Dynamics says that the record's state does not allow this now; it is tried again."
    ),
    (Side.DYNAMICS, Ground.RULE): Reason(
        "dynamics_rule", "A rule or plug-in in Dynamics does not allow this now{said}; it is tried again."
    ),
    (Side.DYNAMICS, Ground.GONE): Reason(
        "dynamics_gone", "Dynamics has no such record, or none that this would point at; it is looked at again."
    ),
    (Side.DYNAMICS, Ground.UNEXPECTED): Reason(
        "dynamics_unexpected", "Dynamics refused this with an error that we do not know; it is tried again."
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
        "The mapping of this field was changed, and the two sides differ since; push, fetch or keep one side.",
    ),
    WhyOpen.FIELD_REPLACED: Reason(
        "not_agreed_field_replaced",
        "The contract has another data field of this name now, and the two sides differ; push, fetch or keep one side.",
    ),
    WhyOpen.ANSWERED_OTHERWISE: ANSWERED_OTHERWISE,
    WhyOpen.UNSURE: Reason(
        "not_agreed_unsure",
        "A write was interrupted and its result could not be seen, and the two sides differ; push, fetch or keep one "
        "side.",
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
