"""The application user's role: what the saved mappings need, and a run of `connect` that makes it and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cli.connect.dynamics import DynamicsFound
from cli.connect.dynamics_apply import DynamicsApply
from cli.connect.items import Change
from cli.connect.planner import plan
from cli.connect.wanted import role
from sync_core.bootstrap.operator import TABLES, Operator
from sync_core.engine.model.mapping import EntityMapping
from sync_core.engine.rows.privileges import SELLERS, Need, Verb, telling
from sync_core.errors import Gone, Invalid
from sync_core.usecases.administration.in_force import needs_of


def mapped(operator: Operator) -> list[EntityMapping]:
    """The saved mappings with rows, without making their table."""
    tables, _ = operator.store.found()
    return [mapping for mapping in operator.mappings.all() if mapping.fields] if TABLES[3] in tables else []


def needed(operator: Operator, mappings: Sequence[EntityMapping], imported: bool) -> Mapping[Need, str]:
    """Everything that these mappings need of Dynamics, each with the name of its privilege. A table that cannot be
    assigned, or lacks another of them, needs no privilege for it. Where the solution was imported, a contract's row
    points at its record; owners of records are told of them where Dynamics has notifications."""
    found = _needs(operator, mappings)
    if imported and operator.settings.contract_rows != "off":
        found |= {Need(mapping.entity, Verb.APPEND_TO) for mapping in mappings}
    return {**_named(operator, found), **needed_to_tell(operator, mappings)}


def needed_to_tell(operator: Operator, mappings: Sequence[EntityMapping]) -> Mapping[Need, str]:
    """What of it is for telling the owners of records; nothing of a table that this Dynamics does not have."""
    found = {need for mapping in mappings for need in telling(mapping)}
    missing = set()
    for entity in {need.entity for need in found}:
        try:
            privileges_of(operator, entity)
        except Gone:
            missing.add(entity)
    return _named(operator, (need for need in found if need.entity not in missing))


def needed_by_sellers(operator: Operator, mappings: Sequence[EntityMapping]) -> frozenset[str]:
    """The privileges that a person needs in a role of their own to use the sync on these tables, and no other."""
    return frozenset({*SELLERS, *_named(operator, _needs(operator, mappings, person=True)).values()})


def _needs(operator: Operator, mappings: Sequence[EntityMapping], person: bool = False) -> set[Need]:
    found: set[Need] = set()
    for mapping in mappings:
        try:
            found |= needs_of(operator.records, mapping, person).keys()
        except Gone:
            text = f"The table {mapping.entity} is mapped, but Dynamics has none; `doctor` says what to do."
            raise Invalid(text) from None
    return found


def _named(operator: Operator, found: Iterable[Need]) -> Mapping[Need, str]:
    wanted = list(found)
    tables = {entity: privileges_of(operator, entity) for entity in sorted({one.entity for one in wanted})}
    return {need: tables[need.entity][need.verb] for need in wanted if need.verb in tables[need.entity]}


def privileges_of(operator: Operator, entity: str) -> Mapping[str, str]:
    """Verb -> the privilege's name in this table."""
    return operator.records.privileges.of_table(entity)


def connect_role(operator: Operator) -> Iterator[Change]:
    """Each change to the role once it is done."""
    there = DynamicsFound(operator.dataverse, operator.settings.client_id)
    found = there.read_role()
    there.must_have_user()
    apply = DynamicsApply(operator.dataverse, found, there)
    for change in plan(list(role(needed(operator, mapped(operator), there.imported), there.imported)), found):
        apply.apply(change)
        yield change
