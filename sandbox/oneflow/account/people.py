"""What people do in Oneflow's own web app: counterparties and colleagues edit, sign, decline; time runs out."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.oneflow.account import changes, drafting
from sandbox.oneflow.account.model import Contract, Participant, Party, Template, TemplateField, TemplateType, User
from sandbox.oneflow.account.world import By, World

COUNTERPARTY, COLLEAGUE = "counterparty", "colleague"


class NotPossible(Exception):
    """The web app would not offer this in the contract's present state, or to this person."""


class People:
    """`who` acts: `counterparty`, `colleague`, or an e-mail (of a participant, or of a user of the account).

    Raises NotPossible, or KeyError for unknown ids.
    """

    def __init__(self, world: World, lock: threading.RLock) -> None:
        self._world = world
        self._lock = lock

    # Contracts

    def create(
        self, template_id: int, workspace_id: int, name: str, data_fields: Mapping[str, str] | None = None,
        counterparty: str = "Nordlys AS", counterparty_email: str = "ola@nordlys.example", who: str = COLLEAGUE,
        counterparty_number: str = "",
    ) -> Contract:  # fmt: skip
        """A colleague makes a contract by hand, with one signatory on either side."""
        with self._lock:
            world = self._world
            user = self._user(who)
            template = world.state.templates[template_id]
            at = world.now()
            account = world.state.account
            us = drafting.person(world, {"name": user.name, "email": user.email, "organizer": True}, user.email)
            them = drafting.person(world, {"name": f"Signatory of {counterparty}", "email": counterparty_email})
            parties = (
                Party(world.next_id("party"), "company", account.name, at, at, (us,), my_party=True),
                Party(
                    *(world.next_id("party"), "company", counterparty, at, at, (them,)),
                    country_code="NO",
                    identification_number=counterparty_number,
                ),
            )
            return drafting.draft(world, user, template, workspace_id, name, data_fields or {}, parties, "ui")

    def set_field(self, contract_id: int, field: int | str, value: str, who: str = COUNTERPARTY) -> Contract:
        """`field` is a custom_id or an id."""
        return self.set_fields(contract_id, {field: value}, who)

    def set_fields(self, contract_id: int, values: Mapping[Any, str], who: str = COUNTERPARTY) -> Contract:
        """Several fields in one save."""
        with self._lock:
            contract = self._contract(contract_id, "draft", "pending")
            by = self._editor(contract, who)
            by_id: dict[int, str] = {}
            for key, value in values.items():
                field = contract.field(key)
                if field is None:
                    raise KeyError(f"contract {contract_id} has no data field {key}")
                if len(value) > self._world.switches.max_value_length:
                    raise NotPossible("the value is too long")
                by_id[field.id] = value
            return changes.write_fields(self._world, contract, by_id, by)

    def rename(self, contract_id: int, name: str, who: str = COLLEAGUE) -> Contract:
        with self._lock:
            contract = self._contract(contract_id, "draft", "pending", "signed")
            by = self._colleague(contract, who)
            return self._world.commit(replace(contract, name=name, updated_time=self._world.now()), [], by)

    def publish(self, contract_id: int, who: str = COLLEAGUE) -> Contract:
        with self._lock:
            contract = self._contract(contract_id, "draft")
            return changes.publish(self._world, contract, self._colleague(contract, who))

    def visit(self, contract_id: int, who: str = COUNTERPARTY) -> Contract:
        with self._lock:
            contract = self._contract(contract_id, "pending", "signed", "declined", "overdue")
            party, participant = self._participant(contract, who)
            return changes.visit(self._world, contract, participant, self._by(party, participant))

    def sign(self, contract_id: int, who: str = COUNTERPARTY) -> Contract:
        """One signatory signs; with the last one the contract is signed."""
        with self._lock:
            contract = self._contract(contract_id, "pending")
            party, participant = self._participant(contract, who, undecided=True)
            return changes.sign(self._world, contract, participant, self._by(party, participant))

    def sign_all(self, contract_id: int) -> Contract:
        with self._lock:
            contract = self._contract(contract_id, "pending")
            for _, waiting in contract.participants():
                if waiting.signatory and waiting.sign_state == "undecided":
                    contract = self.sign(contract_id, waiting.email)
            return contract

    def decline(self, contract_id: int, who: str = COUNTERPARTY) -> Contract:
        with self._lock:
            contract = self._contract(contract_id, "pending")
            party, participant = self._participant(contract, who, undecided=True)
            return changes.decline(self._world, contract, participant, self._by(party, participant))

    def expire(self, contract_id: int) -> Contract:
        """The signing period ends, whatever the clock says."""
        with self._lock:
            return changes.expire(self._world, self._contract(contract_id, "pending"))

    def revive(self, contract_id: int, days: int = 30, who: str = COLLEAGUE) -> Contract:
        with self._lock:
            contract = self._contract(contract_id, "overdue")
            return changes.revive(self._world, contract, days, self._colleague(contract, who))

    def delete(self, contract_id: int, who: str = COLLEAGUE) -> None:
        with self._lock:
            contract = self._contract(contract_id)
            self._world.remove(contract, self._colleague(contract, who))

    # Settings of the account

    def change_template(self, template_id: int, **changed: Any) -> Template:
        """Any of name, active, workspace_ids, template_type_id."""
        with self._lock:
            state = self._world.state
            if "workspace_ids" in changed:
                changed["workspace_ids"] = tuple(changed["workspace_ids"])
            template = replace(state.templates[template_id], **changed, updated_time=self._world.now())
            state.templates[template_id] = template
            self._world.touched()
            return template

    def set_template_field(self, template_type_id: int, custom_id: str, **changed: Any) -> TemplateType:
        """Change a template type's field, or add it. Contracts that exist keep theirs."""
        with self._lock:
            kind = self._world.state.template_types[template_type_id]
            if any(f.custom_id == custom_id for f in kind.fields):
                fields = tuple(replace(f, **changed) if f.custom_id == custom_id else f for f in kind.fields)
            else:
                added = TemplateField(self._world.next_id("template_field"), custom_id, changed.pop("name", custom_id))
                fields = (*kind.fields, replace(added, **changed))
            return self._store_type(replace(kind, fields=fields))

    def remove_template_field(self, template_type_id: int, custom_id: str) -> TemplateType:
        with self._lock:
            kind = self._world.state.template_types[template_type_id]
            return self._store_type(replace(kind, fields=tuple(f for f in kind.fields if f.custom_id != custom_id)))

    def change_user(self, email: str, **changed: Any) -> User:
        """Any of active, may_write, workspace_ids, name, is_admin. Taking a workspace away hides its contracts."""
        with self._lock:
            user = self._user(email)
            if "workspace_ids" in changed:
                changed["workspace_ids"] = tuple(changed["workspace_ids"])
            self._world.state.users[user.id] = replace(user, **changed)
            self._world.touched()
            return self._world.state.users[user.id]

    # Who and which

    def _store_type(self, kind: TemplateType) -> TemplateType:
        kind = replace(kind, updated_time=self._world.now())
        self._world.state.template_types[kind.id] = kind
        self._world.touched()
        return kind

    def _contract(self, contract_id: int, *states: str) -> Contract:
        changes.expire_what_is_due(self._world)
        contract = self._world.state.contracts.get(contract_id)
        if contract is None:
            raise KeyError(f"there is no contract {contract_id}")
        if states and contract.state not in states:
            raise NotPossible(f"contract {contract_id} is {contract.state}")
        return contract

    def _user(self, who: str) -> User:
        if who == COLLEAGUE:
            return next(iter(self._world.state.users.values()))
        user = self._world.user(who)
        if user is None:
            raise KeyError(f"there is no user {who}")
        return user

    def _participant(self, contract: Contract, who: str, undecided: bool = False) -> tuple[Party, Participant]:
        """The person meant; with `undecided`, a signatory who has not decided yet."""
        everybody = contract.participants()
        if who in (COUNTERPARTY, COLLEAGUE):
            everybody = [(party, p) for party, p in everybody if party.my_party == (who == COLLEAGUE)]
        else:
            everybody = [(party, p) for party, p in everybody if p.email.lower() == who.lower()]
        if undecided:
            everybody = [(party, p) for party, p in everybody if p.signatory and p.sign_state == "undecided"]
        if not everybody:
            raise NotPossible(f"contract {contract.id} has no such participant: {who}")
        return everybody[0]

    def _editor(self, contract: Contract, who: str) -> By:
        """A counterparty edits what was sent to it and only if it may; a colleague edits drafts too."""
        if self._is_colleague(contract, who):
            return self._colleague(contract, who)
        party, participant = self._participant(contract, who)
        if contract.state == "draft":
            raise NotPossible("a counterparty cannot open a draft")
        if not participant.may_update:
            raise NotPossible(f"{participant.email} may not edit this contract")
        return self._by(party, participant)

    def _is_colleague(self, contract: Contract, who: str) -> bool:
        ours = {p.email.lower() for party, p in contract.participants() if party.my_party}
        return who == COLLEAGUE or who.lower() in ours or self._world.user(who) is not None

    def _colleague(self, contract: Contract, who: str) -> By:
        """Somebody of our side: a participant, or any active user who sees the contract and may write."""
        user = None if who == COLLEAGUE else self._world.user(who)
        if user is None:
            party, participant = self._participant(contract, who)
            if not party.my_party:
                raise NotPossible(f"{who} is not of the owner's side")
            return self._by(party, participant)
        if not (user.active and user.may_write and contract.workspace_id in user.workspace_ids):
            raise NotPossible(f"{who} has no right to contract {contract.id}")
        return By(self._world.user_actor(user, contract), "ui")

    def _by(self, party: Party, participant: Participant) -> By:
        return By(self._world.participant_actor(party, participant), "ui")
