"""What became of a message of Dynamics, for whoever asked: put on the queue by the work's end, and worded when told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sync_core.engine.model import reasons
from sync_core.engine.model.asked import Became
from sync_core.engine.model.instants import instant_text
from sync_core.engine.model.jobs import MessageJob, OutcomeJob, contract_of_job
from sync_core.engine.model.words import Action, Outcome, Result, Side
from sync_core.engine.values.canonical import shortened
from sync_core.errors import SyncError, Temporary

ACTIONS: Mapping[str, Action] = {
    "ofs_PushUpdates": Action.PUSH, "ofs_FetchUpdates": Action.FETCH, "ofs_CreateContract": Action.CREATE,
}  # fmt: skip
TOLD = frozenset({Became.BLOCKED, Became.FAILED})  # to whoever asked, and to the record's owner
_BECAME: Mapping[str, Became] = {
    Outcome.SYNCED: Became.DONE, Outcome.UNCHANGED: Became.NOTHING, Outcome.PARTIAL: Became.PARTLY,
    Outcome.BLOCKED: Became.BLOCKED, Outcome.CONFLICT: Became.CONFLICT,
}  # fmt: skip
_FIELDS, _LONGEST, _REASON = 20, 100, 600  # names of fields that are told, and characters of one; of a reason


def outcomes_of(job: MessageJob, result: Mapping[str, Any]) -> Iterator[OutcomeJob]:
    """By what the action answered: one for each contract that it was about."""
    for one in result.get("results", (result,)):
        # A push of all contracts of a record answers for each, also where it was refused.
        became = Became.FAILED if "error" in one else _BECAME.get(str(one.get("outcome")), Became.FAILED)
        fields = one.get("fields") or ()
        written = [field for field in fields if field.get("result") == Result.WRITTEN]
        left = [field for field in fields if field.get("result") not in (Result.WRITTEN, Result.UNCHANGED)]
        yield replace(
            _outcome(job, became, str(one.get("reason") or "")),
            contract_id=one.get("contract_id"), written=_names(written), left=_names(left),
        )  # fmt: skip


def given_up(job: MessageJob, cause: str, reason: str) -> OutcomeJob:
    if cause == "temporary":
        reason = f"No answer came for three days ({reason}). Ask again."
    return _outcome(job, Became.FAILED, reason)


def waits(job: MessageJob, error: SyncError) -> OutcomeJob:
    """It is tried again by itself."""
    reason = str(error)
    if isinstance(error, Temporary) and error.side in tuple(Side):
        reason = reasons.not_sent(Side(error.side), error).text
    return _outcome(job, Became.WAITING, reason)


def _outcome(job: MessageJob, became: Became, reason: str) -> OutcomeJob:
    asked_at = instant_text(job.first_put_at) if job.first_put_at else ""
    return OutcomeJob(
        job.operation_id or f"{job.entity}/{job.record_id}/{asked_at}",
        job.message, str(became), asked_at, job.entity, job.record_id,
        contract_id=contract_of_job(job),
        reason=shortened(reason, _REASON),
        name=shortened(str(job.parameters.get("Name") or ""), _LONGEST),
        user=job.user,
        user_id=job.user_id,
    )  # fmt: skip


def _names(fields: list[Mapping[str, Any]]) -> tuple[str, ...]:
    names = [str(one.get("dynamics_label") or one.get("dynamics_column") or "") for one in fields]
    return tuple(shortened(name, _LONGEST) for name in names if name)[:_FIELDS]


def worded(job: OutcomeJob, who: str | None, swedish: bool) -> str:
    """What became of it, in a sentence or two."""
    words = _WORDS[swedish]
    became = Became(job.became)
    if became is Became.FAILED:
        # The reason speaks to whoever asked, and others read it too.
        return words["failed_for" if who else "failed"].format(who=who, reason=job.reason)
    if became is Became.WAITING:
        return words["waits"].format(reason=job.reason)
    told = []
    if job.reason:
        told.append(job.reason)
    if job.written:
        told.append(words["written"].format(names=", ".join(job.written)))
    if job.left:
        told.append(words[became if became is Became.CONFLICT else "left"].format(names=", ".join(job.left)))
    return " ".join(told) or words[became if became in words else Became.DONE]


def headed(job: OutcomeJob, name: str, swedish: bool) -> str:
    """A title for whoever is told that it was not done."""
    title = _TITLES[swedish][ACTIONS.get(job.asked, Action.PUSH)]
    return f"{name}: {title}" if name else title[:1].upper() + title[1:]


_WORDS: Mapping[bool, Mapping[str, str]] = {
    False: {
        "failed_for": "Not done for {who}: “{reason}”",
        "failed": "Not done: “{reason}”",
        "waits": "{reason} It is tried again by itself, for up to three days.",
        "written": "Written: {names}.",
        "left": "Not written: {names}. The widget says why.",
        Became.CONFLICT: "Changed on both sides: {names}. Keep one in the widget.",
        Became.DONE: "Everything was written.",
        Became.NOTHING: "There was nothing to write: both sides agree.",
        Became.BLOCKED: "The contract or the record cannot be changed now.",
    },
    True: {
        "failed_for": "Gjordes inte för {who}: ”{reason}”",
        "failed": "Gjordes inte: ”{reason}”",
        "waits": "{reason} Ett nytt försök görs av sig självt, i upp till tre dagar.",
        "written": "Skrevs: {names}.",
        "left": "Skrevs inte: {names}. Widgeten säger varför.",
        Became.CONFLICT: "Ändrat på båda sidor: {names}. Behåll en i widgeten.",
        Became.DONE: "Allt skrevs.",
        Became.NOTHING: "Det fanns inget att skriva: båda sidor är överens.",
        Became.BLOCKED: "Avtalet eller posten kan inte ändras just nu.",
    },
}
_TITLES: Mapping[bool, Mapping[Action, str]] = {
    False: {
        Action.PUSH: "nothing was pushed to Oneflow",
        Action.FETCH: "nothing was fetched from Oneflow",
        Action.CREATE: "the contract was not created",
    },
    True: {
        Action.PUSH: "inget skickades till Oneflow",
        Action.FETCH: "inget hämtades från Oneflow",
        Action.CREATE: "avtalet skapades inte",
    },
}
