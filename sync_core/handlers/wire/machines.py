"""What machines send, as far as it is read (by the adapters), and what anyone is answered."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_pascal

from sync_core.engine.model.words import Side
from sync_core.handlers.wire.members import Answer, sometimes


class Sent(BaseModel):
    """What a vendor sends: it says more than is read."""

    model_config = ConfigDict(extra="allow", defer_build=True)


class NotifiedContract(Sent):
    id: int


class NotifiedEvent(Sent):
    type: str = sometimes()
    signature: str = sometimes()


class Notification(Sent):
    """Oneflow's notification: a hint to look at the contract. `signature` is sha1(callback_id + sign key)."""

    callback_id: str
    signature: str = sometimes()
    contract: NotifiedContract = sometimes()
    events: list[NotifiedEvent] = sometimes()


class Pair(Sent):
    key: str
    value: Any


class RemoteExecutionContext(Sent):
    """Dataverse's event, of a webhook step or a plug-in; what it leaves out, its headers may tell."""

    model_config = ConfigDict(alias_generator=to_pascal)

    message_name: str = sometimes()
    primary_entity_name: str = sometimes()
    primary_entity_id: str = sometimes()
    operation_id: str = sometimes()
    initiating_user_id: str = sometimes()
    initiating_user_azure_active_directory_object_id: str = sometimes()
    input_parameters: list[Pair] = sometimes()


class Lack(Answer):
    """A right or a plan that the application user lacks at a vendor."""

    side: Side
    code: str
    missing: str | None = Field(description="The right's name, where the vendor told it.")
    at: str = sometimes("When it was missed last; health does not tell it.")


class SecretsUsed(Answer):
    """What a function that no request reaches told of its secrets: the sweep, and each process that runs jobs."""

    function: Literal["reconcile", "sync_jobs"]
    secrets: dict[str, Any] = Field(description="By a secret's name, a short digest of the version in use.")
    at: str = sometimes("When it was known last; health does not tell it.")


class Health(Answer):
    """Each dependency by name: ok, or the kind of error."""

    status: Literal["ok", "failing"]
    dependencies: dict[str, str]
    secrets: dict[str, Any] = Field(
        description="By a secret's name, a short digest of what the answering process uses."
    )
    lacks: list[Lack] = sometimes("What writes were refused for, by side.")
    secrets_by_function: list[SecretsUsed] = sometimes("Of functions without a route; those that told it already.")
    probe: dict[str, str] = sometimes("What a probe saw that is not as assumed, by question.")
    errors: list[str] = sometimes("Settings that are missing or wrong, by name.")


class SignIn(Answer):
    """What a page needs for a token of the app."""

    client_id: str
    authority: str
    scope: str


class PageSettings(Answer):
    sign_in: SignIn | None = Field(description="null where the app asks for no token.")
