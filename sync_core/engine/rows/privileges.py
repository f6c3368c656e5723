"""Which privileges in Dynamics a mapping needs, by table, each with the column that needs it, and no other.

https://learn.microsoft.com/power-apps/developer/data-platform/security-access-coding
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from sync_core.engine.model.mapping import EntityMapping
from sync_core.engine.model.news import Notify
from sync_core.engine.model.records import Column
from sync_core.engine.model.words import ColumnType
from sync_core.engine.rows.eligibility import refusals
from sync_core.engine.values import REFERENCES

ACT_ON_BEHALF = "prvActOnBehalfOfAnotherUser"
# What every installation needs beside its mapped tables, and what for.
ALWAYS: Mapping[str, str] = {
    ACT_ON_BEHALF: "act as the person who pressed a button",
    "prvReadUser": "find who is signed in, by their Entra object id",
    "prvReadOrganization": "know the organisation's language",
    "prvReadEntity": "read the definitions of tables",
    "prvReadAttribute": "read the definitions of columns",
    "prvReadRelationship": "read what lookups point at",
    "prvReadOptionSet": "read the labels of choices",
    "prvReadContact": "offer the record's contacts as participants",
    "prvReadAccount": "offer the contacts of the record's account, with its name",
}

# What a seller needs beside the mapped tables: the rest the application reads as itself.
SELLERS: Mapping[str, str] = {name: ALWAYS[name] for name in ("prvReadContact", "prvReadAccount")}


class Verb(StrEnum):
    """As a table's definition names them."""

    CREATE = "Create"
    READ = "Read"
    WRITE = "Write"
    APPEND = "Append"
    APPEND_TO = "AppendTo"
    ASSIGN = "Assign"


@dataclass(frozen=True, slots=True)
class Need:
    entity: str
    verb: Verb


def needs(
    mapping: EntityMapping, columns: Mapping[str, Column], through: Iterable[str], person: bool = False
) -> Mapping[Need, str]:
    """Each with the first column that needs it. `columns`: the mapped ones, by the rows' names; `through`: the tables
    that the mapping reads through lookups, or looks up names in.

    `person`: what a person needs to use the sync on this table. It is the same, since the application acts within both
    roles, but for the decimals of a currency, which it reads as itself; and to write the table whatever is mapped: who
    may not write a record may not act on its contracts."""
    found: dict[Need, str] = {}
    for row in mapping.fields:
        column = columns.get(row.dynamics_column)
        found.setdefault(Need(mapping.entity, Verb.READ), row.dynamics_column)
        if person:
            found.setdefault(Need(mapping.entity, Verb.WRITE), row.dynamics_column)
        if column is None:
            continue
        column = replace(column, row=row.options)
        written = row.direction.writes_dynamics and row.direction not in refusals(column, row.oneflow_kind)
        for need in _of(mapping.entity, column, written, decimals=not person):
            found.setdefault(need, row.dynamics_column)
    for entity in sorted(through):
        found.setdefault(Need(entity, Verb.READ), "a lookup")
    return found


def telling(mapping: EntityMapping) -> frozenset[Need]:
    """What it takes to tell the owners of these records of their contracts, as far as a table knows the verb."""
    if mapping.notify is Notify.OFF or not mapping.fields:
        return frozenset()
    found = {Need("appnotification", verb) for verb in (Verb.CREATE, Verb.READ, Verb.ASSIGN)}
    found |= {Need(entity, Verb.READ) for entity in ("settingdefinition", "appsetting")}
    if mapping.timeline_notes:
        found |= {Need("annotation", verb) for verb in (Verb.CREATE, Verb.READ, Verb.APPEND)}
        found.add(Need(mapping.entity, Verb.APPEND_TO))
    return frozenset(found)


def _of(entity: str, column: Column, written: bool, decimals: bool) -> Iterator[Need]:
    if column.type is ColumnType.MONEY and decimals:
        yield Need("transactioncurrency", Verb.READ)
    targets = column.targets if column.type in REFERENCES else ()
    for target in targets:
        yield Need(target, Verb.READ)  # its name is what the contract shows
    if not written:
        return
    yield Need(entity, Verb.WRITE)
    if column.type is ColumnType.OWNER:
        yield Need(entity, Verb.ASSIGN)
        return
    if targets:
        yield Need(entity, Verb.APPEND)
    for target in targets:
        yield Need(target, Verb.APPEND_TO)
