"""What may be asked of the queue: one class for each kind of job, and the text that travels.

A message, or a dead letter's job, is read once, by `job_of` or `parsed_job`; from there on a job is one of these.
Texts that earlier versions wrote stay readable.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, ClassVar, Self

from sync_core.engine.model.contract_id import is_contract_id
from sync_core.engine.model.instants import instant_text, known_instant
from sync_core.errors import Unreadable

_INSTANTS = ("first_put_at", "put_at")
_NAMES = ("changed", "written", "left")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What every job carries through its attempts. Times are the queue's own."""

    kind: ClassVar[str] = ""
    leaves_letter: ClassVar[bool] = True  # where it is given up: a person decides what becomes of it

    first_put_at: datetime | None = None  # when it was first asked for
    put_at: datetime | None = None  # what its hint is about: nothing seen before this answers it
    attempts: int = 0  # that failed
    letter: str | None = None  # id of the dead letter that it is a replay of
    correlation_id: str | None = None
    installation: str | None = None  # the stamp of the one that put it

    def taken(self, inserted_at: datetime) -> Self:
        """As it is run: kept through every putting back are how old the job is and what its hint was about."""
        return replace(self, first_put_at=self.first_put_at or inserted_at, put_at=self.put_at or inserted_at)

    def anew(self, letter: str | None = None) -> Self:
        """Without what belonged to the attempts that failed."""
        return replace(self, first_put_at=None, put_at=None, attempts=0, letter=letter)


@dataclass(frozen=True, slots=True)
class SyncJob(Job):
    """Look at one contract and sync it."""

    kind: ClassVar[str] = "sync"

    contract_id: int
    cause: str = "job"
    due: str | None = None  # key of the due row that makes the job anew if it gets lost

    def anew(self, letter: str | None = None) -> Self:
        return replace(super(SyncJob, self).anew(letter), due=None)


@dataclass(frozen=True, slots=True)
class RecordJob(Job):
    """A record changed in Dynamics. `changed`: the columns; None where the event did not tell."""

    kind: ClassVar[str] = "record"

    entity: str
    record_id: str
    message: str = "Update"
    changed: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class EventsJob(Job):
    """Search a contract's events for what a history entry's write overwrote unseen."""

    kind: ClassVar[str] = "events"

    contract_id: int
    entry_id: str
    looks: int = 0  # searches that found the log not complete
    away: int = 0  # searches that found the contract out of reach


@dataclass(frozen=True, slots=True)
class CreationJob(Job):
    """Look how a creation ended."""

    kind: ClassVar[str] = "creation"

    entity: str
    record_id: str
    key: str
    again: bool = False  # one of the early looks, which a later one follows that decides


@dataclass(frozen=True, slots=True)
class MessageJob(Job):
    """Do what a person asked for in Dynamics by a message of ours. `user`: their Entra object id, `user_id` that of
    Dynamics; `operation_id` is one asking's own, however often it is told."""

    kind: ClassVar[str] = "message"

    message: str
    entity: str
    record_id: str
    parameters: Mapping[str, Any]
    operation_id: str | None = None
    user: str | None = None
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class DueLinksJob(Job):
    """Make all links of a table due."""

    kind: ClassVar[str] = "due_links"

    entity: str


@dataclass(frozen=True, slots=True)
class ContractRowJob(Job):
    """Bring a contract's row in Dynamics to what its link shows."""

    kind: ClassVar[str] = "contract_row"
    leaves_letter: ClassVar[bool] = False

    contract_id: int
    shows: str = ""  # the digest that its link has once the sync is closed that put the job; "" for whatever it has
    ended: bool = False  # the link is being ended
    looks: int = 0  # that found the link otherwise


@dataclass(frozen=True, slots=True)
class NewsJob(Job):
    """Tell a record's owner of what its contract's link keeps as news under this id."""

    kind: ClassVar[str] = "news"
    leaves_letter: ClassVar[bool] = False

    contract_id: int
    news: str
    looks: int = 0  # that did not find it


@dataclass(frozen=True, slots=True)
class OutcomeJob(Job):
    """Show what became of a message, on its contract's row and to whoever asked. `request` and `asked_at`: one asking's
    own, as is told of it again; `written`, `left`: names of fields; `contract_id`: None where none is known."""

    kind: ClassVar[str] = "outcome"
    leaves_letter: ClassVar[bool] = False

    request: str
    asked: str
    became: str
    asked_at: str
    entity: str
    record_id: str
    contract_id: int | None = None
    reason: str = ""
    written: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    name: str = ""  # of a contract that was to be created
    user: str | None = None
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentJob(Job):
    """Keep a signed contract's PDF on its row in Dynamics."""

    kind: ClassVar[str] = "document"
    leaves_letter: ClassVar[bool] = False

    contract_id: int
    looks: int = 0  # that found no such document yet


@dataclass(frozen=True, slots=True)
class SecretsJob(Job):
    """Be run, so that the process tells which version of each secret it uses."""

    kind: ClassVar[str] = "secrets"


@dataclass(frozen=True, slots=True)
class SwitchJob(Job):
    """Go on with a plan of switching over, as this turn's next part."""

    kind: ClassVar[str] = "switch"

    plan: str
    turn: str
    part: int = 0


@dataclass(frozen=True, slots=True)
class UnknownJob(Job):
    """Of no kind that this version knows; kept as it came, for the version that does."""

    content: Mapping[str, Any]


_KINDS: Mapping[str, type[Job]] = {
    one.kind: one
    for one in (
        SyncJob,
        RecordJob,
        EventsJob,
        CreationJob,
        MessageJob,
        DueLinksJob,
        ContractRowJob,
        NewsJob,
        OutcomeJob,
        DocumentJob,
        SecretsJob,
        SwitchJob,
    )
}
_TYPES: Mapping[str, type] = {
    "attempts": int, "letter": str, "correlation_id": str, "installation": str, "cause": str, "due": str,
    "entity": str, "record_id": str, "message": str, "entry_id": str, "looks": int, "away": int, "key": str,
    "again": bool, "parameters": dict, "operation_id": str, "user": str, "user_id": str,
    "plan": str, "turn": str, "part": int, "shows": str, "ended": bool, "news": str,
    "request": str, "asked": str, "became": str, "asked_at": str, "reason": str, "name": str,
}  # fmt: skip


def kind_of(job: Job | None) -> str | None:
    """The word for the job's kind, as the message has it; None where it is no text."""
    if isinstance(job, UnknownJob):
        kind = job.content.get("kind")
        return kind if isinstance(kind, str) else None
    return job.kind if job else None


def contract_of_job(job: Job | None) -> int | None:
    """The contract that the job is about, where it is about one."""
    if isinstance(job, (SyncJob, EventsJob, ContractRowJob, NewsJob, OutcomeJob, DocumentJob)):
        return job.contract_id
    if isinstance(job, MessageJob):
        named = str(job.parameters.get("ContractId"))  # which may be a number or its text
        return int(named) if named.isascii() and named.isdigit() and is_contract_id(int(named)) else None
    if isinstance(job, UnknownJob) and is_contract_id(job.content.get("contract_id")):
        return int(job.content["contract_id"])
    return None


def record_of_job(job: Job | None) -> tuple[str | None, str | None]:
    """The table and the record that the job is about, where it is about one."""
    if isinstance(job, (RecordJob, CreationJob, MessageJob, OutcomeJob)):
        return job.entity, job.record_id
    return (job.entity, None) if isinstance(job, DueLinksJob) else (None, None)


def as_one(one: SyncJob, other: SyncJob) -> SyncJob:
    """Two jobs of a link that wait for the same moment: as old, and as often tried, as the older one is."""
    first = min((job.first_put_at for job in (one, other) if job.first_put_at), default=None)
    attempts = max(one.attempts, other.attempts)
    return replace(one, first_put_at=first, attempts=attempts, letter=one.letter or other.letter)


def parsed_job(text: str) -> Job:
    """The job of a message. Unreadable where it is no JSON object."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise Unreadable("The message is no job.")
    return job_of(content)


def job_of(content: Mapping[str, Any]) -> Job:
    """A job as it was stored; UnknownJob where its kind is none, or lacks what it needs."""
    kind = _KINDS.get(str(content.get("kind")))
    if kind is None:
        return _unknown(content)
    names = {one.name for one in fields(kind)}
    found = {name: read for name in names & content.keys() if (read := _read(name, content[name])) is not None}
    try:
        return kind(**found)
    except TypeError:  # a member is missing, or was not what it must be
        return _unknown(content)


def content_of(job: Job) -> dict[str, Any]:
    """The JSON object of a job; what is as by default is left out."""
    if isinstance(job, UnknownJob):
        return dict(job.content) | _envelope(job)
    found: dict[str, Any] = {"kind": job.kind}
    for one in fields(job):
        value = getattr(job, one.name)
        if value != one.default:
            found[one.name] = _written(value)
    return found


def _unknown(content: Mapping[str, Any]) -> UnknownJob:
    names = [one.name for one in fields(Job)]
    found = {name: read for name in names if (read := _read(name, content.get(name))) is not None}
    return UnknownJob(content={name: value for name, value in content.items() if name not in names}, **found)


def _envelope(job: Job) -> dict[str, Any]:
    values = {one.name: getattr(job, one.name) for one in fields(Job)}
    return {name: _written(value) for name, value in values.items() if value}


def _read(name: str, value: Any) -> Any:
    """The member's value; None where it is none that the member may have."""
    if name in _INSTANTS:
        return known_instant(value)
    if name == "contract_id":
        return value if is_contract_id(value) else None
    if name in _NAMES:
        return tuple(map(str, value)) if isinstance(value, list) else None
    wanted = _TYPES[name]
    return value if isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool)) else None


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    return list(value) if isinstance(value, tuple) else value
