"""RemoteExecutionContext for registered webhook steps, and its delivery (fact sheet 4.3, 4.4)."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import requests

from sandbox.dataverse import seed
from sandbox.dataverse.customizing.messages import registered_steps
from sandbox.dataverse.schema import Attribute
from sandbox.dataverse.step import Change, Step
from sandbox.dataverse.switches import Switches
from sandbox.dataverse.system_jobs import SystemJobs
from sandbox.dataverse.values import checked
from sandbox.dataverse.world import World

__all__ = ["Change", "Events", "Step"]

Json = dict[str, Any]
_CONTRACTS = "http://schemas.microsoft.com/xrm/2011/Contracts"
_RETRIED = (502, 503, 504)
Send = Callable[[str, bytes, dict[str, str]], int]


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    try:
        return requests.post(url, data=body, headers=headers, timeout=60).status_code
    except requests.RequestException:
        return 0


class Events:
    """Steps are asynchronous: a thread sends, once more only after 502, 503 or 504.

    `steps` were set from outside; one that is registered in Dataverse too counts once. Each event of a registered one
    is a system job.
    """

    def __init__(self, world: World, switches: Switches, send: Send = post) -> None:
        self._world, self._switches, self.send = world, switches, send
        self.steps: list[Step] = []
        self.statuses: list[int] = []
        self.jobs = SystemJobs(world)
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="dataverse-event")
        self._waiting = 0
        self._guard = threading.Condition()

    def tell(self, change: Change) -> None:
        registered = list(registered_steps(self._world))
        known = {(step.url.partition("?")[0], step.message, step.entity) for step in registered}
        direct = [step for step in self.steps if (step.url.partition("?")[0], step.message, step.entity) not in known]
        for step in (*registered, *direct):
            if (step.message, step.entity) != (change.message, change.entity):
                continue
            if step.filtering and not step.filtering & change.columns.keys():
                continue
            if change.tag and not self._switches.echo_events:
                continue
            operation = str(uuid.uuid4())
            body, headers = self.request(change, step, operation)
            if step.id:
                self.jobs.begin(operation, step)
            for _ in range(self._switches.event_copies):
                with self._guard:
                    self._waiting += 1
                self._pool.submit(self._deliver, step, operation, body, headers)

    def idle(self) -> bool:
        with self._guard:
            return self._waiting == 0

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def request(
        self, change: Change, step: Step | None = None, operation: str | None = None
    ) -> tuple[bytes, dict[str, str]]:
        """Body and headers of one event. `operation`: the id of its system job."""
        headers = {
            "Content-Type": "application/json",
            "x-ms-dynamics-organization": "contoso.crm4.dynamics.com",
            "x-ms-dynamics-entity-name": change.entity,
            "x-ms-dynamics-request-name": change.message,
            "x-ms-correlation-request-id": str(uuid.uuid4()),
        }
        context = self._context(change, step, operation or str(uuid.uuid4()))
        body = _encoded(context)
        if len(body) > self._switches.strip_above:
            headers["x-ms-dynamics-msg-size-exceeded"] = "true"
            for name in ("ParentContext", "InputParameters", "PreEntityImages", "PostEntityImages"):
                context.pop(name)
            body = _encoded(context)
        return body, headers

    def _deliver(self, step: Step, operation: str, body: bytes, headers: dict[str, str]) -> None:
        try:
            status = self.send(step.url, body, headers)
            if status in _RETRIED:
                status = self.send(step.url, body, headers)
            self.statuses.append(status)
            if step.id:
                self.jobs.end(operation, step, status)
        finally:
            with self._guard:
                self._waiting -= 1

    def _context(self, change: Change, step: Step | None, operation: str) -> Json:
        user = self._world.rows["systemuser"][change.user_id]
        object_id = user.values.get("azureactivedirectoryobjectid") or "00000000-0000-0000-0000-000000000000"
        now = int(self._world.now().timestamp() * 1000)
        created = f"/Date({now}-0700)/" if self._switches.operation_created_offset else f"/Date({now})/"
        variables = [{"key": "tag", "value": change.tag}] if change.tag else []
        empty: Json = {name: [] for name in ("OutputParameters", "PostEntityImages", "PreEntityImages")}
        flags = dict.fromkeys(("IsExecutingOffline", "IsInTransaction", "IsOfflinePlayback"), False)
        return {
            "BusinessUnitId": seed.ORGANIZATION,
            "CorrelationId": str(uuid.uuid4()),
            "Depth": 1,
            "InitiatingUserAgent": "",
            "InitiatingUserAzureActiveDirectoryObjectId": object_id,
            "InitiatingUserId": change.user_id,
            "InputParameters": self._parameters(change),
            **flags,
            "IsolationMode": 1,
            "MessageName": change.message,
            "Mode": 1,
            "OperationCreatedOn": created,
            "OperationId": operation,
            "OrganizationId": seed.ORGANIZATION,
            "OrganizationName": "unq09000000000040008000000000000",
            **empty,
            "OwningExtension": _extension(step),
            "ParentContext": None,
            "PrimaryEntityId": change.record_id or "00000000-0000-0000-0000-000000000000",
            "PrimaryEntityName": change.entity or "none",
            "RequestId": None,
            "SecondaryEntityName": "none",
            "SharedVariables": variables,
            "Stage": 40,
            "UserAzureActiveDirectoryObjectId": object_id,
            "UserId": change.user_id,
        }

    def _parameters(self, change: Change) -> list[Json]:
        if change.parameters is None:
            return [{"key": "Target", "value": self._target(change)}]
        return [
            {"key": name, "value": _reference(*value) if isinstance(value, tuple) else value}
            for name, value in change.parameters
        ]

    def _target(self, change: Change) -> Json:
        if change.message == "Delete":
            return _reference(change.entity, change.record_id)
        table = self._world.tables[change.entity]
        attributes = [
            {"key": name, "value": _clr(table.attributes[name], value)} for name, value in change.columns.items()
        ]
        attributes.append({"key": table.id_column, "value": change.record_id})
        attributes.append({"key": "modifiedon", "value": _date(self._world.now())})
        return {
            "__type": f"Entity:{_CONTRACTS}",
            "Attributes": attributes,
            "EntityState": None,
            "FormattedValues": [],
            "Id": change.record_id,
            "KeyAttributes": [],
            "LogicalName": change.entity,
            "RelatedEntities": [],
            "RowVersion": None,
        }


def _clr(attribute: Attribute, value: Any) -> Any:
    if value is None:
        return None
    if attribute.is_reference:
        return _reference(*value)
    if attribute.kind in ("Picklist", "State", "Status"):
        return _choice(value)
    if attribute.kind == "MultiSelectPicklist":
        return [_choice(number) for number in checked(attribute, value)]
    if attribute.kind == "DateTime":
        moment = datetime.fromisoformat(checked(attribute, value))
        return _date(moment if moment.tzinfo else moment.replace(tzinfo=UTC))  # a date alone counts as UTC
    if attribute.kind == "Money":
        return {"__type": f"Money:{_CONTRACTS}", "Value": float(value)}
    return float(value) if isinstance(value, Decimal) else value


def _choice(value: int) -> Json:
    return {"__type": f"OptionSetValue:{_CONTRACTS}", "Value": value}


def _date(moment: datetime) -> str:
    return f"/Date({int(moment.timestamp() * 1000)})/"


def _extension(step: Step | None) -> Json:
    """The step, as a reference without its type."""
    known = step or Step("", "", "")
    reference = _reference("sdkmessageprocessingstep", known.id or str(uuid.uuid4()))
    return {name: value for name, value in reference.items() if name != "__type"} | {"Name": known.name}


def _reference(entity: str, record_id: str) -> Json:
    kind = f"EntityReference:{_CONTRACTS}"
    return {
        "__type": kind, "Id": record_id, "KeyAttributes": [], "LogicalName": entity, "Name": None, "RowVersion": None,
    }  # fmt: skip


def _encoded(context: Json) -> bytes:
    """As .NET's serializer writes it: slashes of dates are escaped."""
    return json.dumps(context).replace("/Date(", "\\/Date(").replace(")/", ")\\/").encode()
