"""Creating a contract from a record: the intent first, then one request to Oneflow, then the link with its bases."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, NoReturn

from sync_core.engine.deciding.creation import (
    is_proved,
    left_empty,
    plan_create,
    proof_of,
    settle_created,
    texts_sent,
    too_long_in_utf16,
)
from sync_core.engine.deciding.party_fields import invite
from sync_core.engine.deciding.people_invited import not_created, put_right, refused_people
from sync_core.engine.deciding.plan import Plan
from sync_core.engine.model.actor import MACHINE, Actor, Cause
from sync_core.engine.model.contracts import Contract, NewContract, Template
from sync_core.engine.model.jobs import CreationJob
from sync_core.engine.model.link import Creation, Link
from sync_core.engine.model.mapping import EntityMapping
from sync_core.engine.rows.key_columns import keys_read
from sync_core.errors import (
    Busy,
    ConnectionBroken,
    CreationRefused,
    Gone,
    Invalid,
    NotAllowed,
    RateLimited,
    Refused,
    SyncError,
    Taken,
    Temporary,
)
from sync_core.usecases.people.linking import Linking
from sync_core.usecases.people.rights import Rights
from sync_core.usecases.ports import Clock, Contracts, Records
from sync_core.usecases.stores import Creations, Jobs, Mappings
from sync_core.usecases.sync.open import Opener
from sync_core.usecases.sync.read import have_moved, read_by

log = logging.getLogger(__name__)

NAME_LIMIT = 130
_SAME = timedelta(minutes=2)  # an identical request without a key is taken for a second click for this long
Filled = tuple[Plan, Sequence[Mapping[str, Any]]]  # what the record fills in: data fields, and the parties
_ASK_AFTER = 120.0  # a creation whose end nobody saw is looked for after this many seconds
_EARLIER = (15.0, 60.0)  # and after these, where it is known that its answer was lost
_CLOCKS = timedelta(minutes=10)  # how far a clock may be off where Oneflow's own time is not known
_ONEFLOWS = timedelta(seconds=5)  # and how far the clocks of Oneflow's machines may be from each other


@dataclass(frozen=True, slots=True)
class NewContractRequest:
    """What a person asks for. `parties` are in Oneflow's shape; `idempotency_key`: asking again makes no second."""

    template_id: int
    workspace_id: int
    name: str
    parties: tuple[Mapping[str, Any], ...] = ()
    idempotency_key: str | None = None

    @property
    def digest(self) -> str:
        content = [self.template_id, self.workspace_id, self.name, [dict(party) for party in self.parties]]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


class CreateContract:
    def __init__(
        self,
        records: Records,
        contracts: Contracts,
        mappings: Mappings,
        creations: Creations,
        linking: Linking,
        opener: Opener,
        rights: Rights,
        jobs: Jobs,
        clock: Clock,
        taken_over: Callable[[], frozenset[int]],
    ) -> None:
        self._records, self._contracts, self._mappings = records, contracts, mappings
        self._creations, self._linking, self._rights = creations, linking, rights
        self._opener, self._jobs, self._clock = opener, jobs, clock
        self._taken_over = taken_over

    def run(self, entity: str, record_id: str, request: NewContractRequest, actor: Actor) -> dict[str, Any]:
        """The result (DESIGN 4.3). Invalid, NotAllowed, Gone; Taken: a key used otherwise; Busy: it is being made."""
        if not request.name.strip() or len(request.name) > NAME_LIMIT:
            raise Invalid(f"A contract's name has 1 to {NAME_LIMIT} characters.", problems=[{"field": "name"}])
        self._rights.must_write(entity, record_id, actor)
        template = self._template(request.template_id, request.workspace_id)
        plan, parties = self._filled(entity, record_id, template, request, actor)
        creation = Creation(
            key=request.idempotency_key or f"same-{request.digest}",
            entity=entity,
            record_id=record_id,
            request_digest=request.digest,
            started_at=self._clock.now(),
            request={"name": request.name, "template_id": request.template_id, "workspace_id": request.workspace_id},
            proof=proof_of(texts_sent(plan), parties, self._defaults(template)),
            asked_at=self._contracts.time(),
        )
        if (known := self._started(creation, request)) is not None:
            return known
        # Whatever becomes of this process, somebody will look how the creation ended.
        self._jobs.put(CreationJob(entity, record_id, creation.key), delay=_ASK_AFTER)
        contract, plan = self._make(creation, request, template, (plan, parties), actor)
        return self._link(creation, settle_created(plan, contract), contract, actor)

    def preview(self, entity: str, record_id: str, template_id: int, workspace_id: int, actor: Actor) -> Plan:
        """What would go into a contract that is made now; nothing is made."""
        self._rights.must_read(entity, record_id, actor)
        return self._plan(entity, record_id, self._template(template_id, workspace_id), actor)

    def _started(self, creation: Creation, request: NewContractRequest) -> dict[str, Any] | None:
        """What an earlier request with this key made; None where this one goes ahead."""
        known = self._creations.start(creation)
        if known is None:
            return None
        if known.candidates and known.contract_id is None and known.request_digest == request.digest:
            known = self._chosen(known)
        if request.idempotency_key is not None or known.result is None:
            return _repeated(known, request)
        if creation.started_at - known.started_at < _SAME:
            text = "The same contract was created a moment ago; send an idempotency_key to create another."
            raise Taken(text, body={"contract_id": known.contract_id})
        self._creations.forget(known)
        if self._creations.start(creation) is not None:
            raise Busy("This contract is being created; look again shortly.", retry_after=5)
        return None

    def _chosen(self, unclear: Creation) -> Creation:
        """With the candidate that a person linked. Taken while nobody has."""
        answered = _answer(unclear, [self._linking.link_of(contract_id) for contract_id in unclear.candidates])
        if answered is None:
            raise Taken(_UNCLEAR, body={"candidates": list(unclear.candidates)})
        return self._answered(unclear, answered)

    def recover(self, job: CreationJob) -> None:
        """The `creation` job: one whose end nobody saw is linked if Oneflow has it, or forgotten if it has not."""
        creation = self._creations.get(job.entity, job.record_id, job.key)
        if creation is None or creation.contract_id is not None:
            return
        since = creation.asked_at - _ONEFLOWS if creation.asked_at else creation.started_at - _CLOCKS
        made = self._contracts.created(creation.request, since)
        links = {contract.id: self._linking.link_of(contract.id) for contract in made}
        free = [one for one in made if _may_be_its(links[one.id])]
        as_made = [one for one in free if _is_as_made(links[one.id])]
        proved = self._proved(creation, as_made)
        linked = _its_link(creation, links, proved)
        if linked is not None:
            # It had come to its link; only that was not written down.
            self._answered(creation, linked)
        elif proved is not None:
            self._found(creation, Link(proved.id, creation.entity, creation.record_id), job)
        elif not job.again:  # else it may show up yet: a later look decides
            self._not_found(creation, as_made or free)

    def _not_found(self, creation: Creation, candidates: Sequence[Contract]) -> None:
        """Oneflow did not make it; or nobody knows which of these it is."""
        if candidates:
            self._asks_a_person(creation, sorted(contract.id for contract in candidates), _UNCLEAR)
        self._creations.forget(creation)
        log.warning("creation.forgotten entity=%s record_id=%s", creation.entity, creation.record_id)

    def _proved(self, creation: Creation, contracts: Sequence[Contract]) -> Contract | None:
        """The only one that is proved to be the creation's."""
        if self._has_twin(creation):
            return None
        found = [one for one in contracts if is_proved(one, creation)]
        return found[0] if len(found) == 1 else None

    def _found(self, creation: Creation, link: Link, job: CreationJob) -> None:
        """Link what is proved to be the creation's; where the record cannot be read any more, a person decides."""
        try:
            opened = self._opener.read(link, MACHINE)
        except (Gone, NotAllowed):
            if not job.again:
                self._asks_a_person(creation, [link.contract_id], _MADE_FOR_NONE)
            return
        self._linking.link_found(creation, opened)
        self._creations.finish(creation, link.contract_id, {"contract_id": link.contract_id, "recovered": True})
        log.warning("creation.recovered contract_id=%s", link.contract_id)

    def _asks_a_person(self, creation: Creation, candidates: list[int], why: str) -> NoReturn:
        self._creations.unclear(creation, candidates)
        log.error("creation.unclear entity=%s record_id=%s", creation.entity, creation.record_id)
        raise Refused(f"{why} Contracts: {', '.join(map(str, candidates))}.")

    def _has_twin(self, creation: Creation) -> bool:
        """Whether another creation of the record, whose end is not known either, carried all the same."""
        others = self._creations.of_record(creation.entity, creation.record_id)
        mine = (creation.request, creation.proof)
        return any(
            one.key != creation.key and one.contract_id is None and (one.request, one.proof) == mine for one in others
        )

    def _answered(self, creation: Creation, link: Link) -> Creation:
        result = {"contract_id": link.contract_id, "recovered": True}
        self._creations.finish(creation, link.contract_id, result)
        return replace(creation, contract_id=link.contract_id, result=result)

    def _template(self, template_id: int, workspace_id: int) -> Template:
        found = [one for one in self._contracts.templates(workspace_id) if one.id == template_id]
        if not found:
            text = "There is no such active template in this workspace."
            raise Invalid(text, problems=[{"field": "template_id", "detail": text}])
        if found[0].is_owned and found[0].template_type_id not in self._taken_over():
            text = (
                "Oneflow's own Dynamics app owns this template's type and would write the same fields; use another, or "
                "have an administrator take the template type over."
            )
            raise Invalid(text, problems=[{"field": "template_id", "detail": text}])
        return found[0]

    def _defaults(self, template: Template) -> Mapping[str, str]:
        """What a contract of this template shows by itself."""
        type_id = template.template_type_id
        fields = self._contracts.template_fields(type_id) if type_id is not None else []
        return {field.custom_id.casefold(): field.value for field in fields}

    def _plan(self, entity: str, record_id: str, template: Template, actor: Actor, country: str | None = None) -> Plan:
        mapping = self._mappings.get(entity) or EntityMapping(entity)
        wanted = {row.dynamics_column for row in mapping.fields} | keys_read(mapping.fields)
        record, columns = read_by(self._records, entity, record_id, wanted, mapping, actor)
        type_id = template.template_type_id
        fields = self._contracts.template_fields(type_id) if type_id is not None else []
        labels = {field.custom_id.casefold(): field.name for field in fields if field.active}
        plan = plan_create(mapping, columns, record, labels, country)
        if plan.has_unknown:
            self._records.forget_columns(entity, wanted)
        if plan.has_unknown or (plan.doubtful and have_moved(self._records, entity, wanted, mapping, columns)):
            record, columns = read_by(self._records, entity, record_id, wanted, mapping, actor)
            plan = plan_create(mapping, columns, record, labels, country)
        return plan

    def _filled(
        self, entity: str, record_id: str, template: Template, request: NewContractRequest, actor: Actor
    ) -> Filled:
        given = request.parties[0].get("country_code") if request.parties else None
        plan = self._plan(entity, record_id, template, actor, given if isinstance(given, str) else None)
        parties, steps = invite(request.parties, plan.steps)
        return replace(plan, steps=tuple(steps)), put_right(parties)

    def _make(
        self, creation: Creation, request: NewContractRequest, template: Template, filled: Filled, actor: Actor
    ) -> tuple[Contract, Plan]:
        try:
            try:
                return self._create(request, filled, actor), filled[0]
            except Refused as refused:
                return self._once_more(creation, request, template, filled, actor, refused)
        except (Invalid, Refused, NotAllowed, Gone, RateLimited, ConnectionBroken):
            self._creations.forget(creation)
            raise
        except Temporary as error:
            if not error.unclear:
                self._creations.forget(creation)
                raise
            self._creations.lost(creation)
            for delay in _EARLIER:
                self._jobs.put(CreationJob(creation.entity, creation.record_id, creation.key, again=True), delay=delay)
            raise Temporary(_LOST, side="oneflow", unclear=True, retry_after=_EARLIER[0]) from error

    def _once_more(
        self,
        creation: Creation,
        request: NewContractRequest,
        template: Template,
        filled: Filled,
        actor: Actor,
        refused: Refused,
    ) -> tuple[Contract, Plan]:
        """Without the fields that were refused, which stay empty; a person is never left out. The template may have
        changed since it was read, too: a refusal makes the next look a fresh one."""
        fields = _refused_fields(refused, filled)
        plan, parties = self._filled(creation.entity, creation.record_id, template, request, actor)
        now = left_empty(plan, fields or too_long_in_utf16(plan)), parties
        if texts_sent(now[0]) == texts_sent(filled[0]):
            raise _in_words(refused, filled) from refused
        try:
            return self._create(request, now, actor), now[0]
        except Refused as again:
            _refused_fields(again, now)
            raise _in_words(again, now) from again

    def _create(self, request: NewContractRequest, filled: Filled, actor: Actor) -> Contract:
        new = NewContract(request.template_id, request.workspace_id, request.name, texts_sent(filled[0]), filled[1])
        return self._contracts.create(new, actor)

    def _link(self, creation: Creation, plan: Plan, contract: Contract, actor: Actor) -> dict[str, Any]:
        self._linking.link_created(
            Link(contract.id, creation.entity, creation.record_id, creation=creation.id),
            contract,
            plan,
            Cause("create", actor),
        )
        result = plan.to_json()
        self._creations.finish(creation, contract.id, result)
        log.info(
            "contract.created contract_id=%s entity=%s record_id=%s", contract.id, creation.entity, creation.record_id
        )
        return result


_UNCLEAR = (
    "Oneflow has contracts of this name, one of which may be the one that was asked for before: link the right one, "
    "or create another with a new idempotency_key."
)
_MADE_FOR_NONE = (
    "Oneflow made this contract, but the record that it was made for is deleted, or the app may not read it any more: "
    "link it to another record, delete it in Oneflow, or mend the app's right and replay this."
)
_LOST = "Oneflow gave no answer. Whether it made the contract is being looked for; no second one is made meanwhile."


def _refused_fields(refused: Refused, filled: Filled) -> Mapping[str, str]:
    """The data fields that were why. Invalid where it was a person, who is named."""
    if not isinstance(refused, CreationRefused):
        return {}
    people = refused_people(filled[1], refused.places)
    if people:
        raise not_created(people) from refused
    return refused.fields


def _in_words(refused: Refused, filled: Filled) -> SyncError:
    """What was refused by its names, as far as Oneflow told."""
    if not isinstance(refused, CreationRefused) or not (refused.fields or refused.places):
        return refused
    labels = {step.row.oneflow_field: step.oneflow_label for step in filled[0].steps}
    told = {name: f"{labels.get(name) or name}: {text}" for name, text in refused.fields.items()}
    told |= {place: f"{place}: {text}" for place, text in refused.places.items()}
    return not_created([{"field": place, "detail": text} for place, text in told.items()])


def _may_be_its(link: Link | None) -> bool:
    """One that a person linked meanwhile may be it as well as one that nobody did; another creation's is not."""
    return link is None or link.creation is None


def _is_as_made(link: Link | None) -> bool:
    """What was written to a contract since it was linked makes it look like the creation's, and proves nothing."""
    return link is None or link.history_count <= 1


def _its_link(creation: Creation, links: Mapping[int, Link | None], proved: Contract | None) -> Link | None:
    """The link that says whose it is; else that of what is proved to be the creation's, or the one a person chose."""
    ours = [link for link in links.values() if link and link.creation == creation.id]
    if ours:
        return ours[0]
    return links[proved.id] if proved is not None else _answer(creation, links.values())


def _answer(creation: Creation, links: Iterable[Link | None]) -> Link | None:
    """The candidate that a person linked to the record once it was known that nobody knows which it is."""
    return next(
        (
            link
            for link in links
            if link and (link.entity, link.record_id) == (creation.entity, creation.record_id)
            if link.contract_id in creation.candidates and link.creation is None
        ),
        None,
    )


def _repeated(known: Creation, request: NewContractRequest) -> dict[str, Any]:
    if known.request_digest != request.digest:
        raise Taken("This idempotency_key was used for another contract; use a new one.")
    if known.result is None:
        text = _LOST if known.lost else "This contract is being created; look again shortly."
        raise Busy(text, retry_after=_EARLIER[0] if known.lost else 5)
    return dict(known.result)
