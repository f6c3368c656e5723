"""The port `Contracts` over the simulator's own account: the model that also serves HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import TYPE_CHECKING, Any

from sandbox.oneflow.account import changes, drafting
from sandbox.oneflow.account import model as account
from sandbox.oneflow.account.seed import SELLER
from sandbox.oneflow.account.world import By
from sandbox.oneflow.api.access import may_see
from sandbox.oneflow.api.views import Views
from sync_core.adapters.http import Answer
from sync_core.adapters.oneflow.events import event_of
from sync_core.adapters.oneflow.fields import FieldWriter
from sync_core.adapters.oneflow.observed import Observed
from sync_core.engine.model.actor import Actor
from sync_core.engine.model.contracts import (
    Contract,
    ContractEvent,
    ContractField,
    NewContract,
    Template,
    TemplateField,
)
from sync_core.engine.model.instants import known_instant
from sync_core.engine.model.words import ContractState
from sync_core.errors import ConnectionBroken, Gone, Ground, NoAccount, NotAllowed, Refused, Temporary
from tests.torture.catalogue import KINDS
from tests.torture.documents import DocumentsPort
from tests.torture.vendor import TIMEOUT, Vendor

if TYPE_CHECKING:
    from tests.torture.process import Process

_LATEST = 60.0  # seconds after its time-out that a write still comes through
_EVENTS = 100


class OneflowPort(Vendor):
    def __init__(self, process: Process) -> None:
        super().__init__(process, "oneflow")
        self._account = self._world.account
        self._read: dict[int, tuple[account.Contract, Contract]] = {}  # contracts are immutable, on both sides
        wire: Any = _Wire(self)
        monotonic = lambda: self._world.scheduler.time  # noqa: E731 - it reads as what it is
        self._writer = FieldWriter(wire, monotonic, Observed(dict, monotonic))

    def signed_document(self, contract_id: int, most: int) -> bytes | None:
        return DocumentsPort(self._process).signed(contract_id)

    def read(self, contract_id: int, actor: Actor, known: Mapping[int, str] | None = None) -> Contract:
        def act(kind: str | None) -> Contract:
            user = self._user(actor)
            found = self._account.visible(contract_id, stale=kind == "stale_read")
            if kind == "stamped_early" and self._stamp_early(contract_id):
                self._world.faults.meet(kind, "oneflow.read")
                found = self._account.visible(contract_id)
            if kind == "stale_read" and found is not self._account.state.contracts.get(contract_id):
                self._world.faults.meet(kind, "oneflow.read")
            if contract_id in self._world.swapped:
                self._world.faults.meet("template_swapped", "oneflow.read")
            return self._in_a_form(self._model(self._seen(found, contract_id, user, "oneflow.read")), "oneflow.read")

        return self.call("oneflow.read", act)

    def is_hidden(self, contract_id: int) -> bool:
        return self.call("oneflow.read", lambda _: contract_id in self._account.state.contracts)

    def _stamp_early(self, contract_id: int) -> bool:
        """What people typed since our last write is older than it, by another machine's clock."""
        world, contract = self._world, self._account.state.contracts.get(contract_id)
        bases = world.store.partition(contract_id).bases
        if contract is None:
            return False
        early = {}
        for field in contract.fields:
            base = bases.get(field.custom_id.casefold())
            known = known_instant(base.updated_time) if base else None
            typed = world.truth.by_hand.get(("oneflow", contract_id, field.custom_id.casefold()))
            if known and typed and field.updated_time > known and base and base.halves:
                early[field.id] = known - timedelta(seconds=1)
        fields = tuple(replace(one, updated_time=early.get(one.id, one.updated_time)) for one in contract.fields)
        if early:
            self._account.state.contracts[contract_id] = replace(contract, fields=fields)
        return bool(early)

    def _in_a_form(self, contract: Contract, step: str) -> Contract:
        """The same times, written otherwise."""
        if not self._world.time_forms:
            return contract
        form = self._world.time_form.choice(_FORMS)
        self._world.faults.meet("other_time_form", step)
        fields = {
            key: replace(one, updated_time=form(one.updated_time) if one.updated_time else None)
            for key, one in contract.fields.items()
        }
        return replace(contract, fields=fields)

    def write(
        self, contract: Contract, texts: Mapping[str, str], actor: Actor, ask: Callable[[], None]
    ) -> Mapping[str, tuple[str, str | None]]:
        """By the adapter's own loop over forms and requests; the wire is the simulator's model."""
        task = self._world.scheduler.current
        assert task is not None
        task.notes["read"] = contract
        return self._writer.write(contract, texts, actor, ask)

    def put(self, path: str, body: Any, field: int | None, actor: Actor) -> Any:
        """One request of a write."""
        task = self._world.scheduler.current
        assert task is not None
        contract: Contract = task.notes["read"]
        texts = self._texts(contract, body, field)
        if texts is None:
            status = self._world.form_refused_with
            kind = Gone if status == 404 else Refused
            raise kind(f"oneflow answered with status {status}", side="oneflow", status=status, ground=Ground.VALUE)
        self._world.truth.before_write("oneflow", contract.id, contract, texts)
        shown = self.call("oneflow.write", lambda kind: self._write(kind, contract, texts, actor), writing=True)
        answer = [
            {"id": contract.fields[key].id, "custom_id": key, "value": value, "updated_time": at}
            for key, (value, at) in shown.items()
        ]
        return answer[0] if field is not None and answer else answer

    def _texts(self, contract: Contract, body: Any, field: int | None) -> Mapping[str, str] | None:
        """What a body asks for; None where this Oneflow does not take its form."""
        keys = {one.id: key for key, one in contract.fields.items()}
        if field is not None:
            return {keys[field]: body["value"]}
        form = 0 if isinstance(body, Mapping) else 1
        if self._world.one_by_one or form != self._world.many_form:
            return None
        items = body["data_fields"] if form == 0 else body
        return {keys[one["id"]]: one["value"] for one in items}

    def _write(self, kind: str | None, read: Contract, texts: Mapping[str, str], actor: Actor) -> Mapping[str, Any]:
        faults = self._world.faults
        user = self._user(actor)
        self._meanwhile(kind, read, texts)
        current = self._seen(self._account.state.contracts.get(read.id), read.id, user, "oneflow.write")
        if not user.may_write:
            faults.meet("right_lost", "oneflow.write")
            raise NotAllowed("oneflow answered with status 403", side="oneflow", status=403, ground=Ground.PRIVILEGE)
        if current.state not in ("draft", "pending"):
            raise Refused("oneflow answered with status 409", side="oneflow", status=409, ground=Ground.STATE)
        if kind == "timeout_late":
            faults.meet(kind, "oneflow.write")
            late = self._world.chance.uniform(1, _LATEST)
            sent = self._world.scheduler.time
            self._world.scheduler.spawn(
                lambda: self._commit(read, texts, user, sent), name="late write", delay=TIMEOUT + late
            )
            self._world.scheduler.sleep(TIMEOUT)
            raise Temporary("oneflow did not answer", side="oneflow", unclear=True)
        if kind == "changes_nothing":
            faults.meet(kind, "oneflow.write")
            return self._answers(current, texts)
        if kind == "half_applied" and len(texts) > 1:
            faults.meet(kind, "oneflow.write")
            self._commit(read, dict(list(texts.items())[: len(texts) // 2]), user)
            raise Temporary("oneflow answered with status 500", side="oneflow", status=500, unclear=True)
        self._commit(read, texts, user)
        self._world.truth.answered(read.id, texts)
        return self._answers(self._account.state.contracts[read.id], texts)

    def _meanwhile(self, kind: str | None, read: Contract, texts: Mapping[str, str]) -> None:
        """What people do in the one window."""
        if kind == "signed_meanwhile" and self._world.crowd.sign(read.id):
            self._world.faults.meet(kind, "oneflow.write")
        if kind == "deleted_meanwhile" and self._world.crowd.delete_contract(read.id):
            self._world.faults.meet(kind, "oneflow.write")
        if kind == "edited_meanwhile" and self._world.crowd.edit_oneflow(read.id, next(iter(texts))):
            self._world.faults.meet(kind, "oneflow.write")

    def _commit(self, read: Contract, texts: Mapping[str, str], user: account.User, sent: float | None = None) -> None:
        """`sent`: when, where it was long ago."""
        current = self._account.state.contracts.get(read.id)
        if current is None or current.state not in ("draft", "pending"):
            return  # a late one: it is refused, and nobody hears of it
        values: dict[int, str] = {}
        for key, text in texts.items():
            field = current.field(read.fields[key].id)
            if field is not None:
                self._world.truth.oneflow_written(read, key, field.value, text, sent)
                values[field.id] = text
        self._world.truth.signatures_reset(read, current)
        changes.write_fields(self._account, current, values, By(self._account.user_actor(user, current), "api"))

    def _answers(self, current: account.Contract, texts: Mapping[str, str]) -> Mapping[str, Any]:
        shown = self._in_a_form(self._model(current), "oneflow.write").fields
        if any(shown[key].value != text == text.strip() + " " for key, text in texts.items() if key in shown):
            self._world.faults.meet("stored_trimmed", "oneflow.write")
        return {key: (shown[key].value, shown[key].updated_time) for key in texts if key in shown}

    # --- creation -----------------------------------------------------------------------------------------------------

    def create(self, contract: NewContract, actor: Actor) -> Contract:
        def act(_: str | None) -> Contract:
            world, user, at = self._account, self._user(actor), self._account.now()
            template = world.state.templates[contract.template_id]
            kind = world.state.template_types[template.template_type_id or 0]
            unknown = set(contract.fields) - {field.custom_id for field in kind.fields if field.active}
            if unknown:
                raise Refused("oneflow answered with status 400", side="oneflow", status=400)
            us = drafting.person(world, {"name": user.name, "email": user.email, "organizer": True}, user.email)
            them = drafting.person(world, contract.parties[0]["participants"][0])
            parties = (
                account.Party(world.next_id("party"), "company", "Us", at, at, (us,), my_party=True),
                account.Party(world.next_id("party"), "company", str(contract.parties[0]["name"]), at, at, (them,)),
            )
            made = drafting.draft(
                world, user, template, contract.workspace_id, contract.name, contract.fields, parties, "api"
            )
            return self._model(made)

        return self.call("oneflow.create", act, writing=True)

    def created(self, request: Mapping[str, Any], since: datetime) -> Sequence[Contract]:
        def act(_: str | None) -> Sequence[Contract]:
            return [
                self._model(one)
                for one in self._account.state.contracts.values()
                if (one.name, one.template_id, one.workspace_id)
                == (request["name"], request["template_id"], request["workspace_id"])
                and one.created_time >= since
            ]

        return self.call("oneflow.find", act)

    def time(self) -> datetime | None:
        return self._account.now().replace(microsecond=0)

    def templates(self, workspace_id: int | None = None) -> Sequence[Template]:
        def act(_: str | None) -> Sequence[Template]:
            return [
                Template(one.id, one.name, one.template_type_id, self._owner(one))
                for one in self._account.state.templates.values()
                if one.active and (workspace_id is None or workspace_id in one.workspace_ids)
            ]

        return self.call("oneflow.templates", act)

    def template_types(self) -> Sequence[Mapping[str, Any]]:
        def act(_: str | None) -> Sequence[Mapping[str, Any]]:
            kinds = self._account.state.template_types.values()
            return [{"id": one.id, "name": one.name, "extension_type": one.extension_type} for one in kinds]

        return self.call("oneflow.templates", act)

    def template_fields(self, template_type_id: int) -> Sequence[TemplateField]:
        def act(_: str | None) -> Sequence[TemplateField]:
            kind = self._account.state.template_types[template_type_id]
            return [TemplateField(one.custom_id, one.name, one.source, one.active) for one in kind.fields]

        return self.call("oneflow.templates", act)

    # --- the rest -----------------------------------------------------------------------------------------------------

    def events(self, contract_id: int) -> Sequence[ContractEvent]:
        def act(_: str | None) -> Sequence[ContractEvent]:
            found = self._account.state.contracts.get(contract_id)
            self._seen(found, contract_id, self._user(Actor()), "oneflow.events")
            views = Views(self._account, "")
            newest = reversed(self._account.state.events.get(contract_id, ())[-_EVENTS:])
            return [event for row in newest for event in event_of(views.event(row))]

        return self.call("oneflow.events", act)

    def shown(self, contract_id: int, actor: Actor) -> Any:
        """The contract as it is read for fields that an answer left out."""
        contract = self.read(contract_id, actor)
        fields = [
            {"id": one.id, "custom_id": one.custom_id, "name": one.label, "value": one.value,
             "updated_time": one.updated_time}
            for one in contract.fields.values()
        ]  # fmt: skip
        return {"id": contract.id, "name": contract.name, "state": str(contract.state), "data_fields": fields}

    def ping(self) -> None:
        self.call("oneflow.ping", lambda _: self._user(Actor()))

    def contract_url(self, contract_id: int) -> str:
        return f"https://app.oneflow.com/contracts/{contract_id}"

    # --- how ----------------------------------------------------------------------------------------------------------

    def _user(self, actor: Actor) -> account.User:
        user = self._account.user(actor.email or SELLER)
        if user is not None and user.active:
            return user
        if actor.is_machine:
            raise ConnectionBroken("oneflow answered with status 401", side="oneflow", status=401)
        raise NoAccount("Oneflow has no active user with your e-mail address.", side="oneflow", status=401)

    def _seen(
        self, found: account.Contract | None, contract_id: int, user: account.User, step: str
    ) -> account.Contract:
        if found is not None and may_see(user, found):
            return found
        if found or step in KINDS["contract_deleted"][1]:
            self._world.faults.meet("right_lost" if found else "contract_deleted", step)
        raise Gone("oneflow answered with status 404", side="oneflow", status=404, ground=Ground.GONE)

    def _owner(self, template: account.Template) -> str | None:
        kind = self._account.state.template_types.get(template.template_type_id or 0)
        return kind.extension_type if kind else None

    def _model(self, contract: account.Contract) -> Contract:
        """As the adapter reads it from the wire: times to the second, the state as a word."""
        known = self._read.get(contract.id)
        if known is None or known[0] is not contract:
            known = self._read[contract.id] = (contract, self._modelled(contract))
        return known[1]

    def _modelled(self, contract: account.Contract) -> Contract:
        omit = self._account.switches.omit_updated_time
        fields = {
            one.custom_id.casefold(): ContractField(
                one.id, one.custom_id, one.name, one.value, None if omit else wire_time(one.updated_time)
            )
            for one in contract.fields
        }
        signed = any(person.sign_state == "signed" for _, person in contract.participants())
        return Contract(
            contract.id, contract.name, ContractState(contract.state), fields, (), signed, contract.template_type_id,
            contract.template_id, contract.workspace_id, None, contract.created_time.replace(microsecond=0),
            frozenset(one.email.casefold() for party, one in contract.participants() if not party.my_party),
        )  # fmt: skip


class _Wire:
    """What the adapter's loop asks: the rate limit is met elsewhere."""

    def __init__(self, port: OneflowPort) -> None:
        self._port = port

    def ask(self) -> None: ...

    def call(self, verb: str, path: str, actor: Actor, *, at: Mapping[str, Any], json: Any = None) -> Answer:
        if verb == "GET":
            return Answer(200, {}, self._port.shown(int(at["id"]), actor))
        return Answer(200, {}, self._port.put(path, json, at.get("field"), actor))


def _in_offset(hours: int) -> Callable[[str], str]:
    zone = timezone(timedelta(hours=hours))
    return lambda text: datetime.fromisoformat(text).astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S%z")


_FORMS: Sequence[Callable[[str], str]] = (
    lambda text: text,
    lambda text: text.replace("+0000", "Z"),
    lambda text: text.replace("+0000", "+00:00"),
    lambda text: text.replace("+0000", ".000+0000"),
    lambda text: text.replace("+0000", ".000000Z"),
    _in_offset(2),
    _in_offset(-7),
)


@cache
def wire_time(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}+0000"
