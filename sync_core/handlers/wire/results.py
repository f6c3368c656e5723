"""What is answered about contracts: results, previews, cards, disputes, history."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sync_core.engine.deciding.effects import Effect
from sync_core.engine.model.words import Action, ContractState, OneflowKind, Outcome, Result, Side
from sync_core.handlers.wire.members import Answer, Next, sometimes


class ResultField(Answer):
    """What became of one field, or would."""

    dynamics_column: str
    dynamics_label: str
    oneflow_kind: OneflowKind
    oneflow_field: str
    oneflow_label: str
    result: Result
    side: Side | None = Field(description="The side that is written; null where none is.")
    from_: str | None = Field(alias="from")
    to: str | None
    reason: str | None
    reason_code: str | None = Field(description="The reason for programs: it stays where the sentence is reworded.")


class ActionResult(Answer):
    """What became of an action on one contract."""

    contract_id: int | None
    action: Action
    outcome: Outcome
    reason: str | None
    plan_id: str | None
    fields: list[ResultField]
    error: str = sometimes("The kind of error that stopped this contract's push where the others went on.")


class Recovered(Answer):
    """A creation whose answer was lost, found again: its contract."""

    contract_id: int
    recovered: Literal[True]


class Results(Answer):
    results: list[ActionResult]


class OurWrite(Answer):
    """A write of this app."""

    contract_id: int
    at: str
    cause: str
    who: str
    side: Side


class Known(Answer):
    """What was read or stored of who changed the field; "changed" means since it was last settled."""

    oneflow_changed: bool | None
    dynamics_changed: bool | None
    oneflow_changed_at: str | None
    record_modified_at: str | None
    record_modified_by: str | None
    our_last_write: OurWrite | None
    from_contract: OurWrite | None


class PreviewedField(ResultField):
    known: Known


class Sibling(Answer):
    """Another contract of the record, whose fields the action moves in Dynamics."""

    contract_id: int
    name: str
    state: ContractState
    effect: Effect = Field(
        description="waits_for_push: the change waits for its push; goes_out: it reaches the contract by itself; "
        "differs: the contract is closed and keeps its value."
    )
    fields: list[str] = Field(description="By their names in Dynamics.")


class Preview(Answer):
    """What an action would do."""

    contract_id: int | None
    action: Action
    outcome: Outcome
    reason: str | None
    plan_id: str
    state: ContractState = Field(description="The contract's, as just read.")
    fields: list[PreviewedField]
    left_different: list[str] = Field(description="Oneflow fields in which contract and record differ afterwards.")
    siblings: list[Sibling]


class Card(Answer):
    """A contract of a record, as the widget shows it."""

    contract_id: int
    name: str
    state: ContractState
    link: Literal["active", "broken", "paused"]
    reason: str | None
    last_synced_at: str | None
    revision: int = Field(description="Counts the syncs that wrote or that a person asked for.")
    conflicts: int
    waiting_for_push: int
    not_agreed: int
    refused: int = Field(description="Fields whose write is refused, by a vendor or by a rule.")
    oneflow_url: str


class Candidate(Answer):
    contract_id: int
    oneflow_url: str


class UnclearCreation(Answer):
    """A creation of which nobody knows whether one of these contracts came of it."""

    name: str
    candidates: list[Candidate]


class LostCreation(Answer):
    name: str
    started_at: str


class Contracts(Answer):
    """The record's contracts; `set_up`: whether fields of its table are mapped at all."""

    contracts: list[Card]
    next: Next
    set_up: bool
    not_in_force: str | None = Field(description="What the table's mapping lacks until it is in force.")
    unclear: list[UnclearCreation]
    looked_for: list[LostCreation] = Field(description="Creations whose answer was lost, until their end is known.")


class Contact(Answer):
    name: str
    email: str
    phone: str
    company: str
    record: str = Field(description="contact:<id> or account:<id>")
    primary: bool = Field(description="Whom the record names itself, else the primary contact of its account.")


class Contacts(Answer):
    contacts: list[Contact]
    next: Next


class Dispute(Answer):
    """A field that a card counts, as both sides show it now."""

    conflict_id: str = Field(description="Moves when either side does; the answer to the dispute requires it.")
    kind: Literal["conflict", "not_agreed", "refused", "waiting_for_push"]
    dynamics_column: str
    dynamics_label: str
    oneflow_field: str
    oneflow_label: str
    oneflow: str | None
    dynamics: str | None
    base_oneflow: str | None = Field(description="What both sides agreed on last.")
    base_dynamics: str | None
    reason: str | None
    reason_code: str | None
    since: str | None = Field(description="Since when it is not agreed, where that is known.")
    keep: list[Literal["dynamics", "oneflow", "leave"]] = Field(description="What a person may answer.")


class Disputes(Answer):
    conflicts: list[Dispute]
    next: Next


class HistoryField(Answer):
    """A field's line in an entry; lines of interrupted or searched writes know less."""

    dynamics_column: str
    dynamics_label: str | None = sometimes()
    oneflow_kind: OneflowKind = sometimes()
    oneflow_field: str
    oneflow_label: str | None = sometimes()
    result: Result
    side: Side | None
    from_: str | None = Field(alias="from")
    to: str | None
    reason: str | None
    reason_code: str | None = sometimes()
    kind: str = Field(description="What the line tells: written, settled, refused, unclear, not_done, late, ...")


class HistoryEntry(Answer):
    """One sync, or a link's beginning, move or end."""

    entry_id: str
    number: int
    at: str
    action: str
    cause: str
    who: str
    contract_id: int
    outcome: str
    fields: list[HistoryField]
    previous_digest: str = Field(description="The SHA-256 of the entry before: a removed or altered one shows.")
    undoable: bool = sometimes(
        "Whether an undo may come to write anything; told where a contract's history is asked for."
    )
    undoes: str = sometimes("The entry that this one took back.")
    entity: str = sometimes("The table of the record that it was written for.")
    record_id: str = sometimes("The record that it was written for.")
    withheld: bool = sometimes("Values and reasons are left out: the reader may not read the entry's record.")
    continues: str = sometimes("The entry that this one goes on with: together they were too large to store at once.")
    interrupted: bool = sometimes("The process ended before it could close this sync; a later one did.")
    started_at: str = sometimes()
    search_of: str = sometimes("The entry whose writes were looked for in the contract's events.")


class Checkpoint(Answer):
    """The last entry that was let go."""

    number: int
    at: str


class History(Answer):
    entries: list[HistoryEntry]
    next: Next
    begins_after: Checkpoint | None


class Log(Answer):
    entries: list[HistoryEntry]
    next: Next
