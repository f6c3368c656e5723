"""Whether a saved mapping is in force: checked with the application's own rights, told wherever it matters, and looked
for again until it is mended."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from sync_core.engine.model.instants import instant_text
from sync_core.engine.model.mapping import EntityMapping
from sync_core.engine.model.standing import Standing
from sync_core.engine.rows.privileges import ALWAYS, Need, needs
from sync_core.errors import Gone, SyncError
from sync_core.usecases.administration.registrations import not_announced
from sync_core.usecases.administration.rows import key_tables, row_problems
from sync_core.usecases.ports import Clock, Privileges, Records
from sync_core.usecases.stores import Due, Mappings, Marks, Standings, noted
from sync_core.usecases.sync.open import related_tables

log = logging.getLogger(__name__)

MARK = "not_in_force:"
_EVERY = 45.0  # seconds between looks whether it is mended
_BROKEN_PAGE = 100


def needs_of(records: Records, mapping: EntityMapping, person: bool = False) -> Mapping[Need, str]:
    """What one mapping needs of the application or of a person who uses it, each with the first column that needs it.
    Gone where there is no such table."""
    columns = records.columns(mapping.entity, [row.dynamics_column for row in mapping.fields])
    return needs(mapping, columns, related_tables(records, mapping), person)


class InForce:
    """A table that lacks something has a mark with the reason, until what it lacks is there."""

    def __init__(
        self,
        records: Records,
        privileges: Privileges,
        mappings: Mappings,
        marks: Marks,
        standings: Standings,
        due: Due,
        clock: Clock,
    ) -> None:
        self._records, self._privileges, self._mappings = records, privileges, mappings
        self._marks, self._standings, self._due, self._clock = marks, standings, due, clock
        self._looked: dict[str, float] = {}

    def of(self, mapping: EntityMapping, saved: bool = True) -> dict[str, Any]:
        """`in_force`: True, False with what is missing, or None where Dynamics could not be asked; and the mark of one
        that is saved is as it should be. Never raises for what Dynamics says: a save is a save."""
        try:
            marks = self._marks.all()
            found = self._found(mapping, marks)
        except SyncError as error:
            log.warning("mapping.not_checked entity=%s error=%s", mapping.entity, type(error).__name__)
            return {"in_force": None, "reason": f"It could not be checked: {error}", "privileges": [], "steps": []}
        if saved:
            self._remember(mapping.entity, found, marks)
        return found

    def notice(self, entity: str) -> None:
        """A link of this table was just broken for a right that is lost: look until it is back. What is known of it
        already says more."""
        if not noted(self._marks.all(), f"{MARK}{entity}").get("lost"):
            self._note(entity, "The application user may no longer read records of this table.", lost=True)

    def reason(self, entity: str) -> str | None:
        """Why a table's mapping is not in force; None where it is, as far as is known."""
        return noted(self._marks.all(), f"{MARK}{entity}").get("reason")

    def look_again(self, marks: Mapping[str, str]) -> None:
        """By each sweep: tables that lack something are looked at within a minute; nothing is asked where none does."""
        for name, text in marks.items():
            entity = name.removeprefix(MARK)
            if entity == name or not text or not self._is_time(entity):
                continue
            mapping = self._mappings.get(entity)
            if mapping is None or not mapping.fields:
                self._marks.set(name, "")
                continue
            self.of(mapping)

    def _is_time(self, entity: str) -> bool:
        now = self._clock.monotonic()
        if now - self._looked.get(entity, now - _EVERY) < _EVERY:
            return False
        self._looked[entity] = now
        return True

    def _found(self, mapping: EntityMapping, marks: Mapping[str, str]) -> dict[str, Any]:
        if not mapping.fields:
            return {"in_force": True, "reason": None, "privileges": [], "steps": []}
        try:
            lacking, problems = self._lacking(mapping), self._problems(mapping)
        except Gone:
            reason = f"The environment has no table {mapping.entity}."
            return {"in_force": False, "reason": reason, "privileges": [], "steps": []}
        steps = not_announced(marks, mapping)
        reasons = [f"the application user lacks {', '.join(lacking)}"] if lacking else []
        reasons += problems
        reasons += [f"Dynamics does not tell of changes of {', '.join(steps)}"] if steps else []
        mend = "run `python -m cli connect`" if lacking or steps else "change these rows"
        return {
            "in_force": not reasons,
            "reason": f"Not in force yet: {'; '.join(reasons)}; {mend}." if reasons else None,
            "privileges": lacking,
            "steps": steps,
        }

    def _lacking(self, mapping: EntityMapping) -> list[str]:
        held, wanted = self._privileges.held(), needs_of(self._records, mapping)
        tables = {entity: self._privileges.of_table(entity) for entity in sorted({one.entity for one in wanted})}
        names = {tables[one.entity][one.verb] for one in wanted if one.verb in tables[one.entity]}
        return sorted((names | ALWAYS.keys()) - held)

    def _problems(self, mapping: EntityMapping) -> list[str]:
        """Rows that Dynamics' definitions do not let be, as they are now: a table's flag, a column that went."""
        columns = self._records.columns(mapping.entity, [row.dynamics_column for row in mapping.fields])
        found = row_problems(mapping, columns, key_tables(mapping, columns, self._records))
        return [f"{mapping.fields[one['row']].dynamics_column}: {one['detail']}" for one in found[:5]]

    def _remember(self, entity: str, found: Mapping[str, Any], marks: Mapping[str, str]) -> None:
        before = noted(marks, name := f"{MARK}{entity}")
        lost = bool(found["privileges"])
        if found["in_force"]:
            if before:
                self._marks.set(name, "")
        elif (before.get("reason"), before.get("lost")) != (found["reason"], lost):
            self._note(entity, found["reason"], lost)
        if before.get("lost") and not lost:
            self._mended(entity)

    def _note(self, entity: str, reason: str, lost: bool) -> None:
        """`lost`: for want of a right, which breaks links; a step that is missing breaks none."""
        content = {"reason": reason, "lost": lost, "at": instant_text(self._clock.now())}
        self._marks.set(f"{MARK}{entity}", json.dumps(content))
        log.warning("mapping.not_in_force entity=%s", entity)

    def _mended(self, entity: str) -> None:
        """Links that broke meanwhile are looked at by the next sweep."""
        now, after, count = self._clock.now(), None, 0
        while True:
            broken, after = self._standings.page(Standing.BROKEN, entity, None, after, _BROKEN_PAGE)
            for one in broken:
                self._due.put(one.contract_id, now)
            count += len(broken)
            if after is None:
                break
        log.info("mapping.in_force entity=%s broken_links=%s", entity, count)
