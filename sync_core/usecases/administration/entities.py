"""Which tables are set up, what may be mapped in them, and saving a mapping as a whole."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sync_core.engine.model.jobs import DueLinksJob
from sync_core.engine.model.mapping import EntityMapping
from sync_core.engine.model.records import Column
from sync_core.engine.model.row_options import RowOptions
from sync_core.engine.model.words import ColumnType, Direction, OneflowKind
from sync_core.engine.rows.contract_facts import fact_options, facts_for
from sync_core.engine.rows.eligibility import lifted_by, options_of, refusals
from sync_core.engine.rows.ended_bases import ended, ending_rows
from sync_core.engine.rows.key_columns import key_columns
from sync_core.engine.values.locales import FORMAT_LOCALES
from sync_core.errors import Gone, Invalid, Taken, VersionMoved
from sync_core.usecases.administration.in_force import InForce
from sync_core.usecases.administration.rows import key_tables, row_problems
from sync_core.usecases.ports import Records
from sync_core.usecases.stores import Jobs, Links, Mappings

log = logging.getLogger(__name__)

_MOST_COUNTED = 500  # links that are opened one by one to say for how many a base would end


class Entities:
    def __init__(self, records: Records, mappings: Mappings, links: Links, jobs: Jobs, in_force: InForce) -> None:
        self._records, self._mappings, self._links, self._jobs = records, mappings, links, jobs
        self._in_force = in_force

    def list(self) -> dict[str, Any]:
        """Tables that are set up, and those that could be."""
        mapped = {mapping.entity: mapping for mapping in self._mappings.all()}
        known = {entity.name: entity.label for entity in self._records.entities()}
        return {
            "entities": [
                {
                    "entity": name,
                    "label": known.get(name, name),
                    "fields": len(mapping.fields),
                    "auto_push": mapping.auto_push,
                }
                for name, mapping in sorted(mapped.items())
            ],
            "available": [
                {"entity": name, "label": label} for name, label in sorted(known.items()) if name not in mapped
            ],
        }

    def columns(self, entity: str, lookup: str | None = None) -> dict[str, Any]:
        """Each column with its label, type, allowed directions, why the others are not, and its row's options.

        With a lookup the columns of what it points at, by dotted name; Gone where it points at no one table.
        """
        self._must_know(entity)
        records = self._records
        found = records.proven_columns(entity) if lookup is None else records.related_columns(entity, lookup)
        related = records.related(entity) if lookup is None else ()
        return {
            "columns": [_shown(column) for column in sorted(found.values(), key=lambda one: one.name)],
            "related": [
                {"lookup": one.lookup, "label": one.label, "entity": one.entity, "entity_label": one.entity_label}
                for one in related
            ],
            "format_locales": list(FORMAT_LOCALES),
        }

    def keys(self, entity: str, lookup: str) -> dict[str, Any]:
        """The columns by which what a lookup points at can be shown and found. Gone without such a lookup."""
        self._must_know(entity)
        found = key_columns(self._records.target_columns(entity, lookup)).values()
        return {"columns": [_shown(column) for column in found], "related": [], "format_locales": list(FORMAT_LOCALES)}

    def mapping(self, entity: str) -> EntityMapping:
        """The stored mapping, or an empty one with no etag. Gone where there is no such table."""
        self._must_know(entity)
        return self._mappings.get(entity, fresh=True) or EntityMapping(entity)

    def in_force(self, mapping: EntityMapping, saved: bool = True) -> dict[str, Any]:
        """Whether it is in force, and what is missing; of one that is not saved: whether it would be."""
        return self._in_force.of(mapping, saved)

    def save(self, mapping: EntityMapping, if_match: str) -> tuple[EntityMapping, dict[str, Any]]:
        """Save the whole mapping. Invalid with a problem per row; Taken(412) when somebody else saved meanwhile.

        When `auto_push` is switched on, waiting edits go out; the second part says how many (DESIGN 2.6, 15).
        """
        before = self._checked(mapping, if_match)
        try:
            saved = self._mappings.put(replace(mapping, etag=""), if_match)
        except VersionMoved as moved:
            raise _taken() from moved
        log.info("mapping.saved entity=%s rows=%s auto_push=%s", mapping.entity, len(mapping.fields), mapping.auto_push)
        if saved.auto_push and not before.auto_push:
            return saved, {"auto_push_starts": self._start_auto_push(mapping.entity)}
        return saved, {}

    def tried(self, mapping: EntityMapping, if_match: str) -> tuple[EntityMapping, dict[str, Any]]:
        """What a save would do, without saving: the same refusals, and what was agreed that would end."""
        before = self._checked(mapping, if_match)
        return replace(mapping, etag=before.etag), {"bases_end": self._bases_end(before, mapping)}

    def _checked(self, mapping: EntityMapping, if_match: str) -> EntityMapping:
        """The mapping as it is stored now, if this one may take its place."""
        self._must_know(mapping.entity)
        wanted = [row.dynamics_column for row in mapping.fields]
        columns = self._records.proven_columns(mapping.entity, wanted)
        problems = row_problems(mapping, columns, key_tables(mapping, columns, self._records))
        if problems:
            raise Invalid("Some rows of the mapping cannot be saved.", problems=problems)
        before = self._mappings.get(mapping.entity, fresh=True) or EntityMapping(mapping.entity)
        # What a caller made up is not sent on: storage's server drops a connection for some of it.
        if if_match not in ("", "*", before.etag):
            raise _taken()
        return before

    def _bases_end(self, before: EntityMapping, mapping: EntityMapping) -> dict[str, Any]:
        """Each link is looked at, up to a bound: above it every link is taken for one that had a base."""
        changes = ending_rows(before, mapping)
        links = self._links.of_entity(mapping.entity) if changes else ()
        found: Counter[str] = Counter()
        contracts = 0
        for link in links[:_MOST_COUNTED]:
            opened = self._links.open(link.contract_id)
            ends = ended(changes, opened.bases) if opened else ()
            contracts += bool(ends)
            found.update(row.oneflow_field for row in ends)
        more = max(0, len(links) - _MOST_COUNTED)
        return {
            "contracts": contracts + more,
            "at_most": more > 0,
            "fields": [
                {"oneflow_field": now.oneflow_field, "contracts": found[now.oneflow_field] + more}
                for _, now in changes
                if found[now.oneflow_field] + more
            ],
        }

    def _start_auto_push(self, entity: str) -> dict[str, int]:
        links = [link for link in self._links.of_entity(entity) if link.status == "active"]
        self._jobs.put(DueLinksJob(entity))
        return {"links": len(links), "waiting_for_push": sum(link.waiting_for_push for link in links)}

    def _must_know(self, entity: str) -> None:
        if entity not in {known.name for known in self._records.entities()}:
            raise Gone(f"There is no table {entity!r} that contracts can be created from.", side="dynamics")


def _taken() -> Taken:
    return Taken("Somebody else saved this mapping meanwhile; read it again.", status=412)


_OF_FIELDS = tuple(one for one in Direction if one is not Direction.ONEFLOW_TO_DYNAMICS)


def _facts(column: Column) -> Sequence[str]:
    """What a contract shows of itself that may be written into this column, with the options it then may have."""
    lifted = replace(column, row=RowOptions(resolve_labels=True)) if column.type is ColumnType.CHOICE else column
    refused = refusals(lifted, OneflowKind.CONTRACT)
    return () if Direction.ONEFLOW_TO_DYNAMICS in refused else facts_for(column)


def _shown(column: Column) -> dict[str, Any]:
    refused = {one: reason for one, reason in refusals(column).items() if one in _OF_FIELDS}
    return {
        "name": column.name,
        "label": column.label,
        "type": str(column.type),
        "directions": [str(direction) for direction in _OF_FIELDS if direction not in refused],
        "not_allowed": {str(direction): reason.text for direction, reason in refused.items()},
        "not_allowed_codes": {str(direction): reason.code for direction, reason in refused.items()},
        "options": [str(option) for option in options_of(column)],
        "lifted_by": {str(direction): str(option) for direction, option in lifted_by(column).items()},
        "contract_facts": list(_facts(column)),
        "contract_options": [str(option) for option in fact_options(column)],
        "secured": column.secured,
        "required": column.required,
    }
