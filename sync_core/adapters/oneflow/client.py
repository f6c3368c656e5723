"""Oneflow, as the use cases see it (usecases.ports.Contracts). https://developer.oneflow.com/reference"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests

from sync_core.adapters.oneflow.addresses import AddressNow
from sync_core.adapters.oneflow.api import OneflowApi, parsed
from sync_core.adapters.oneflow.contracts import contract_of
from sync_core.adapters.oneflow.events import event_of
from sync_core.adapters.oneflow.fields import FieldWriter, Written
from sync_core.adapters.oneflow.models import TemplateBody, TemplateTypeBody, TemplateTypeFields, WorkspaceBody
from sync_core.adapters.oneflow.pace import Pace
from sync_core.adapters.oneflow.subscriptions import Subscriptions
from sync_core.engine.model.actor import MACHINE, Actor
from sync_core.engine.model.contracts import (
    Contract,
    ContractEvent,
    NewContract,
    Subscription,
    Template,
    TemplateField,
    Workspace,
)
from sync_core.errors import Refused

CATALOG_KEPT = 60.0  # seconds that templates and their fields are believed
_CANDIDATES = 20
_SKEW = timedelta(minutes=10)

Kept = TypeVar("Kept")


class OneflowClient:
    """Thread-safe. Every method raises the errors of sync_core.errors."""

    def __init__(
        self,
        session: requests.Session,
        *,
        url: str,
        token: str,
        user_email: str,
        sign_keys: Sequence[str],
        timeout: float,
        monotonic: Callable[[], float],
        pace: Pace | None = None,
        address_now: AddressNow | None = None,
    ) -> None:
        self._url = url
        self._api = OneflowApi(session, url, token, user_email, timeout, pace, address_now)
        self._fields = FieldWriter(self._api)
        self.subscriptions = Subscriptions(self._api, sign_keys)
        self._monotonic = monotonic
        self._catalog: dict[object, tuple[float, Any]] = {}
        self._guard = threading.Lock()

    # --- contracts ----------------------------------------------------------------------------------------------------

    def read(self, contract_id: int, actor: Actor, known: Mapping[int, str] | None = None) -> Contract:
        return contract_of(self._api.call("GET", "contracts/{id}", actor, at={"id": contract_id}).data, known)

    def write(self, contract: Contract, texts: Mapping[str, str], actor: Actor) -> Written:
        return self._fields.write(contract, texts, actor)

    def create(self, contract: NewContract, actor: Actor) -> Contract:
        body: dict[str, Any] = {
            "workspace_id": contract.workspace_id,
            "template_id": contract.template_id,
            "name": contract.name,
            "data_fields": [{"custom_id": name, "value": text} for name, text in contract.fields.items()],
            "parties": [dict(party) for party in contract.parties],
        }
        try:
            made = contract_of(self._api.call("POST", "contracts/create", actor, json=body).data)
        except Refused:
            with self._guard:
                self._catalog.clear()  # what is known of templates and their fields may be why
            raise
        # The answer may leave the fields out; what the contract shows is the base.
        return made if made.fields or not contract.fields else self.read(made.id, actor)

    def created(self, request: Mapping[str, Any], since: datetime) -> Sequence[Contract]:
        """By name, then by what each contract says of itself: the list cannot be filtered by template."""
        name = str(request["name"])
        part = max(name.split(","), key=len).strip()  # a comma would mean "or"
        filters: dict[str, str | int] = {"filter[name]" if part == name else "filter[query]": part}
        rows = list(self._api.pages("contracts", MACHINE, filters, most=_CANDIDATES))[:_CANDIDATES]
        found = []
        for row in rows:
            data = self._api.call("GET", "contracts/{id}", MACHINE, at={"id": int(row["id"])}).data
            contract = contract_of(data)
            same = (contract.name, contract.template_id, contract.workspace_id) == (
                name,
                request["template_id"],
                request["workspace_id"],
            )
            if same and _created_since(data, since - _SKEW):
                found.append(contract)
        return found

    def events(self, contract_id: int, since: str | None = None) -> Sequence[ContractEvent]:
        """The newest page of the log: what is looked for happened just now. `since` is not compared: clocks differ."""
        params: dict[str, str | int] = {"sort": "-created_time", "limit": 100}
        data = self._api.call("GET", "contracts/{id}/events", MACHINE, at={"id": contract_id}, params=params).data
        rows = data.get("data") if isinstance(data, Mapping) else data
        return [event for row in rows or () for event in event_of(row)]

    def contract_url(self, contract_id: int) -> str:
        """The contract in Oneflow's web app, which lives beside its API."""
        parts = urlsplit(self._url)
        host = (parts.hostname or "").replace("api.", "app.", 1)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{host}{port}/contracts/{contract_id}"

    # --- what there is ------------------------------------------------------------------------------------------------

    def template_types(self) -> Sequence[Mapping[str, Any]]:
        rows = self._kept("template_types", self._read_types)
        return [parsed(TemplateTypeBody, row).model_dump() for row in rows]

    def _read_types(self) -> list[Any]:
        """A list that has the data fields saves a read per type later on."""
        rows = list(self._api.pages("template_types", MACHINE))
        for row in rows:
            if isinstance(row, Mapping) and row.get("data_fields") is not None:
                self._kept(("fields", row.get("id")), lambda found=row: found)  # type: ignore[misc]
        return rows

    def templates(self, workspace_id: int | None = None) -> Sequence[Template]:
        """Active templates, of one workspace or of all that the configured user sees."""
        filters: dict[str, str | int] = {"filter[active]": "true"}
        if workspace_id is not None:
            filters["filter[workspace_ids]"] = workspace_id
        rows = self._kept(("templates", workspace_id), lambda: list(self._api.pages("templates", MACHINE, filters)))
        return [_template(parsed(TemplateBody, row)) for row in rows]

    def template_fields(self, template_type_id: int) -> Sequence[TemplateField]:
        at = {"id": template_type_id}
        data = self._kept(
            ("fields", template_type_id), lambda: self._api.call("GET", "template_types/{id}", MACHINE, at=at).data
        )
        fields = parsed(TemplateTypeFields, data).data_fields or ()
        return [
            TemplateField(one.custom_id, one.name or one.custom_id, one.source or "user", one.active)
            for one in fields
            if one.custom_id
        ]

    def workspaces(self, actor: Actor) -> Sequence[Workspace]:
        """Those in which the actor may create contracts."""
        rows = [parsed(WorkspaceBody, row) for row in self._api.pages("workspaces", actor)]
        return [
            Workspace(one.id, one.name or "") for one in rows if (one.permissions or {}).get("contract:create", True)
        ]

    # --- the connection -----------------------------------------------------------------------------------------------

    def subscription(self, callback_url: str) -> Subscription | None:
        return self.subscriptions.find(callback_url)

    def subscribe(self, callback_url: str) -> Subscription:
        return self.subscriptions.subscribe(callback_url)

    def unsubscribe(self, callback_url: str) -> None:
        self.subscriptions.unsubscribe(callback_url)

    def account(self) -> Mapping[str, Any]:
        data = self._api.call("GET", "accounts/me", MACHINE).data or {}
        return {"id": data.get("id"), "name": data.get("name")}

    def ping(self) -> None:
        self._api.call("GET", "ping", MACHINE)

    def _kept(self, key: object, read: Callable[[], Kept]) -> Kept:
        with self._guard:
            until, known = self._catalog.get(key, (0.0, None))
        if known is not None and self._monotonic() < until:
            return known  # type: ignore[no-any-return]
        fresh = read()
        with self._guard:
            self._catalog[key] = (self._monotonic() + CATALOG_KEPT, fresh)
        return fresh


def _template(body: TemplateBody) -> Template:
    kind = body.template_type
    return Template(body.id, body.name or "", kind.id if kind else None, kind.extension_type if kind else None)


def _created_since(data: Any, since: datetime) -> bool:
    text = ((data.get("_private_ownerside") or {}).get("created_time")) if isinstance(data, Mapping) else None
    try:
        return text is None or datetime.fromisoformat(text) >= since
    except ValueError:
        return True
