"""The words of the field (DESIGN 2.1) as types. Frozen, comparable, free of vendors' shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from sync_core.engine.row_options import NO_OPTIONS, RowOptions


class Side(StrEnum):
    ONEFLOW = "oneflow"
    DYNAMICS = "dynamics"


class Direction(StrEnum):
    SYNC_ONCE = "sync_once"
    DYNAMICS_TO_ONEFLOW = "dynamics_to_oneflow"
    TWO_WAY = "two_way"


class ConflictPolicy(StrEnum):
    ONEFLOW_WINS = "oneflow_wins"
    DYNAMICS_WINS = "dynamics_wins"
    ASK = "ask"


class OneflowKind(StrEnum):
    DATA_FIELD = "data_field"
    PARTY = "party"
    PARTICIPANT = "participant"


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


@dataclass(frozen=True, slots=True)
class Column:
    """A Dataverse column, as far as sync cares. `options` maps an option's value to its label in one language.

    `row` is what its mapping row says about showing it (mapped.py).
    """

    name: str
    label: str
    type: ColumnType
    readable: bool = True
    updatable: bool = True
    required: bool = False
    secured: bool = False
    computed: str | None = None  # "calculated", "rollup" or "formula"
    max_length: int | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    precision: int | None = None
    currency: str | None = None  # of money, where the record's currency is known (ISO 4217)
    options: Mapping[int, str] = field(default_factory=dict)
    labels: Mapping[int, tuple[str, ...]] = field(default_factory=dict)  # of each option, in every installed language
    targets: tuple[str, ...] = ()
    found: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by name: the records that have it (lookups.py)
    changed: str | None = None  # when its definition last did, where Dataverse says so: it may be as before again
    via: str | None = None  # the lookup through which it is read, of a related record's column
    row: RowOptions = NO_OPTIONS


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """One mapping row. `oneflow_field` is a data field's custom_id, matched regardless of case.

    `dynamics_column` is dotted for a related record's column: `parentaccountid.name`.
    """

    dynamics_column: str
    oneflow_field: str
    direction: Direction
    oneflow_kind: OneflowKind = OneflowKind.DATA_FIELD
    conflict_policy: ConflictPolicy | None = None
    options: RowOptions = NO_OPTIONS

    @property
    def key(self) -> str:
        return self.oneflow_field.casefold()

    @property
    def identity(self) -> str:
        """What a base belongs to: column, field and every option but the conflict policy."""
        identity = f"{self.dynamics_column}|{self.key}|{self.oneflow_kind}"
        return f"{identity}|{self.options.identity}" if self.options.given else identity


@dataclass(frozen=True, slots=True)
class EntityMapping:
    """All rows of one table. `etag` is the version it was read at ("" before the first save)."""

    entity: str
    fields: tuple[FieldMapping, ...] = ()
    auto_push: bool = False
    conflict_policy: ConflictPolicy = ConflictPolicy.ONEFLOW_WINS
    etag: str = ""

    def policy_of(self, row: FieldMapping) -> ConflictPolicy:
        return row.conflict_policy or self.conflict_policy


@dataclass(frozen=True, slots=True)
class Cell:
    """What a record shows in one column. `label`: the shown name of a lookup. `unreadable`: why not to believe it."""

    value: Canonical = None
    label: str | None = None
    precision: int | None = None  # of money, where the record's currency decides
    currency: str | None = None  # of money: the record's, as its ISO 4217 code
    unreadable: Reason | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A Dataverse record at one version. `cells` has the mapped columns; a missing key is a column that is gone."""

    entity: str
    id: str
    version: str
    cells: Mapping[str, Cell]
    read_only: Reason | None = None
    name: str = ""
    modified_on: str | None = None
    modified_by: str | None = None


@dataclass(frozen=True, slots=True)
class ContractField:
    """A data field in a contract. `updated_time` is Oneflow's own text for it, None where it is not given."""

    id: int
    custom_id: str | None
    label: str
    value: str
    updated_time: str | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """A Oneflow contract. `fields` is keyed by custom_id in folded case; `unnamed` are fields without one."""

    id: int
    name: str
    state: ContractState
    fields: Mapping[str, ContractField]
    unnamed: tuple[ContractField, ...] = ()
    signature_given: bool = False
    template_type_id: int | None = None
    template_id: int | None = None
    workspace_id: int | None = None
    updated_time: str | None = None
