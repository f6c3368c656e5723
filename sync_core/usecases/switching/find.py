"""Finding which contracts that exist already belong to which records. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from sync_core.engine.deciding.view import Scene
from sync_core.engine.model.actor import MACHINE
from sync_core.engine.model.base import WhyOpen
from sync_core.engine.model.contracts import Contract
from sync_core.engine.model.ids import canonical_id, is_guid
from sync_core.engine.model.link import Link
from sync_core.engine.model.mapping import EntityMapping
from sync_core.engine.model.words import ContractState
from sync_core.engine.switching.comparing import compared
from sync_core.engine.switching.matching import Finding, Match, Record, by_value, looked_for, matched, same
from sync_core.engine.switching.plan_lines import LinkLine
from sync_core.engine.switching.rules import Rule, RuleKind
from sync_core.errors import Gone, Invalid, NotAllowed, Refused, SyncError
from sync_core.usecases.ports import Contracts, Records
from sync_core.usecases.stores import Links, Mappings
from sync_core.usecases.switching.patience import Patience
from sync_core.usecases.switching.takeover import Takeover
from sync_core.usecases.sync.open import Reads, columns_read
from sync_core.usecases.sync.read import read_by

_REACH = 20_000  # contracts that a list gives out: https://developer.oneflow.com/docs/pagination
_STATES = tuple(one for one in ContractState if one is not ContractState.UNKNOWN)
_MOST_CANDIDATES = 10  # of one contract are shown
_DELETED = "the record no longer exists"
_NOWHERE = "00000000-0000-0000-0000-000000000000"
_ACCOUNT, _CONTACT, _CONTACTS_EMAIL, _CONTACTS_COMPANY = "account", "contact", "emailaddress1", "parentcustomerid"

Given = TypeVar("Given")
Found = TypeVar("Found")
OfContracts = Mapping[int, list[Record]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in Oneflow's lists a plan goes on: a state, where they are read by state, and the contracts before it."""

    state: str | None
    offset: int
    total: int


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of one page of contracts; `total` contracts there are in all, and `after` is where the next begins."""

    lines: Sequence[LinkLine]
    contracts: int
    total: int
    after: Place


class FindLinks:
    """`pool` reads the contracts of a page side by side."""

    def __init__(
        self,
        links: Links,
        mappings: Mappings,
        records: Records,
        contracts: Contracts,
        takeover: Takeover,
        pool: Executor,
        patience: Patience,
    ) -> None:
        self._links, self._mappings, self._records, self._contracts = links, mappings, records, contracts
        self._takeover, self._pool, self._patience = takeover, pool, patience

    def pages(self, rules: Sequence[Rule], place: Place | None = None, seen: Iterable[int] = ()) -> Iterator[Page]:
        """From the start, or from a place on: then `seen` are the contracts of the pages before it. Invalid, before
        anything is read, where a rule names what is not there."""
        self.check(rules)
        closed = self._patience.work(self._takeover.closed)
        known = set(seen)
        for contracts, after in self._listed(place):
            fresh = [one for one in contracts if one.id not in known]  # a list that grew meanwhile shows some twice
            known.update(one.id for one in fresh)
            yield Page(self._lines(rules, fresh, closed), len(fresh), after.total, after)

    # --- the rules ----------------------------------------------------------------------------------------------------

    def check(self, rules: Sequence[Rule]) -> None:
        """Invalid where a rule names what is not there."""
        problems: list[Mapping[str, object]] = []
        for place, rule in enumerate(rules):
            try:
                self._patience.work(partial(self._try, rule), asks_oneflow=False)
            except NotAllowed as error:
                problems.append({"row": place, "field": rule.kind, "detail": _no_right(error)})
            except (Gone, Refused, Invalid) as error:
                problems.append({"row": place, "field": rule.kind, "detail": str(error)})
        if problems:
            raise Invalid("The rules cannot be used.", problems=problems)

    def _try(self, rule: Rule) -> None:
        """As each query will be made, for what nothing can have."""
        if rule.entity and not self._mapping(rule.entity).fields:
            raise Invalid(f"No field mapping is saved for the table {rule.entity!r}: map its fields first.")
        match rule.kind:
            case RuleKind.CONTRACT_TABLE:
                self._try_contract_table(rule)
            case RuleKind.DATA_FIELD:
                list(self._records.find(rule.entity, self._column(rule), [_NOWHERE]))
            case RuleKind.NAME:
                list(self._records.find(rule.entity, self._records.key_names(rule.entity)[1], [_NOWHERE]))
            case RuleKind.COUNTERPARTY:
                list(self._records.find(rule.entity, rule.account_column, [_NOWHERE]))
                for column in filter(None, (rule.number_column, rule.email_column)):
                    list(self._records.find(_ACCOUNT, column, [_NOWHERE]))

    def _try_contract_table(self, rule: Rule) -> None:
        list(self._records.find(rule.table, rule.contract_column, ["0"], rule.record_column))
        if not rule.entity and not self._is_lookup(rule.table, rule.record_column):
            text = f"{rule.table}.{rule.record_column} is no lookup: name the table of its records, too (entity)."
            raise Invalid(text)

    def _is_lookup(self, entity: str, column: str) -> bool:
        try:
            self._records.target_columns(entity, column)
        except Gone:
            return False
        return True

    def _column(self, rule: Rule) -> str:
        return rule.column or self._records.key_names(rule.entity)[0]

    # --- the contracts ------------------------------------------------------------------------------------------------

    def _listed(self, place: Place | None = None) -> Iterator[tuple[Sequence[Contract], Place]]:
        """Page by page; by state, where there are more than one list gives out."""
        if place is None:
            yield from self._from_the_start()
        elif place.state is None:
            yield from self._all(place)
        else:
            yield from self._all(place)
            for state in _STATES[_STATES.index(ContractState(place.state)) + 1 :]:
                yield from self._all(Place(state, 0, place.total))

    def _from_the_start(self) -> Iterator[tuple[Sequence[Contract], Place]]:
        _, total = self._page(0, None)
        if total <= _REACH:
            yield from self._all(Place(None, 0, total))
            return
        for state in _STATES:
            _, some = self._page(0, state)
            if some > _REACH:
                text = f"{some} contracts are {state}, and Oneflow lists no more than {_REACH} of them."
                raise Invalid(text)
        yield from self._listed(Place(_STATES[0], 0, total))

    def _all(self, place: Place) -> Iterator[tuple[Sequence[Contract], Place]]:
        offset = place.offset
        while offset < _REACH:
            contracts, some = self._page(offset, place.state)
            if not contracts:
                return
            offset += len(contracts)
            yield contracts, replace(place, offset=offset)
            if offset >= some:
                return

    def _page(self, offset: int, state: str | None) -> tuple[Sequence[Contract], int]:
        return self._patience.work(lambda: self._contracts.listed(offset, state))

    # --- a page -------------------------------------------------------------------------------------------------------

    def _lines(self, rules: Sequence[Rule], listed: Sequence[Contract], closed: frozenset[int]) -> list[LinkLine]:
        links = dict(zip((one.id for one in listed), self._each(self._link, listed), strict=True))
        free = [one for one in listed if links[one.id] is None]
        reads = dict(zip((one.id for one in free), self._each(self._contract, free), strict=True))
        read = [one for one in reads.values() if isinstance(one, Contract) and one.template_type_id not in closed]
        matches = self._matches(rules, read)
        shown = self._each(lambda one: self._told(one, links[one.id], reads.get(one.id), matches.get(one.id)), listed)
        return [line for lines in shown for line in lines]

    def _each(self, work: Callable[[Given], Found], given: Sequence[Given]) -> list[Found]:
        return list(self._pool.map(work, given))

    def _link(self, contract: Contract) -> Link | None:
        opened = self._links.open(contract.id)
        return opened.link if opened else None

    def _contract(self, listed: Contract) -> Contract | SyncError:
        try:
            return self._patience.work(lambda: self._contracts.read(listed.id, MACHINE))
        except (Gone, NotAllowed) as error:
            return error

    def _told(
        self, listed: Contract, link: Link | None, read: Contract | SyncError | None, match: Match | None
    ) -> list[LinkLine]:
        alone = LinkLine(listed.id, listed.name, str(listed.state), Finding.NONE)
        if link is not None:
            return [_but(alone, Finding.LINKED, "linked already", link.record)]
        if not isinstance(read, Contract):
            return [_but(alone, Finding.NO_RIGHT, "Oneflow does not show this contract to ONEFLOW_USER_EMAIL")]
        alone = LinkLine(read.id, read.name or listed.name, str(read.state), Finding.NONE)
        if match is None:
            why = f"Oneflow's own app owns template type {read.template_type_id}: open it first"
            return [_but(alone, Finding.OWNED, why)]
        if not match.candidates:
            return [alone]
        return self._candidates(alone, read, match)

    def _candidates(self, alone: LinkLine, contract: Contract, match: Match) -> list[LinkLine]:
        found = [self._candidate(alone, contract, match, one) for one in match.candidates[:_MOST_CANDIDATES]]
        there = [one for one in found if one.finding is not Finding.NONE]
        if not there:
            return found[:1]  # each says why it is none
        deleted = sum(one.why == _DELETED for one in found)
        if match.finding is Finding.SEVERAL and len(there) == 1 and 1 + deleted == len(match.candidates):
            return [_only_one(there[0], match)]
        return there

    def _candidate(self, alone: LinkLine, contract: Contract, match: Match, record: Record) -> LinkLine:
        entity, record_id = record
        rule = match.rule.told if match.rule else ""
        pair = LinkLine(alone.contract_id, alone.name, alone.state, match.finding, rule, entity, record_id)
        mapping = self._mapping(entity)
        if not mapping.fields:
            return _but(pair, Finding.NONE, "no field mapping is saved for its table")
        try:
            scene = self._patience.work(lambda: self._scene(mapping, contract, record_id), asks_oneflow=False)
        except Gone:
            return _but(pair, Finding.NONE, _DELETED)
        except NotAllowed:
            return _but(pair, Finding.NO_RIGHT, "the application user may not read this record")
        seen = compared(scene)
        return replace(
            pair, record=scene.record.name, fields=seen.fields, first_writes=seen.first_writes, seen=seen.digest
        )

    def _scene(self, mapping: EntityMapping, contract: Contract, record_id: str) -> Scene:
        record, columns = read_by(self._records, mapping.entity, record_id, columns_read(mapping), mapping, MACHINE)
        return unlinked(Reads(mapping, columns, contract, record))

    def _mapping(self, entity: str) -> EntityMapping:
        return self._mappings.get(entity) or EntityMapping(entity)

    # --- whom the rules find ------------------------------------------------------------------------------------------

    def _matches(self, rules: Sequence[Rule], contracts: Sequence[Contract]) -> Mapping[int, Match]:
        """A rule asks only about contracts for which no rule before it, that is as certain, found anything."""
        found: dict[int, list[tuple[Rule, list[Record]]]] = {one.id: [] for one in contracts}
        open_ = {one.id: one for one in contracts}
        for rule in sorted(rules, key=lambda one: not one.kind.is_certain):
            by_contract = self._patience.work(partial(self._by_rule, rule, list(open_.values())), asks_oneflow=False)
            for contract_id, records in by_contract.items():
                if records:
                    found[contract_id].append((rule, records))
                    open_.pop(contract_id, None)
        return {contract_id: matched(one) for contract_id, one in found.items()}

    def _by_rule(self, rule: Rule, contracts: Sequence[Contract]) -> OfContracts:
        if not contracts:
            return {}
        if rule.kind is RuleKind.COUNTERPARTY:
            return self._by_counterparty(rule, contracts)
        wanted = {one.id: looked_for(rule, one) for one in contracts}
        values = frozenset[str]().union(*wanted.values())
        found = by_value(self._found(rule, values))
        return {
            contract_id: [record for text in texts for record in found.get(same(text), ())]
            for contract_id, texts in wanted.items()
        }

    def _found(self, rule: Rule, values: frozenset[str]) -> Iterator[tuple[str, Record]]:
        if rule.kind is RuleKind.CONTRACT_TABLE:
            for row in self._records.find(rule.table, rule.contract_column, values, rule.record_column):
                entity, colon, record_id = row.shown.partition(":")
                if colon and is_guid(record_id):
                    yield row.value, (entity, record_id)
                elif rule.entity and is_guid(known := canonical_id(row.shown)):
                    yield row.value, (rule.entity, known)
            return
        column = self._records.key_names(rule.entity)[1] if rule.kind is RuleKind.NAME else self._column(rule)
        for row in self._records.find(rule.entity, column, values):
            yield row.value, (rule.entity, row.id)

    def _by_counterparty(self, rule: Rule, contracts: Sequence[Contract]) -> OfContracts:
        """Contracts' numbers and addresses lead to accounts, accounts to records."""
        numbers = {one.id: _spellings(one.organisations) if rule.number_column else set() for one in contracts}
        emails = {one.id: set(one.invited) if rule.email_column else set() for one in contracts}
        accounts = self._accounts(rule, _all(numbers.values()), _all(emails.values()))
        records: dict[str, list[str]] = {}
        for row in self._records.find(rule.entity, rule.account_column, _all(accounts.values())):
            records.setdefault(row.value.lower(), []).append(row.id)
        return {
            one.id: [
                (rule.entity, record_id)
                for text in sorted(numbers[one.id] | emails[one.id])
                for account in sorted(accounts.get(same(text), ()))
                for record_id in records.get(account, ())
            ]
            for one in contracts
        }

    def _accounts(self, rule: Rule, numbers: set[str], emails: set[str]) -> Mapping[str, set[str]]:
        """Accounts by the number or address that leads to them; a contact's address leads to its company."""
        accounts: dict[str, set[str]] = {}
        if rule.number_column:
            for row in self._records.find(_ACCOUNT, rule.number_column, numbers):
                accounts.setdefault(same(row.value), set()).add(row.id)
        if rule.email_column:
            for row in self._records.find(_ACCOUNT, rule.email_column, emails):
                accounts.setdefault(same(row.value), set()).add(row.id)
            for row in self._records.find(_CONTACT, _CONTACTS_EMAIL, emails, _CONTACTS_COMPANY):
                table, _, account = row.shown.partition(":")
                if table == _ACCOUNT:
                    accounts.setdefault(same(row.value), set()).add(account)
        return accounts


def _no_right(error: NotAllowed) -> str:
    which = f" ({error.missing} is missing)" if error.missing else ""
    return (
        f"Who reads for this plan may not read what the rule names{which}: give the application user that right, or "
        "make the plan with the command-line tool, signed in as somebody who has it."
    )


def unlinked(reads: Reads) -> Scene:
    """Both sides as they are compared before they are linked."""
    return Scene(reads.mapping, reads.columns, reads.contract, reads.record, {}, origin=WhyOpen.LINKED)


def _only_one(line: LinkLine, match: Match) -> LinkLine:
    """The others were deleted: what is left is what the rule found."""
    if not line.finding.may_be_linked:
        return line
    return _but(line, Finding.SURE if match.rule and match.rule.kind.is_certain else Finding.SUGGESTED)


def _but(line: LinkLine, finding: Finding, why: str = "", record: Record | None = None) -> LinkLine:
    entity, record_id = record or (line.entity, line.record_id)
    return replace(line, finding=finding, entity=entity, record_id=record_id, why=why or line.why)


def _spellings(numbers: Iterable[str]) -> set[str]:
    """As it stands, and without what people put between the digits."""
    return {one for number in numbers for one in (number.strip(), number.translate(_BETWEEN).strip()) if one}


_BETWEEN = str.maketrans("", "", " .-")


def _all(groups: Iterable[Iterable[str]]) -> set[str]:
    return {one for group in groups for one in group}
