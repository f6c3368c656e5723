"""Which record a contract belongs to, by what the rules found. Several candidates are a question, never a guess."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sync_core.engine.model.contracts import Contract
from sync_core.engine.model.ids import canonical_id, is_guid
from sync_core.engine.switching.rules import Rule, RuleKind

Record = tuple[str, str]  # table, id


class Finding(StrEnum):
    """What is known of one contract."""

    SURE = "sure"
    SUGGESTED = "suggested"
    SEVERAL = "several"
    NONE = "none"
    LINKED = "linked"
    NO_RIGHT = "no_right"
    OWNED = "owned"  # by Oneflow's own app, and nobody has opened its template type yet

    @property
    def may_be_linked(self) -> bool:
        return self in (Finding.SURE, Finding.SUGGESTED, Finding.SEVERAL)


@dataclass(frozen=True, slots=True)
class Match:
    """`rule`: the one that found the candidates; None where none did."""

    finding: Finding
    rule: Rule | None = None
    candidates: tuple[Record, ...] = ()


def matched(found: Sequence[tuple[Rule, Iterable[Record]]]) -> Match:
    """The first certain rule that found anything decides, then the first suggestion that did. A record that a rule
    finds twice is one candidate."""
    by_certainty = sorted(found, key=lambda one: not one[0].kind.is_certain)  # stable: the order stays
    for rule, records in by_certainty:
        candidates = tuple(dict.fromkeys(records))
        if len(candidates) > 1:
            return Match(Finding.SEVERAL, rule, candidates)
        if candidates:
            return Match(Finding.SURE if rule.kind.is_certain else Finding.SUGGESTED, rule, candidates)
    return Match(Finding.NONE)


def field_value(rule: Rule, contract: Contract) -> str | None:
    """What the contract holds for a rule by data field; None where it holds nothing that could be looked for."""
    field = contract.fields.get(rule.field.casefold())
    text = field.value.strip() if field else ""
    if not text:
        return None
    if rule.column:
        return text
    known = canonical_id(text)
    return known if is_guid(known) else None


def looked_for(rule: Rule, contract: Contract) -> frozenset[str]:
    """The texts that a rule looks for in Dynamics, of one contract."""
    match rule.kind:
        case RuleKind.CONTRACT_TABLE:
            return frozenset({str(contract.id)})
        case RuleKind.DATA_FIELD:
            value = field_value(rule, contract)
            return frozenset({value}) if value is not None else frozenset()
        case RuleKind.NAME:
            return frozenset({name}) if (name := contract.name.strip()) else frozenset()
        case RuleKind.COUNTERPARTY:
            return frozenset()  # it looks for accounts first: numbers and addresses


def same(value: str) -> str:
    """How two texts are compared that Dynamics found for each other: it looks at neither case nor blanks around."""
    return " ".join(value.split()).casefold()


def by_value(pairs: Iterable[tuple[str, Record]]) -> Mapping[str, list[Record]]:
    """What Dynamics found, by the value it was found by."""
    grouped: dict[str, list[Record]] = {}
    for value, record in pairs:
        grouped.setdefault(same(value), []).append(record)
    return grouped
