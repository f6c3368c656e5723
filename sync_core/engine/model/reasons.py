"""Every reason a person may read, in one place, so that pages can translate them by code."""

from __future__ import annotations

from collections.abc import Mapping

from sync_core.engine.model.base import Unagreed, WhyOpen
from sync_core.engine.model.words import ContractState, Reason

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
CHANGED_SINCE = Reason("changed_since", "The field was changed since then, so the old value was not put back.")
NOT_WRITABLE_TODAY = Reason(
    "not_writable_today", "Today's mapping does not let this side of the field be written, so it was left."
)
NO_LONGER_MAPPED = Reason("no_longer_mapped", "The field is no longer mapped to this column, so it was left.")
LEFT_DIFFERENT = Reason("left_different", "The two sides were left different by a person's decision.")
PAUSED = Reason(
    "paused", "Too many automatic writes in a short time: another system seems to fight. A push or fetch goes on."
)

# A write that was not sent, or surely not done: it is tried again by itself.
NOT_DONE = frozenset({"not_done", LOCK_TOO_SHORT.code, MOVED_MEANWHILE.code})


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


def not_done(text: str) -> Reason:
    """Why a write surely was not done for now."""
    return Reason("not_done", text)


def state_forbids(state: ContractState) -> Reason:
    """Why a contract in `state` is never written."""
    return Reason(f"contract_{state}", f"The contract is {state}; its fields can no longer be changed.")


def refused(text: str) -> Reason:
    """What a vendor said when it refused a write for good."""
    return Reason("refused", text)
