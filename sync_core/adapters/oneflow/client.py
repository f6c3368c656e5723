"""Oneflow, as the use cases see it (usecases.ports.Contracts). https://developer.oneflow.com/reference"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests

from sync_core.adapters.oneflow import creation
from sync_core.adapters.oneflow.addresses import AddressNow
from sync_core.adapters.oneflow.api import PAGE, OneflowApi, count_of, listed, parsed
from sync_core.adapters.oneflow.contracts import contract_of
from sync_core.adapters.oneflow.documents import signed_document
from sync_core.adapters.oneflow.events import event_of, newest
from sync_core.adapters.oneflow.fields import FieldWriter, Written
from sync_core.adapters.oneflow.models import TemplateBody, TemplateTypeBody, TemplateTypeFields, WorkspaceBody
from sync_core.adapters.oneflow.observed import Observed
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
from sync_core.errors import Gone, Ground, NotAllowed, Refused

log = logging.getLogger(__name__)

CATALOG_KEPT = 60.0  # seconds that templates and their fields are believed

_UNSEEN = "oneflow does not show this contract to the user that machines write as"

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
        answers: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        """`answers`: what a probe saw of the account."""
        self._url = url
        self._observed = Observed(answers, monotonic)
        self._api = OneflowApi(
            session, url, token, user_email, timeout, pace, address_now, monotonic, self._users_see_all
        )
        self._fields = FieldWriter(self._api, monotonic, self._observed)
        self.subscriptions = Subscriptions(self._api, sign_keys, self._observed)
        self._monotonic = monotonic
        self._catalog: dict[object, tuple[float, Any]] = {}
        self._guard = threading.Lock()

    # --- contracts ----------------------------------------------------------------------------------------------------

    def read(self, contract_id: int, actor: Actor, known: Mapping[int, str] | None = None) -> Contract:
        contract = contract_of(self._api.call("GET", "contracts/{id}", actor, at={"id": contract_id}).data, known)
        return replace(contract, url=self.contract_url(contract_id))

    def signed_document(self, contract_id: int, most: int) -> bytes | None:
        return signed_document(self._api, contract_id, most)

    def is_hidden(self, contract_id: int) -> bool:
        """Whether it is there, and the configured user just may not see it: the token alone sees all."""
        try:
            self._api.as_token("contracts/{id}", at={"id": contract_id})
        except (Gone, NotAllowed):
            return False
        return True

    def write(self, contract: Contract, texts: Mapping[str, str], actor: Actor, ask: Callable[[], None]) -> Written:
        """NotAllowed, not Gone, of a contract that machines read as the token alone and their user may not see."""
        try:
            return self._fields.write(contract, texts, actor, ask)
        except Gone as gone:
            if actor.is_machine and not self._api.sees_all() and not self._seen_by_user(contract.id):
                raise NotAllowed(_UNSEEN, side="oneflow", ground=Ground.PRIVILEGE, status=gone.status) from gone
            raise

    def _users_see_all(self) -> bool:
        return self._observed.position("user_sees_all") != "no"

    def _seen_by_user(self, contract_id: int) -> bool:
        try:
            self._api.as_user("contracts/{id}", {"id": contract_id})
        except (Gone, NotAllowed):
            return False
        return True

    def create(self, contract: NewContract, actor: Actor) -> Contract:
        try:
            return creation.create(self._api, contract, actor)
        except Refused:
            with self._guard:
                self._catalog.clear()  # what is known of templates and their fields may be why
            raise

    def created(self, request: Mapping[str, Any], since: datetime) -> Sequence[Contract]:
        filters = self._observed.position("contract_filters") != "refused"
        return creation.created(self._api, request, since, filters)

    def time(self) -> datetime | None:
        """Oneflow's own time, never ahead of it: by its last answer, and how long ago that was."""
        at, said = self._api.said
        return None if said is None else said + timedelta(seconds=int(self._monotonic() - at))

    def events(self, contract_id: int) -> Sequence[ContractEvent]:
        """The newest page of the log: what is looked for happened just now. No time is compared: clocks differ."""
        sorts = self._observed.position("event_sort") != "refused"
        return [event for row in newest(self._api, contract_id, sorts) for event in event_of(row)]

    def contract_url(self, contract_id: int) -> str:
        """The contract in Oneflow's web app, which lives beside its API."""
        parts = urlsplit(self._url)
        host = (parts.hostname or "").replace("api.", "app.", 1)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{host}{port}/contracts/{contract_id}"

    def listed(self, offset: int, state: str | None = None) -> tuple[Sequence[Contract], int]:
        """A page of all contracts that the configured user sees, from this one on, and how many there are in all. Their
        data fields are not in it."""
        params: dict[str, str | int] = {"limit": PAGE, "offset": offset}
        if state is not None:
            params["filter[states]"] = state
        data = self._api.call("GET", "contracts", MACHINE, params=params).data
        rows = listed(data)
        count = count_of(data)
        return [contract_of(row) for row in rows], offset + len(rows) if count is None else count

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
        rows = self._kept(("templates", workspace_id), lambda: self._read_templates(workspace_id))
        return [_template(parsed(TemplateBody, row)) for row in rows]

    def _read_templates(self, workspace_id: int | None) -> list[Any]:
        """Where the list takes no such filters, what Oneflow's own connector offers to choose from."""
        filters: dict[str, str | int] = {"filter[active]": "true"}
        if workspace_id is not None:
            filters["filter[workspace_ids]"] = workspace_id
        try:
            if self._observed.position("template_filters") != "refused":
                return list(self._api.pages("templates", MACHINE, filters))
        except Refused as refused:
            if refused.status != 400:
                raise
            log.warning("templates.filters_refused code=%s", refused.code)
        places = listed(self._api.call("GET", "helpers/contract_create_data", MACHINE).data)
        found: dict[object, Any] = {}
        for place in places:
            # A workspace with its templates; or, as the connector describes it, the template itself.
            inside = place.get("templates")
            if inside is None or workspace_id in (None, place.get("id")):
                found |= {one.get("id"): one for one in ([place] if inside is None else inside)}
        return list(found.values())

    def template_fields(self, template_type_id: int) -> Sequence[TemplateField]:
        """Refused where Oneflow does not tell them: that is not the same as a type that has none."""
        fields = self._kept(("fields", template_type_id), lambda: self._read_fields(template_type_id))
        return [
            TemplateField(one.custom_id, one.name or one.custom_id, one.source or "user", one.active, one.value or "")
            for one in parsed(TemplateTypeFields, fields).data_fields or ()
            if one.custom_id
        ]

    def _read_fields(self, template_type_id: int) -> Any:
        """Of the type itself, else of its helper."""
        for path in ("template_types/{id}", "helpers/template_types/{id}/data_fields"):
            try:
                found = self._api.call("GET", path, MACHINE, at={"id": template_type_id}).data
            except Gone:
                continue
            if isinstance(found, Mapping) and found.get("data_fields") is not None:
                return found
        text = f"oneflow does not tell which data fields template type {template_type_id} has"
        raise Refused(text, side="oneflow", ground=Ground.UNEXPECTED)

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
        return {"id": data.get("id"), "name": data.get("name"), "reads_alone": not self._api.sees_all()}

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
