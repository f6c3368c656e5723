"""What is answered to administrators: the connection, tables, columns, mappings, what to choose from, dead letters."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sync_core.engine.model.news import Notify
from sync_core.engine.model.row_options import RowOption
from sync_core.engine.model.standing import Standing
from sync_core.engine.model.words import ColumnType, ConflictPolicy, ContractState, Direction
from sync_core.handlers.wire.machines import Lack, SecretsUsed
from sync_core.handlers.wire.members import Answer, Next, sometimes
from sync_core.handlers.wire.requests import MappingRow


class Unavailable(Answer):
    """A part that does not answer, and why; it hides no other."""

    error: str


class DynamicsAccount(Answer):
    name: str
    organization_id: str
    user_id: str


class OneflowAccount(Answer):
    """`reads_alone`: machines read contracts with the token alone, since a probe saw that their user does not see every
    contract; they write as that user, where it may."""

    id: int | None
    name: str | None
    reads_alone: bool


class Webhooks(Answer):
    """Whether Oneflow tells of changes, where to (without the key), whether the subscription is the one that we would
    make (`current`), and what there is to say of it."""

    on: bool
    callback_url: str | None
    current: bool
    reason: str | None


class Registrations(Answer):
    """What `connect` registered in Dynamics, as it noted it; `entities` were mapped otherwise since."""

    state: Literal["registered", "changed", "missing"]
    at: str | None
    entities: list[str]


class ProbeAnswer(Answer):
    """`verdict`: whether it is as assumed: yes, no, not seen, or no assumption."""

    question: str
    text: str
    verdict: str
    seen: str


class Probe(Answer):
    """What `python -m cli probe` saw of the accounts; `at` is null before it has run."""

    at: str | None
    answers: list[ProbeAnswer]


class ContractTable(Answer):
    """The table of contracts in Dynamics. `lacks`: what stops its rows, null where nothing does; `missing`: the
    privilege, or the state of the key's index."""

    on: bool = Field(description="Whether rows are written at all.")
    lacks: Literal["table", "key", "privilege", "refused"] | None
    missing: str | None
    since: str | None


class Notifications(Answer):
    """What owners of records are told in Dynamics. `lacks`: what stops it, null where nothing is known to; `missing`:
    the privilege."""

    on: bool = Field(description="Whether owners of any table's records are told of anything.")
    lacks: Literal["table", "privilege", "app_setting"] | None
    missing: str | None
    since: str | None


class Connection(Answer):
    environment: str
    dynamics: DynamicsAccount | Unavailable
    oneflow: OneflowAccount | Unavailable
    webhooks: Webhooks | Unavailable
    registrations: Registrations
    last_event: str | None
    last_reconcile: str | None
    probe: Probe
    drift: int = Field(description="Changes that reconcile found and no event had announced.")
    lacks: list[Lack] = Field(description="What the application user lacks, at either side.")
    contract_table: ContractTable
    notifications: Notifications
    secrets_by_function: list[SecretsUsed] = Field(description="Which secrets functions without a route use.")


class MappedEntity(Answer):
    """A table that is set up; `fields` counts its rows."""

    entity: str
    label: str
    fields: int
    auto_push: bool


class AvailableEntity(Answer):
    entity: str
    label: str


class Entities(Answer):
    entities: list[MappedEntity]
    available: list[AvailableEntity]
    next: Next


class Column(Answer):
    """A column with what may be done with it. Not allowed directions have a reason, for people and for programs."""

    name: str
    label: str
    type: ColumnType
    directions: list[Direction]
    not_allowed: dict[str, str]
    not_allowed_codes: dict[str, str]
    options: list[RowOption]
    lifted_by: dict[str, str] = Field(description="The option that allows a direction all the same.")
    contract_facts: list[str] = Field(description="What a contract shows of itself that may be written into it.")
    contract_options: list[RowOption] = Field(description="The options of such a row.")
    secured: bool
    required: bool


class RelatedTable(Answer):
    """A lookup whose record's columns can be mapped too."""

    lookup: str
    label: str
    entity: str
    entity_label: str


class Columns(Answer):
    columns: list[Column]
    related: list[RelatedTable]
    format_locales: list[str]
    next: Next


class AutoPushStart(Answer):
    """How many links it concerns, and how many fields waited at their last look."""

    links: int
    waiting_for_push: int


class EndingField(Answer):
    """A field whose base would end, and on how many contracts."""

    oneflow_field: str
    contracts: int


class EndingBases(Answer):
    """On how many contracts nothing is agreed any more of some field: where the two sides differ, nothing is written by
    itself there until somebody pushes, fetches or keeps one side."""

    contracts: int
    at_most: bool = Field(description="There are too many contracts to look at each: the number is not exceeded.")
    fields: list[EndingField]


class SavedMapping(Answer):
    entity: str
    fields: list[MappingRow]
    auto_push: bool
    conflict_policy: ConflictPolicy
    notify: Notify = sometimes("Of what owners of records are told, where it is not `decisions`.")
    notify_values: bool = sometimes("Where they are shown values of fields as well.")
    timeline_notes: bool = sometimes("Where it is noted on the records' timelines, too.")
    etag: str = Field(description='The version; "" before the first save.')
    in_force: bool | None = Field(description="Null where Dynamics could not be asked.")
    reason: str | None = Field(description="What is missing until it is in force, and what mends it.")
    privileges: list[str] = Field(description="That the application user lacks, by their names.")
    steps: list[str] = Field(description="Columns whose changes no registered step tells of.")
    bases_end: EndingBases = sometimes("With `dry_run`: what was agreed on contracts that exist, and would end.")
    auto_push_starts: AutoPushStart = sometimes("Where this save switched auto_push on: edits that wait go out.")


class Workspace(Answer):
    id: int
    name: str


class Workspaces(Answer):
    workspaces: list[Workspace]
    next: Next


class Template(Answer):
    id: int
    name: str
    template_type_id: int | None
    extension_type: str | None


class LeftOut(Answer):
    """What cannot be chosen, and why."""

    id: int
    name: str
    reason: str


class Templates(Answer):
    templates: list[Template]
    left_out: list[LeftOut]
    next: Next


class DataField(Answer):
    """A data field of a template type; `writable`: Oneflow lets it be written."""

    custom_id: str
    name: str
    source: str
    active: bool
    writable: bool
    value: str = Field(description="What the template has in it.")
    template_types: list[str] = sometimes("The names of its types, where those of all types are listed.")


class DataFields(Answer):
    fields: list[DataField]
    left_out: list[LeftOut] = sometimes("Types that cannot be chosen, where those of all types are listed.")
    next: Next


class DeadLetter(Answer):
    """A job that was given up, once for each contract and cause."""

    id: str
    contract_id: int | None
    cause: str
    reason: str
    count: int
    first_at: str
    last_at: str


class DeadLetters(Answer):
    dead_letters: list[DeadLetter]
    next: Next


class ListedLink(Answer):
    """A link, how it stands and since when; without values of fields."""

    contract_id: int
    name: str
    state: ContractState
    entity: str
    record_id: str
    status: Standing
    since: str | None = Field(description="Since when it stands so; null where that was not kept yet.")
    reason: str | None
    last_synced_at: str | None
    conflicts: int
    not_agreed: int
    refused: int
    waiting_for_push: int
    oneflow_url: str
    record_url: str


class LinkList(Answer):
    links: list[ListedLink]
    next: Next


class StandingCounts(Answer):
    """The gravest that is true of a link is the one that it is counted under."""

    broken: int
    paused: int
    needs_decision: int
    refused: int
    waiting_for_push: int
    in_step: int


class EntityCounts(Answer):
    entity: str
    counts: StandingCounts


class LinkSummary(Answer):
    """`at_least`: of these there are more than a thousand, and the number is that of the last daily count or less."""

    entities: list[EntityCounts]
    at_least: list[Standing]
    counted_at: str | None


class ActedOn(Answer):
    contract_id: int
    done: bool = Field(description="False where there was nothing to do, or where `reason` says why it was not done.")
    reason: str | None


class LinkActions(Answer):
    results: list[ActedOn]


class MeasuredHour(Answer):
    """What happened within an hour; `..._most` is the largest of the hour."""

    hour: str
    edits: float = Field(description="Fields written to either side.")
    drift: float = Field(description="Changes that no event announced.")
    conflicts: float = Field(description="Fields that came to wait for a person's decision.")
    refusals: float = Field(description="Fields whose write came to be refused.")
    dead_letters: float
    webhooks: float = Field(description="Webhooks whose change was written.")
    webhook_seconds: float = Field(description="From their arrival to the write, added up.")
    webhook_most: float
    rate_limit_most: float = Field(description="Share of Oneflow's rate limit that one process used, 0 to 1.")


class MeasuredHours(Answer):
    hours: list[MeasuredHour]
