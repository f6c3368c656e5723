"""The words of the field (DESIGN 2.1) as types."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    ONEFLOW = "oneflow"
    DYNAMICS = "dynamics"


class Direction(StrEnum):
    SYNC_ONCE = "sync_once"
    DYNAMICS_TO_ONEFLOW = "dynamics_to_oneflow"
    TWO_WAY = "two_way"
    ONEFLOW_TO_DYNAMICS = "oneflow_to_dynamics"  # only of what a contract shows of itself

    @property
    def writes_dynamics(self) -> bool:
        return self in (Direction.TWO_WAY, Direction.ONEFLOW_TO_DYNAMICS)


class ConflictPolicy(StrEnum):
    ONEFLOW_WINS = "oneflow_wins"
    DYNAMICS_WINS = "dynamics_wins"
    ASK = "ask"


class OneflowKind(StrEnum):
    DATA_FIELD = "data_field"
    PARTY = "party"
    PARTICIPANT = "participant"
    CONTRACT = "contract"  # what it shows of itself: its state, when it was signed

    @property
    def lives_on(self) -> bool:
        """Whether it is looked at after creation. Party and participant fields are filled then only."""
        return self in (OneflowKind.DATA_FIELD, OneflowKind.CONTRACT)


class Action(StrEnum):
    CREATE = "create"
    PUSH = "push"
    FETCH = "fetch"
    AUTOMATIC = "automatic"
    KEEP = "keep"
    UNDO = "undo"


class Result(StrEnum):
    """What became of one field."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    CONFLICT = "conflict"
    FAILED = "failed"


class Outcome(StrEnum):
    """What became of the whole action."""

    SYNCED = "synced"
    UNCHANGED = "unchanged"
    PARTIAL = "partial"
    BLOCKED = "blocked"
    CONFLICT = "conflict"


class ContractState(StrEnum):
    DRAFT = "draft"
    PENDING = "pending"
    SIGNED = "signed"
    DECLINED = "declined"
    OVERDUE = "overdue"
    UNKNOWN = "unknown"  # Oneflow says a word, or a number, that we do not know

    @property
    def writable(self) -> bool:
        return self in (ContractState.DRAFT, ContractState.PENDING)


class ColumnType(StrEnum):
    TEXT = "text"
    MEMO = "memo"
    WHOLE_NUMBER = "whole_number"
    BIG_INTEGER = "big_integer"
    DECIMAL = "decimal"
    DOUBLE = "double"
    MONEY = "money"
    YES_NO = "yes_no"
    CHOICE = "choice"
    MULTI_SELECT = "multi_select"
    STATE = "state"
    STATUS = "status"
    DATE_ONLY = "date_only"
    DATE_TIME = "date_time"
    WALL_TIME = "wall_time"  # time-zone independent
    USER_LOCAL_DATE = "user_local_date"  # shown as a date, stored as an instant
    LOOKUP = "lookup"
    CUSTOMER = "customer"
    OWNER = "owner"
    UNIQUE_IDENTIFIER = "unique_identifier"
    FILE = "file"
    IMAGE = "image"
    OTHER = "other"


# A Dynamics value in its one canonical text (see values/canonical.py); None is empty.
Canonical = str | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was not done, or was done in spite of something: `code` for programs, `text` for people."""

    code: str
    text: str
