"""How a table is described."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dynamics.description.ids import id_of
from dynamics.description.words import Text


class ColumnKind(StrEnum):
    """As customizations.xml names them."""

    TEXT = "nvarchar"
    LONG_TEXT = "ntext"
    WHOLE = "int"
    DECIMAL = "decimal"
    DATE_TIME = "datetime"
    CHOICE = "picklist"
    LOOKUP = "lookup"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Option:
    """`key` is the word that the app uses."""

    key: str
    value: int
    label: Text


@dataclass(frozen=True, slots=True)
class Column:
    """`name` is the schema name. `longest`: characters of a text, kilobytes of a file; `format` as
    Dynamics names it."""

    name: str
    kind: ColumnKind
    label: Text
    about: Text
    longest: int = 0
    format: str = ""
    options: tuple[Option, ...] = ()
    target: str = ""
    required: bool = False

    @property
    def logical(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Key:
    name: str
    label: Text
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Relationship:
    """Many of ours to one of theirs. `target` is their schema name."""

    name: str
    lookup: str
    target: str


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    set_name: str
    label: Text
    plural: Text
    about: Text
    columns: tuple[Column, ...]
    keys: tuple[Key, ...]
    relationships: tuple[Relationship, ...]

    @property
    def logical(self) -> str:
        return self.name.lower()

    @property
    def primary_key(self) -> str:
        return f"{self.logical}id"

    @property
    def primary_name(self) -> Column:
        return self.columns[0]

    def column(self, logical: str) -> Column:
        """LookupError where there is none."""
        return next(one for one in self.columns if one.logical == logical)


@dataclass(frozen=True, slots=True)
class Condition:
    """`value` may be several, for `in`."""

    column: str
    operator: str
    value: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """`kind`: 0 public, 1 advanced find, 2 associated, 4 quick find, 64 lookup. `columns` with their widths."""

    name: str
    kind: int
    label: Text
    columns: tuple[tuple[str, int], ...]
    conditions: tuple[Condition, ...] = ()
    order: str = ""
    default: bool = False
    any_of: bool = False

    @property
    def id(self) -> str:
        return id_of("view", self.name)


@dataclass(frozen=True, slots=True)
class Chart:
    """Rows counted by `column`; `by` is the part of a date that they are gathered by."""

    name: str
    label: Text
    column: str
    shape: str
    by: str = ""

    @property
    def id(self) -> str:
        return id_of("chart", self.name)


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    label: Text
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Form:
    name: str
    label: Text
    sections: tuple[Section, ...]

    @property
    def id(self) -> str:
        return id_of("form", self.name)


@dataclass(frozen=True, slots=True)
class Tile:
    """`chart` empty: the view's rows."""

    view: str
    chart: str = ""


@dataclass(frozen=True, slots=True)
class Dashboard:
    name: str
    label: Text
    tiles: tuple[Tile, ...]

    @property
    def id(self) -> str:
        return id_of("dashboard", self.name)
