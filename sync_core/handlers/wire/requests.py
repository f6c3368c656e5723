"""What people send: bodies, and queries of addresses."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from sync_core.engine.model.news import Notify
from sync_core.engine.model.row_options import Length
from sync_core.engine.model.standing import Standing
from sync_core.engine.model.words import ConflictPolicy, Direction, OneflowKind
from sync_core.handlers.wire.members import Body, FlagText, Number, NumberText, Query, Stripped, text

MOST_ROWS = 300  # https://support.oneflow.com: data fields of one playbook
MOST_PARTIES = 40
MOST_LINKS = 100


class NewContract(Body):
    """What a new contract of the record is made from."""

    template_id: Number
    workspace_id: Number
    name: str = text(130)
    parties: list[dict[str, Any]] | None = Field(
        None, max_length=MOST_PARTIES, description=f"a list of at most {MOST_PARTIES} objects, as Oneflow's parties are"
    )
    idempotency_key: str | None = text(200, None)


class Run(Body):
    """A push or a fetch; with the `plan_id` of a preview exactly that plan is applied, or none."""

    plan_id: str | None = text(64, None)
    confirm_signature_reset: bool | None = None


class Undo(Body):
    """With the `plan_id` of a preview exactly that plan is applied, or none."""

    plan_id: str | None = text(64, None)
    confirm_signature_reset: bool | None = None


class PushRecord(Body):
    """`confirm_signature_reset`: the contracts whose signatures the push may reset."""

    confirm_signature_reset: list[int] | None = Field(
        None, max_length=1000, description="a list of at most 1000 contract ids"
    )


class Move(Body):
    """`move`: take the contract's link from the record that it has one to."""

    move: bool | None = None


class Keep(Body):
    """What a person answers to a dispute that `GET conflicts` lists; `conflict_id` proves what they saw."""

    oneflow_field: str = text(255)
    conflict_id: str = text(64)
    keep: Literal["dynamics", "oneflow", "leave"]
    plan_id: str | None = text(64, None)
    confirm_signature_reset: bool | None = None


class LabelsOption(Body):
    """Words for yes and no, each understood; the first of each is written."""

    yes: list[str]
    no: list[str]


class FormatOption(Body):
    """As people of a locale write."""

    locale: str
    length: Length = Field(Length.LONG, strict=False)
    currency: bool = False


class MappingRow(Body):
    """A Dynamics column, a Oneflow field, a direction, and the row's options."""

    dynamics_column: str = text(255)
    oneflow_field: Stripped = text(255)
    direction: Direction = Field(strict=False)
    oneflow_kind: OneflowKind | None = Field(None, strict=False)
    conflict_policy: ConflictPolicy | None = Field(None, strict=False)
    time_zone: str | None = Field(
        None, min_length=1, description="the IANA name of a time zone, such as Europe/Stockholm"
    )
    labels: LabelsOption | None = Field(
        None,
        description='words for yes and for no, as {"yes": ["Ja", "Yes"], "no": ["Nej", "No"]}; '
        "the first of each is written",
    )
    format: FormatOption | None = Field(
        None,
        description=f'a locale, as {{"locale": "sv-SE"}}, with "length" ({", ".join(Length)}) for dates, '
        '"currency" for money',
    )
    resolve_labels: bool | Annotated[str, Field(min_length=1)] | None = Field(
        None, description="true, false or the name of a key column"
    )


class EntityMapping(Body):
    """All rows of one table. `etag` is what was read; it is If-Match that holds. What a mapping's answer says besides
    may be sent back, and is left alone."""

    entity: str | None = Field(None, description="the table that the address names")
    fields: list[MappingRow] | None = Field(None, max_length=MOST_ROWS)
    auto_push: bool | None = None
    conflict_policy: ConflictPolicy | None = Field(None, strict=False)
    notify: Notify | None = Field(None, strict=False, description="of what owners of records are told")
    notify_values: bool | None = Field(None, description="whether they are shown values of fields")
    timeline_notes: bool | None = Field(None, description="whether it is noted on the record's timeline, too")
    etag: Any = None
    in_force: Any = None
    reason: Any = None
    privileges: Any = None
    steps: Any = None
    bases_end: Any = None
    auto_push_starts: Any = None

    @field_validator("entity")
    @classmethod
    def _is_that_of_the_address(cls, entity: str | None, info: ValidationInfo) -> str | None:
        if entity is not None and entity != (info.context or {}).get("entity"):
            raise ValueError
        return entity


class SaveQuery(Query):
    """`dry_run`: nothing is saved; the answer says what a save would do."""

    dry_run: FlagText = False


class ColumnsQuery(Query):
    """`lookup`: the columns of what it points at; `keys_of`: those by which what it points at is shown and found."""

    lookup: str | None = None
    keys_of: str | None = None


class TemplatesQuery(Query):
    workspace_id: NumberText | None = None


class FieldsQuery(Query):
    template_type_id: NumberText | None = None


class LogQuery(Query):
    """`field`: either side's name."""

    contract_id: NumberText | None = None
    field: str | None = None
    next: str | None = None


class LinksQuery(Query):
    """`q`: a contract's number, or a part of its name."""

    status: Standing | None = None
    entity: str | None = Field(None, pattern=r"^[a-z][a-z0-9_]{0,127}$", description="a table's logical name")
    q: str | None = None
    next: str | None = None


class MeasuresQuery(Query):
    """`hours`: the last so many, at most 720."""

    hours: NumberText = 24


class LinkAction(Body):
    action: Literal["look", "end_pause", "replay"]
    contract_ids: list[int] = Field(
        min_length=1, max_length=MOST_LINKS, description=f"a list of 1 to {MOST_LINKS} contract ids"
    )


class PageQuery(Query):
    next: str | None = None


class PreviewQuery(Query):
    """`entry_id`: what an undo takes back. `oneflow_field`, `conflict_id` and `keep`: a keep's answer to a dispute."""

    action: Literal["push", "fetch", "keep", "undo"]
    confirm_signature_reset: FlagText = False
    entry_id: str | None = None
    oneflow_field: str | None = None
    conflict_id: str | None = None
    keep: Literal["dynamics", "oneflow", "leave"] | None = None


class NewPreviewQuery(Query):
    template_id: NumberText
    workspace_id: NumberText
