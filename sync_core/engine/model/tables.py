"""Dataverse tables, as far as sync needs to know of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entity:
    """A Dataverse table. `set_name` is its name in URLs."""

    name: str
    label: str
    set_name: str
    id_column: str
    name_column: str


@dataclass(frozen=True, slots=True)
class RelatedTable:
    """A lookup of a table, and the one table that it points at (`entity`); the labels are for people."""

    lookup: str
    label: str
    entity: str
    entity_label: str


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A row that was found by the value of a column; what another column of it shows, a reference as `table:id`."""

    value: str
    id: str
    shown: str = ""
