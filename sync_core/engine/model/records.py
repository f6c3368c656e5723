"""A Dataverse record and its columns, as far as sync cares. Free of vendors' shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sync_core.engine.model.row_options import NO_OPTIONS, RowOptions
from sync_core.engine.model.words import Canonical, ColumnType, Reason


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
    versioned: bool = True  # False: its table keeps no row versions that a write could be held to
    via: str | None = None  # the lookup through which it is read, of a related record's column
    row: RowOptions = NO_OPTIONS


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
    owner: str | None = None  # "systemuser:<id>" or "team:<id>"
