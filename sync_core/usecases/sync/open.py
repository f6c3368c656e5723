"""Opening a link and reading both sides: the link's query first, then the vendors side by side, never before it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

from sync_core.engine.deciding.view import Scene
from sync_core.engine.model.actor import Actor
from sync_core.engine.model.contracts import Contract
from sync_core.engine.model.link import Link, OpenLink
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.records import Column, Record
from sync_core.engine.model.words import Action, Direction
from sync_core.engine.rows.contract_facts import with_facts
from sync_core.engine.rows.key_columns import keys_read
from sync_core.errors import Busy, Gone, NotAllowed, Temporary, longest_wait
from sync_core.usecases.ports import Clock, Contracts, Records
from sync_core.usecases.stores import Links, Mappings
from sync_core.usecases.sync.look_up_names import looked_up
from sync_core.usecases.sync.read import RecordRead, have_moved, read_by
from sync_core.usecases.timing import Timing


@dataclass(frozen=True, slots=True)
class Reads:
    """Both sides as read after the link's query, with the mapping and the columns they were read for."""

    mapping: EntityMapping
    columns: Mapping[str, Column]
    contract: Contract
    record: Record

    def scene(self, opened: OpenLink) -> Scene:
        bases = {} if self._is_of_another_template(opened.link) else opened.bases
        return Scene(self.mapping, self.columns, self.contract, self.record, bases, origin=opened.link.origin)

    def _is_of_another_template(self, link: Link) -> bool:
        """Then its data fields are others, whatever they are called: no base belongs to them."""
        now = self.contract.template_type_id
        return None not in (now, link.template_type_id) and now != link.template_type_id


def no_link(contract_id: int) -> Gone:
    return Gone(f"Contract {contract_id} is not linked to a record that you may see.", side="storage")


class Opener:
    """Opens links and reads both sides."""

    def __init__(
        self,
        links: Links,
        mappings: Mappings,
        records: Records,
        contracts: Contracts,
        clock: Clock,
        timing: Timing,
        pool: Executor,
    ) -> None:
        self._links, self._mappings, self._records, self._contracts = (links, mappings, records, contracts)
        self._clock, self._timing, self._pool = clock, timing, pool

    def open(self, contract_id: int, wait: bool) -> OpenLink:
        """The link, when nobody holds its lock. Gone without a link; Busy if it is held (a person waits a bit)."""
        give_up = self._clock.monotonic() + (self._timing.person_waits if wait else 0)
        while True:
            opened = self._links.open(contract_id)
            if opened is None:
                raise no_link(contract_id)
            left = self._lock_left(opened)
            if left <= 0:
                return opened
            if self._clock.monotonic() + self._timing.wait_step > give_up:
                raise Busy("Another sync of this contract is under way; try again shortly.", retry_after=max(1, left))
            self._clock.sleep(self._timing.wait_step)

    def read(self, link: Link, actor: Actor, to_write: bool = False, fresh: bool = False) -> Reads:
        """Both sides side by side and, if asked, the actor's right to write the record."""
        mapping = self._mappings.get(link.entity, fresh=fresh) or EntityMapping(link.entity)
        contract = self._pool.submit(self._contracts.read, link.contract_id, actor, link.field_ids)
        right = self._right(link, actor) if to_write else None
        record = _or_error(lambda: self._read_record(link, mapping, actor))
        # All are waited for: no read is left running when the sync goes on or fails.
        contract_read = _or_error(contract.result)
        right_read = _or_error(right.result) if right else True
        contract_now, (record_now, columns) = self._judged(link, actor, contract_read, record, right_read)
        return Reads(mapping, columns, with_facts(contract_now, mapping, columns), record_now)

    def columns_moved(self, link: Link, reads: Reads) -> bool:
        """Whether the mapped columns are others now than those that the reads were made by."""
        return have_moved(self._records, link.entity, columns_read(reads.mapping), reads.mapping, reads.columns)

    def read_anew(self, link: Link, actor: Actor, reads: Reads) -> Reads:
        """Both sides again, by definitions that are read once more."""
        self._records.forget_columns(link.entity, columns_read(reads.mapping))
        return self.read(link, actor)

    def scene(self, scene: Scene, action: Action) -> Scene:
        """What a plan is made from; Dynamics is asked about names whose records are not known yet."""
        return looked_up(scene, action, self._records)

    def _read_record(self, link: Link, mapping: EntityMapping, actor: Actor) -> RecordRead:
        return read_by(self._records, link.entity, link.record_id, columns_read(mapping), mapping, actor)

    def _right(self, link: Link, actor: Actor) -> Future[bool] | None:
        if actor.is_machine:
            return None
        return self._pool.submit(self._records.may_write, link.entity, link.record_id, actor)

    @staticmethod
    def _judged(link: Link, actor: Actor, contract: Any, record: Any, right: Any) -> tuple[Contract, RecordRead]:
        """The reads, or the error that matters most: a person without a right learns nothing of the contract."""
        if not actor.is_machine and isinstance(record, (Gone, NotAllowed)):
            raise no_link(link.contract_id) from record
        errors = [read for read in (right, record, contract) if isinstance(read, Exception)]
        passing = [error for error in errors if isinstance(error, Temporary)]
        wait = longest_wait(*passing)
        # For a machine the wait comes first: what is gone for good is as gone at the next look.
        if wait and (actor.is_machine or len(passing) == len(errors)):
            raise wait
        if errors:
            raise errors[0]
        if right is False:
            raise NotAllowed("You may read this record but not change it.", side="dynamics")
        return contract, record

    def _lock_left(self, opened: OpenLink) -> float:
        lock = opened.link.lock
        if lock is None:
            return 0
        return (lock.expires_at + self._timing.lock_grace - opened.opened_at).total_seconds()


def columns_read(mapping: EntityMapping) -> Sequence[str]:
    """The columns that a sync after creation reads: no other. Dotted where they are a related record's."""
    return _columns(_living(mapping))


def _columns(rows: Sequence[FieldMapping]) -> Sequence[str]:
    return sorted({row.dynamics_column for row in rows} | keys_read(rows))


def columns_watched(mapping: EntityMapping) -> Sequence[str]:
    """The record's own columns whose changes a sync looks at: of what it reads through a lookup the lookup itself, and
    the record's currency where an amount is written with its sign. A column that the
    contract fills is not among them."""
    rows = [row for row in _living(mapping) if row.direction is not Direction.ONEFLOW_TO_DYNAMICS]
    shown = {_CURRENCY for row in rows if _shows_its_currency(row)}
    return sorted({re.split("[.:]", name)[0] for name in _columns(rows)} | shown)


# Every table with a money column has it.
_CURRENCY = "transactioncurrencyid"


def _shows_its_currency(row: FieldMapping) -> bool:
    """A related record's amount has that record's currency, whose changes no event of this one tells."""
    shape = row.options.format
    return shape is not None and shape.currency and "." not in row.dynamics_column


def _living(mapping: EntityMapping) -> Sequence[FieldMapping]:
    return [row for row in mapping.fields if row.direction is not Direction.SYNC_ONCE and row.oneflow_kind.lives_on]


def related_tables(records: Records, mapping: EntityMapping) -> set[str]:
    """The tables beside its own that a mapping reads: for columns through lookups, and to look up names and keys."""
    lookups = {row.dynamics_column.partition(".")[0] for row in mapping.fields if "." in row.dynamics_column}
    through = {one.entity for one in records.related(mapping.entity) if one.lookup in lookups} if lookups else set()
    found = [row.dynamics_column for row in mapping.fields if row.options.resolve_labels]
    columns = records.columns(mapping.entity) if found else {}
    return through.union(*(columns[name].targets for name in found if name in columns))


def _or_error(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as error:  # noqa: BLE001 the caller looks at both answers
        return error
