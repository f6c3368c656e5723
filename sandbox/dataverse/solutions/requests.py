"""Requests about solutions: stage, import, look at the job, export, ask what depends, uninstall (fact sheet, 2.2)."""

from __future__ import annotations

import base64
import binascii
import io
import re
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

from sandbox.dataverse.caller import Caller
from sandbox.dataverse.odata.bodies import body_of
from sandbox.dataverse.odata.options import NONE, options_of
from sandbox.dataverse.platform_tables import COMPONENT_TYPES
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.security import Security
from sandbox.dataverse.solutions.installing import FILE, Installing
from sandbox.dataverse.solutions.package import Package, Refused
from sandbox.dataverse.switches import Switches
from sandbox.dataverse.world import World
from sandbox.wire import Request, Response

Json = dict[str, Any]
IMPORT = "prvImportCustomization"
_EXPORT = "prvExportCustomization"
_RUNNING, _SUCCEEDED, _FAILED = (2, 20), (3, 30), (3, 31)
_IMPORT_OPERATION = 203
_DEPENDENTS = re.compile(r"RetrieveDependenciesForUninstall\(SolutionUniqueName='([^']+)'\)")
_JOBS = re.compile(r"(?:asyncoperations|importjobs)(?:\(.*)?")
_UNINSTALL = re.compile(r"solutions\(([0-9a-fA-F-]{36})\)")
# What the body may say, and what each is.
_PARAMETERS = frozenset(
    {
        "CustomizationFile", "OverwriteUnmanagedCustomizations", "PublishWorkflows", "ImportJobId", "HoldingSolution",
        "SkipProductUpdateDependencies", "ComponentParameters", "SolutionParameters",
    }
)  # fmt: skip


@dataclass
class _Waiting:
    """An import that was ordered; it is done when somebody looks again."""

    job: str
    operation: str
    content: bytes
    publish: bool
    holding: bool
    looked_at: int = 0


class SolutionsApi:
    """`answer` is None for what is no request of these."""

    def __init__(self, world: World, switches: Switches, security: Security) -> None:
        self._world, self._security = world, security
        self._installing = Installing(world, switches)
        self._staged: dict[str, bytes] = {}
        self._waiting: _Waiting | None = None

    def answer(self, request: Request, path: str, caller: Caller) -> Response | None:
        actions: dict[str, Callable[[Json], Response]] = {
            "StageSolution": self._stage,
            "ImportSolutionAsync": self._order,
            "ImportSolution": self._at_once,
            "DeleteAndPromote": self._promote,
            "ExportSolution": self._export,
            "PublishAllXml": lambda body: Response(204),
        }
        if request.method == "POST" and path in actions:
            options_of(request, NONE)
            self._security.must(caller, _EXPORT if path == "ExportSolution" else IMPORT)
            try:
                return actions[path](body_of(request))
            except Refused as refused:
                raise Problem(400, "0x80048426", str(refused)) from refused
        if request.method == "GET" and (match := _DEPENDENTS.fullmatch(path)):
            return self._dependents(match.group(1))
        if request.method == "GET" and _JOBS.fullmatch(path):
            self._go_on()
            return None  # the rows answer
        if request.method == "DELETE" and (match := _UNINSTALL.fullmatch(path)):
            return self._uninstall(caller, match.group(1).lower())
        return None

    # --- in ----------------------------------------------------------------------------------------------------------

    def _stage(self, body: Json) -> Response:
        content = _content(body)
        package = Package.read(content)
        missing = self._installing.missing(package)
        validations = []
        try:
            self._installing.check(package, holding=False)
        except Refused as refused:
            validations.append({"SolutionValidationResultType": "Error", "Message": str(refused), "ErrorCode": 0})
        upload = str(uuid.uuid4())
        if not validations:
            self._staged[upload] = content
        results = {
            "StageSolutionUploadId": upload,
            "StageSolutionStatus": "Failed" if validations else "Passed",
            "SolutionValidationResults": validations,
            "MissingDependencies": [{"RequiredComponentSchemaName": name} for name in missing],
            "SolutionDetails": {
                "SolutionUniqueName": package.name,
                "SolutionVersion": package.version,
                "IsManaged": package.managed,
            },
        }
        return Response.of_json(200, {"StageSolutionResults": results})

    def _order(self, body: Json) -> Response:
        if self._waiting is not None:
            text = "Cannot start another [Import] because there is a previous [Import] running at this moment."
            raise Problem(400, "0x80071151", text)
        job = str(body.get("ImportJobId") or uuid.uuid4()).lower()
        operation = str(uuid.uuid4())
        content = self._given(body)
        named = {"solutionname": "", "progress": 0, "data": None, "completedon": None}
        self._world.add("importjob", named, "", job)
        values = {"name": "Import", "operationtype": _IMPORT_OPERATION} | _state(_RUNNING)
        self._world.add("asyncoperation", values, "", operation)
        self._waiting = _Waiting(
            job, operation, content, bool(body.get("PublishWorkflows")), bool(body.get("HoldingSolution"))
        )
        return Response.of_json(200, {"AsyncOperationId": operation, "ImportJobKey": job})

    def _at_once(self, body: Json) -> Response:
        content = self._given(body)
        package = Package.read(content)
        self._installing.install(
            package, content, bool(body.get("PublishWorkflows")), bool(body.get("HoldingSolution"))
        )
        return Response(204)

    def _go_on(self) -> None:
        """Half of it at the first look, the rest at the second."""
        waiting = self._waiting
        if waiting is None:
            return
        waiting.looked_at += 1
        job = self._world.row("importjob", waiting.job)
        if waiting.looked_at == 1:
            job.values["progress"] = 50
            return
        self._waiting = None
        operation = self._world.row("asyncoperation", waiting.operation)
        name = ""
        try:
            package = Package.read(waiting.content)
            name = package.name
            done = self._installing.install(package, waiting.content, waiting.publish, waiting.holding)
            told = _told(done, "success", "")
            operation.values |= _state(_SUCCEEDED)
        except Refused as refused:
            told = _told([("solutionManifest", name)], "failure", str(refused))
            operation.values |= _state(_FAILED) | {"message": str(refused), "friendlymessage": str(refused)}
        now = self._world.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        job.values |= {"solutionname": name, "progress": 100, "data": told, "completedon": now}
        self._world.touched()

    def _given(self, body: Json) -> bytes:
        if unknown := body.keys() - _PARAMETERS:
            raise Problem(400, "0x80048d19", f"The parameter {unknown.pop()} of ImportSolution is unknown.")
        upload = (body.get("SolutionParameters") or {}).get("StageSolutionUploadId")
        if upload:
            if upload not in self._staged:
                raise Problem(404, "0x80040217", f"There is no staged solution {upload}.")
            return self._staged.pop(upload)
        return _content(body)

    # --- out ---------------------------------------------------------------------------------------------------------

    def _promote(self, body: Json) -> Response:
        self._installing.promote(str(body.get("UniqueName")))
        return Response.of_json(200, {"SolutionId": str(uuid.uuid4())})

    def _export(self, body: Json) -> Response:
        """The file that was imported, as managed where that is asked for: only one word differs."""
        row = self._installing.installed(str(body.get("SolutionName")))
        if row is None or FILE not in row.values:
            raise Problem(404, "0x80040217", f"The solution {body.get('SolutionName')} does not exist.")
        if row.values.get("ismanaged"):
            raise Problem(400, "0x80048036", "Managed solutions cannot be exported.")
        content = base64.b64decode(str(row.values[FILE]))
        if body.get("Managed"):
            content = _as_managed(content)
        return Response.of_json(200, {"ExportSolutionFile": base64.b64encode(content).decode()})

    def _dependents(self, name: str) -> Response:
        try:
            found = self._installing.dependents(name)
        except Refused as refused:
            raise Problem(404, "0x80040217", str(refused)) from refused
        rows = [
            {
                "dependencyid": str(uuid.uuid4()),
                "dependentcomponenttype": COMPONENT_TYPES[kind],
                "dependentcomponentobjectid": one,
                "requiredcomponenttype": COMPONENT_TYPES[needed],
                "requiredcomponentobjectid": other,
            }
            for kind, one, needed, other in found
        ]
        return Response.of_json(200, {"value": rows})

    def _uninstall(self, caller: Caller, record_id: str) -> Response | None:
        row = self._world.rows.get("solution", {}).get(record_id)
        if row is None or FILE not in row.values:
            return None  # one that was made as a row
        self._security.must(caller, "prvDeleteSolution")
        try:
            self._installing.uninstall(row)
        except Refused as refused:
            raise Problem(400, "0x8004f01f", str(refused)) from refused
        return Response(204)


def _state(pair: tuple[int, int]) -> Json:
    return {"statecode": pair[0], "statuscode": pair[1]}


def _content(body: Json) -> bytes:
    try:
        return base64.b64decode(str(body.get("CustomizationFile") or ""), validate=True)
    except binascii.Error as error:
        raise Problem(400, "0x80048d19", "CustomizationFile is no base64.") from error


def _told(parts: list[tuple[str, str]], result: str, text: str) -> str:
    inside = "".join(
        f"<{kind} id={quoteattr(name)} LocalizedName={quoteattr(name)}>"
        f'<result result="{result}" errorcode="{0 if result == "success" else "0x80048426"}" '
        f"errortext={quoteattr(text)} /></{kind}>"
        for kind, name in parts
    )
    return f'<importexportxml succeeded="{result}">{inside}</importexportxml>'


def _as_managed(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for entry in given.infolist():
            inside = given.read(entry)
            if entry.filename == "solution.xml":
                inside = inside.replace(b"<Managed>0</Managed>", b"<Managed>1</Managed>")
            made.writestr(entry, inside)
    return buffer.getvalue()
