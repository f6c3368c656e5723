"""Importing and uninstalling by the Web API, and what Dynamics says of it, in words.

https://learn.microsoft.com/power-platform/alm/solution-async
"""

from __future__ import annotations

import base64
import contextlib
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from dynamics.description.publisher import SOLUTION
from sync_core.adapters.dataverse.api import DataverseApi
from sync_core.errors import Gone, Invalid, NotAllowed, Refused, Temporary

_HOLDING = "_Upgrade"
_FINISHED = 3  # asyncoperation.statecode
_SUCCEEDED = 30  # asyncoperation.statuscode
_PATIENCE = 3600  # seconds that an import may take
# solutioncomponent.componenttype; newer kinds have numbers that differ from one environment to the next.
_KINDS = {1: "table", 20: "role", 24: "form", 26: "view", 59: "chart", 60: "form", 61: "web resource", 62: "site map",
          80: "app", 92: "step", 95: "service endpoint"}  # fmt: skip
# By what a person finds one of a kind: where its rows are, and the columns that name it.
_NAMED_BY = {
    "form": ("systemforms", ("name", "objecttypecode")),
    "view": ("savedqueries", ("name", "returnedtypecode")),
    "web resource": ("webresourceset", ("name",)),
    "step": ("sdkmessageprocessingsteps", ("name",)),
    "service endpoint": ("serviceendpoints", ("name",)),
    "role": ("roles", ("name",)),
    "app": ("appmodules", ("name",)),
}


@dataclass(frozen=True, slots=True)
class Installed:
    id: str
    version: str
    managed: bool


@dataclass(frozen=True, slots=True)
class Staged:
    """`upload`: what the import then names instead of the file; `problems`: why it would fail."""

    upload: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Component:
    """How the import of one part ended; `error` is empty where it went well."""

    kind: str
    name: str
    error: str


class SolutionsInDynamics:
    """`pause`: what waits between two looks at a job."""

    def __init__(self, api: DataverseApi, pause: Callable[[float], None] = time.sleep, every: float = 0.5) -> None:
        self._api, self._pause, self._every = api, pause, every

    def installed(self, name: str = SOLUTION) -> Installed | None:
        params = {"$select": "solutionid,version,ismanaged", "$filter": f"uniquename eq '{name}'"}
        row = next(iter(self._api.rows("solutions", params=params)), None)
        return Installed(str(row["solutionid"]), str(row["version"]), bool(row.get("ismanaged"))) if row else None

    def stage(self, content: bytes) -> Staged:
        """Nothing is installed by it."""
        body = {"CustomizationFile": base64.b64encode(content).decode()}
        answer = self._api.call("POST", "StageSolution", json=body).data or {}
        results: Mapping[str, Any] = answer.get("StageSolutionResults") or {}
        missing = [str(one.get("RequiredComponentSchemaName")) for one in results.get("MissingDependencies") or ()]
        refused = [str(one.get("Message")) for one in results.get("SolutionValidationResults") or ()]
        problems = [*refused, *(f"It needs {name}, which is not in this environment." for name in missing)]
        return Staged(str(results.get("StageSolutionUploadId") or ""), tuple(problems))

    def install(self, staged: Staged, holding: bool, told: Callable[[float], None]) -> Sequence[Component]:
        """Each component's result; `told` hears how far it is, in hundredths. Steps come switched off: `connect` sets
        where they lead, and switches them on."""
        job = str(uuid.uuid4())
        body = {
            "SolutionParameters": {
                "@odata.type": "Microsoft.Dynamics.CRM.SolutionParameters",
                "StageSolutionUploadId": staged.upload,
            },
            "ImportJobId": job,
            "OverwriteUnmanagedCustomizations": False,
            "PublishWorkflows": False,
            "HoldingSolution": holding,
        }
        answer = self._api.call("POST", "ImportSolutionAsync", json=body).data or {}
        operation = str(answer.get("AsyncOperationId") or "")
        if not operation:
            raise Temporary("dynamics did not say which job imports it; look at the solution history", side="dynamics")
        ended = self._wait(operation, job, told)
        params = {"$select": "data,progress"}
        row = self._api.call("GET", "importjobs({id})", at={"id": job}, params=params).data or {}
        found = list(components(str(row.get("data") or "")))
        if ended.get("statuscode") != _SUCCEEDED and not any(one.error for one in found):
            text = str(ended.get("friendlymessage") or ended.get("message") or "the import failed")
            found.append(Component("solution", SOLUTION, text))
        return found

    def _wait(self, operation: str, job: str, told: Callable[[float], None]) -> Mapping[str, Any]:
        params = {"$select": "statecode,statuscode,message,friendlymessage"}
        for _ in range(int(_PATIENCE / self._every)):
            row = self._api.call("GET", "asyncoperations({id})", at={"id": operation}, params=params).data or {}
            if row.get("statecode") == _FINISHED:
                return row
            progress = self._api.call("GET", "importjobs({id})", at={"id": job}, params={"$select": "progress"}).data
            told(float((progress or {}).get("progress") or 0))
            self._pause(self._every)
        raise Temporary("the import takes longer than an hour; look at the solution history", side="dynamics")

    def promote(self) -> None:
        """The upgrade takes the place of what was there; what it no longer holds goes."""
        self._api.call("POST", "DeleteAndPromote", json={"UniqueName": SOLUTION})

    def publish(self) -> None:
        self._api.call("POST", "PublishAllXml", json={})

    def left_over(self) -> Installed | None:
        """What an upgrade that failed leaves behind: it blocks the next one."""
        return self.installed(f"{SOLUTION}{_HOLDING}")

    def delete(self, solution: Installed) -> None:
        self._api.call("DELETE", "solutions({id})", at={"id": solution.id})

    def dependents(self) -> Sequence[str]:
        """What outside the solution needs a part of it, in words."""
        path = "RetrieveDependenciesForUninstall(SolutionUniqueName='{name}')"
        rows = (self._api.call("GET", path, at={"name": SOLUTION}).data or {}).get("value") or ()
        return [
            f"{self._named(row.get('dependentcomponenttype'), row.get('dependentcomponentobjectid'))} needs "
            f"{self._named(row.get('requiredcomponenttype'), row.get('requiredcomponentobjectid'))}."
            for row in rows
        ]

    def _named(self, number: Any, row_id: Any) -> str:
        """By its name where Dynamics tells it, and its id, since several may bear one name."""
        kind = _kind(number)
        set_name, columns = _NAMED_BY.get(kind, ("", ()))
        found: Mapping[str, Any] = {}
        if set_name:
            with contextlib.suppress(Gone, NotAllowed, Refused):
                at, params = {"id": str(row_id)}, {"$select": ",".join(columns)}
                found = self._api.call("GET", f"{set_name}({{id}})", at=at, params=params).data or {}
        name = " of ".join(str(found[one]) for one in columns if found.get(one))
        return " ".join(part for part in (kind, name, f"({row_id})") if part)


def components(data: str) -> Iterator[Component]:
    """An import job's own report."""
    if not data:
        return
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise Invalid("The import's report cannot be read; look at the solution history in Dynamics.") from error
    for one in root.iter():
        result = one.find("result")
        if result is not None:
            name = one.get("LocalizedName") or one.get("name") or one.get("id") or ""
            good = result.get("result") in ("success", "warning")
            yield Component(one.tag, name, "" if good else result.get("errortext") or "it failed")


def _kind(number: Any) -> str:
    return _KINDS.get(number, f"a component of type {number}")
