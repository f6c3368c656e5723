"""A record, and the definitions of its columns that it was read by."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sync_core.engine.model.actor import Actor
from sync_core.engine.model.mapping import EntityMapping
from sync_core.engine.model.records import Column, Record
from sync_core.engine.rows.key_columns import with_keys
from sync_core.engine.rows.mapped_columns import as_mapped
from sync_core.errors import Temporary
from sync_core.usecases.ports import Records

RecordRead = tuple[Record, Mapping[str, Column]]
_TIMES = 3


def read_by(
    records: Records, entity: str, record_id: str, names: Collection[str], mapping: EntityMapping, actor: Actor
) -> RecordRead:
    """The record, and its columns as mapped. Where their definitions moved while it was read, it is read again: a
    column that is secured by the later one may have been read as null by the earlier one."""
    known = records.columns(entity, names)
    for _ in range(_TIMES):
        record = records.read(entity, record_id, sorted(names), actor)
        now = records.columns(entity, names)
        if _are_same(now, known, names):
            return with_keys(record, mapping), as_mapped(now, mapping)
        known = now
    raise Temporary("The columns' definitions keep changing in Dynamics; this will be retried.", side="dynamics")


def have_moved(
    records: Records, entity: str, names: Collection[str], mapping: EntityMapping, columns: Mapping[str, Column]
) -> bool:
    """Whether these columns are others now, whatever is kept of them, than those that a record was read by."""
    return not _are_same(as_mapped(records.proven_columns(entity, names), mapping), columns, names)


def _are_same(one: Mapping[str, Column], other: Mapping[str, Column], names: Collection[str]) -> bool:
    return all(one.get(name) == other.get(name) for name in names)
