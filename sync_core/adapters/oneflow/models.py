"""Oneflow's JSON, as far as sync reads it; what else comes is ignored. https://developer.oneflow.com/docs/contract"""

from __future__ import annotations

from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    field_validator,
    model_validator,
)


class Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class OwnerSide(Wire):
    custom_id: str | None = None
    created_time: str | None = None
    updated_time: str | None = None
    template_id: int | None = None
    template_type_id: int | None = None


class DataField(Wire):
    """A contract's data field; its custom_id stands in `_private_ownerside`, sometimes beside it, sometimes nowhere."""

    id: int
    name: str | None = None
    value: str | None = None
    own_custom_id: str | None = Field(None, alias="custom_id")
    owner_side: OwnerSide | None = Field(None, alias="_private_ownerside")

    @property
    def custom_id(self) -> str | None:
        return (self.owner_side.custom_id if self.owner_side else None) or self.own_custom_id

    @property
    def updated_time(self) -> str | None:
        return self.owner_side.updated_time if self.owner_side else None

    @field_validator("value", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else str(value)


class Participant(Wire):
    sign_state: str | None = None
    email: str | None = None
    name: Any = None
    signatory: Any = None


class Party(Wire):
    my_party: bool = False
    type: str | None = None
    identification_number: str | None = None
    name: Any = None
    participants: list[Participant] | None = None
    participant: Participant | None = None

    @property
    def everybody(self) -> list[Participant]:
        return [*(self.participants or ()), *([self.participant] if self.participant else ())]


class Told(Wire):
    """Parts that people are shown and nothing is decided by: one that has another shape than was documented is as if it
    were not there."""

    @model_validator(mode="wrap")
    @classmethod
    def _or_nothing(cls, data: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return read(data)
        except ValidationError:
            return cls()


class Amount(Told):
    amount: str | None = None
    currency: str | None = None


class Lifecycle(Told):
    is_recurring: bool | None = None
    is_canceled: bool | None = None
    contract_start_time: str | None = None
    contract_end_time: str | None = None
    period_start_time: str | None = None
    period_end_time: str | None = None


class Private(Wire):
    name: str | None = None
    workspace_id: int | None = None
    value: Amount | None = None


class ContractBody(Wire):
    id: int
    state: str
    updated_time: str | None = None
    state_updated_time: Any = None
    published_time: Any = None
    signing_period_expiry_time: Any = None
    lifecycle_state: Lifecycle | None = None
    data_fields: list[DataField] | None = None
    parties: list[Party] | None = None
    private: Private | None = Field(None, alias="_private")
    owner_side: OwnerSide | None = Field(None, alias="_private_ownerside")

    @field_validator("state", mode="before")
    @classmethod
    def _state(cls, value: Any) -> str:
        """Public code has seen numbers: no reason to read nothing of the contract."""
        return value if isinstance(value, str) else str(value)


class TemplateTypeBody(Wire):
    id: int
    name: str | None = None
    extension_type: str | None = None
    active: bool = True


class TemplateBody(Wire):
    id: int
    name: str | None = None
    template_type: TemplateTypeBody | None = None


class TypeField(Wire):
    """A template type's data field. https://developer.oneflow.com/docs/data-field"""

    custom_id: str | None = None
    name: str | None = None
    source: str | None = None
    active: bool = True
    value: str | None = None


class TemplateTypeFields(Wire):
    data_fields: list[TypeField] | None = None


class WorkspaceBody(Wire):
    id: int
    name: str | None = None
    permissions: dict[str, Any] | None = Field(None, alias="_permissions")


class WebhookBody(Wire):
    own_id: int | None = Field(None, alias="id")
    webhook_id: int | None = None
    callback_url: str | None = None
    sign_key: str | None = None  # not shown by every account
    filters: list[dict[str, Any]] | None = None
    template_group_id: int | None = None

    @property
    def id(self) -> int | None:
        return self.own_id if self.own_id is not None else self.webhook_id
