"""Fields that are not yet agreed, many at once: what a rule would do about each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from sync_core.engine.deciding.second_thoughts import Dispute, disputes
from sync_core.engine.deciding.verdict import Keep, Kind
from sync_core.engine.deciding.view import shown_text
from sync_core.engine.model.actor import MACHINE
from sync_core.engine.model.link import Link
from sync_core.engine.model.words import Action, Reason
from sync_core.engine.switching.plan_lines import SettleLine
from sync_core.engine.switching.rules import SettleRules
from sync_core.engine.switching.settle_rules import kept_side
from sync_core.errors import Gone, Invalid, NotAllowed
from sync_core.usecases.stores import Links, Mappings
from sync_core.usecases.switching.patience import Patience
from sync_core.usecases.sync.open import Opener

_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Unsettled:
    """The lines of some links, of how many, and the last of them; `total` links there are in all."""

    lines: Sequence[SettleLine]
    links: int
    total: int
    last: int


class FindUnsettled:
    """`pool` reads some links side by side."""

    def __init__(self, links: Links, mappings: Mappings, opener: Opener, pool: Executor, patience: Patience) -> None:
        self._links, self._mappings, self._opener = links, mappings, opener
        self._pool, self._patience = pool, patience

    def pages(self, rules: SettleRules, after: int = 0) -> Iterator[Unsettled]:
        """Some links' fields, in the order of their contracts' numbers, from the one after `after` on. Invalid where a
        rule names a field or a table that is not mapped."""
        self.check(rules)
        found = [one for entity in rules.entities for one in self._links.of_entity(entity) if one.not_agreed]
        links = sorted((one for one in found if one.contract_id > after), key=lambda one: one.contract_id)
        yield Unsettled([], 0, len(found), after)
        for start in range(0, len(links), _AT_ONCE):
            some = links[start : start + _AT_ONCE]
            lines = [line for each in self._pool.map(lambda link: self._of_link(rules, link), some) for line in each]
            yield Unsettled(lines, len(some), len(found), some[-1].contract_id)

    def check(self, rules: SettleRules) -> None:
        """Invalid where a rule names a field or a table that is not mapped."""
        problems = []
        for entity, key in rules.ways:
            mapping = self._mappings.get(entity)
            if mapping is None or not mapping.fields:
                problems.append({"field": entity, "detail": "No field mapping is saved for this table."})
            elif key != "*" and key not in {row.key for row in mapping.fields}:
                problems.append({"field": f"{entity}.{key}", "detail": "No such data field is mapped."})
        if problems:
            raise Invalid("The rules cannot be used.", problems=problems)

    def _of_link(self, rules: SettleRules, link: Link) -> list[SettleLine]:
        try:
            return self._patience.work(lambda: self._read(rules, link))
        except (Gone, NotAllowed):
            return []  # it is broken, or just ended: Health lists it

    def _read(self, rules: SettleRules, link: Link) -> list[SettleLine]:
        opened = self._links.open(link.contract_id)
        if opened is None:
            return []
        reads = self._opener.read(opened.link, MACHINE)
        scene = self._opener.scene(reads.scene(opened), Action.AUTOMATIC)
        found = []
        for one in disputes(scene):
            if one.kind is Kind.NOT_AGREED:
                way = rules.way(link.entity, one.seen.row.key)
                found.append(_line(opened.link, one, str(way), *kept_side(scene, way, one)))
        return found


def _line(link: Link, one: Dispute, way: str, keep: Keep | None, why: Reason | None) -> SettleLine:
    column, field, cell = one.seen.sure
    row = one.seen.row
    return SettleLine(
        *(link.contract_id, link.name, link.entity, link.record_id, row.dynamics_column, row.oneflow_field, way, keep),
        *(field.value, shown_text(cell, column)),
        *(why.text if why else "", why.code if why else "", one.id),
    )
