"""The rules of switching over, as an administrator writes and orders them: which contract belongs to which record, and
what becomes of fields that differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sync_core.errors import Invalid


class RuleKind(StrEnum):
    """What tells that a contract belongs to a record."""

    CONTRACT_TABLE = "contract_table"  # a row of the table in which Oneflow's own app keeps its contracts
    DATA_FIELD = "data_field"  # a data field that holds the record's id, or the value of one of its columns
    COUNTERPARTY = "counterparty"  # the counterparty is the record's account: a suggestion only
    NAME = "name"  # the contract is called as the record: a suggestion only

    @property
    def is_certain(self) -> bool:
        """Whether the contract itself, or the table of the app that made it, names the record."""
        return self in (RuleKind.CONTRACT_TABLE, RuleKind.DATA_FIELD)


# Of each kind: the members it needs, and those it may have.
_NEEDED: Mapping[RuleKind, Sequence[str]] = {
    RuleKind.CONTRACT_TABLE: ("table", "contract_column", "record_column"),
    RuleKind.DATA_FIELD: ("entity", "field"),
    RuleKind.COUNTERPARTY: ("entity", "account_column"),
    RuleKind.NAME: ("entity",),
}
_OPTIONAL: Mapping[RuleKind, Sequence[str]] = {
    RuleKind.CONTRACT_TABLE: ("entity",),
    RuleKind.DATA_FIELD: ("column",),
    RuleKind.COUNTERPARTY: ("number_column", "email_column"),
    RuleKind.NAME: (),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `table`, `contract_column` and `record_column` are the names of Oneflow's own contract table;
    `entity` is the table of the records, `column` a key column of it (without: the record's id)."""

    kind: RuleKind
    entity: str = ""
    table: str = ""
    contract_column: str = ""
    record_column: str = ""
    field: str = ""
    column: str = ""
    account_column: str = ""
    number_column: str = ""
    email_column: str = ""

    @property
    def told(self) -> str:
        """As the plan names it."""
        match self.kind:
            case RuleKind.CONTRACT_TABLE:
                return f"{self.table}.{self.record_column}"
            case RuleKind.DATA_FIELD:
                return f"data field {self.field} = {self.entity}.{self.column or 'id'}"
            case RuleKind.COUNTERPARTY:
                return f"counterparty = {self.entity}.{self.account_column}"
            case RuleKind.NAME:
                return f"name = {self.entity}"


class SettleWay(StrEnum):
    """What an administrator lets become of a field that is not yet agreed."""

    KEEP_ONEFLOW = "keep_oneflow"
    KEEP_DYNAMICS = "keep_dynamics"
    FILL_EMPTY = "fill_empty"  # the empty side takes what the other shows; where both are filled, nothing
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class SettleRules:
    """By table and by data field, in folded case; "*" is every other field of the table. What nothing names is left."""

    ways: Mapping[tuple[str, str], SettleWay]

    def way(self, entity: str, key: str) -> SettleWay:
        return self.ways.get((entity, key)) or self.ways.get((entity, "*")) or SettleWay.LEAVE

    @property
    def entities(self) -> frozenset[str]:
        return frozenset(entity for entity, _ in self.ways)


def rules_of(content: Any) -> tuple[Rule, ...]:
    """The rules of a file, `{"rules": [...]}`, in their order. Invalid with a problem for each that is wrong."""
    given = content.get("rules") if isinstance(content, Mapping) else None
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        raise Invalid('The rules need the form {"rules": [{"kind": ...}, ...]}, with one rule at least.')
    problems: list[Mapping[str, Any]] = []
    rules = [_rule(place, one, problems) for place, one in enumerate(given)]
    if problems:
        raise Invalid("The rules cannot be used.", problems=problems)
    return tuple(one for one in rules if one is not None)


def _rule(place: int, given: Any, problems: list[Mapping[str, Any]]) -> Rule | None:
    def wrong(member: str, detail: str) -> None:
        problems.append({"row": place, "field": member, "detail": detail})

    kinds = ", ".join(RuleKind)
    if not isinstance(given, Mapping):
        wrong("kind", f"A rule is an object with a kind: {kinds}.")
        return None
    if given.get("kind") not in list(RuleKind):
        wrong("kind", f"The kind is one of: {kinds}.")
        return None
    kind = RuleKind(given["kind"])
    before = len(problems)
    for name in _missing(kind, given):
        wrong(name, f"A rule of kind {kind} needs it.")
    for name, detail in _wrong_members(kind, given):
        wrong(name, detail)
    if kind is RuleKind.COUNTERPARTY and not {"number_column", "email_column"} & given.keys():
        wrong("number_column", "Name the account's column with its organisation number, or that with its e-mail.")
    return Rule(**{**given, "kind": kind}) if len(problems) == before else None


def settle_rules_of(content: Any) -> SettleRules:
    """The rules of a file, `{"settle": {table: {field: way}}}`. Invalid with a problem for each that is wrong."""
    given = content.get("settle") if isinstance(content, Mapping) else None
    if not isinstance(given, Mapping) or not given:
        raise Invalid('The rules need the form {"settle": {"opportunity": {"customer_name": "keep_oneflow"}}}.')
    ways: dict[tuple[str, str], SettleWay] = {}
    problems: list[Mapping[str, Any]] = []
    for entity, fields in given.items():
        if not isinstance(fields, Mapping) or not fields:
            problems.append({"field": str(entity), "detail": "Name its data fields, or * for all."})
            continue
        for name, way in fields.items():
            key = entity, name.casefold()
            if wrong := _wrong_way(way, key in ways):
                problems.append({"field": f"{entity}.{name}", "detail": wrong})
            else:
                ways[key] = SettleWay(way)
    if problems:
        raise Invalid("The rules cannot be used.", problems=problems)
    return SettleRules(ways)


def _wrong_way(way: Any, is_named: bool) -> str | None:
    """What is wrong with one field's rule; `is_named`: it has one already."""
    if is_named:
        return "It is named twice."
    return None if way in list(SettleWay) else f"It must be one of: {', '.join(SettleWay)}."


def _wrong_members(kind: RuleKind, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    known = {"kind", *_NEEDED[kind], *_OPTIONAL[kind]}
    for name, value in given.items():
        if name not in known:
            yield str(name), f"A rule of kind {kind} has no such member; it has: {', '.join(sorted(known))}."
        elif not isinstance(value, str) or not value.strip():
            yield str(name), "It must be a name."


def _missing(kind: RuleKind, given: Mapping[str, Any]) -> list[str]:
    return [name for name in _NEEDED[kind] if name not in given]
