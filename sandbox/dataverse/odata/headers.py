"""A request's headers and preferences: what is not known here is refused, since to ignore it would be another answer.

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/compose-http-requests-handle-errors
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sandbox.dataverse.odata.options import whole
from sandbox.dataverse.odata.refusals import absent, bad
from sandbox.dataverse.problems import Problem
from sandbox.wire import Request

FORMATTED = "OData.Community.Display.V1.FormattedValue"
NAVIGATION = "Microsoft.Dynamics.CRM.associatednavigationproperty"
LOGICAL_NAME = "Microsoft.Dynamics.CRM.lookuplogicalname"
TOTAL = "Microsoft.Dynamics.CRM.totalrecordcount"
TOTAL_EXCEEDED = "Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"
_ANNOTATIONS = frozenset({FORMATTED, NAVIGATION, LOGICAL_NAME, TOTAL, TOTAL_EXCEEDED})
_COLUMN = re.compile(r"\)/\w+$", re.ASCII)  # a path that ends in a column of a row
_NO_BODY_FROM_US = frozenset({"odata.track-changes", "respond-async", "odata.callback"})
_PREFERENCE = re.compile(r'\s*([\w.-]+)\s*(?:=\s*("[^"]*"|[^",;]*))?\s*(?:,|$)', re.ASCII)

# MSCRM.* headers that are obeyed, with the values that mean what happens here anyway; None for any value.
_KNOWN: Mapping[str, frozenset[str] | None] = {
    "mscrm.solutionuniquename": None,
    "mscrm.suppressduplicatedetection": frozenset({"true"}),  # there are no duplicate rules here to turn on
    "mscrm.suppresscallbackregistrationexpanderjob": None,  # nor flows that a write would start
    "mscrm.mergelabels": None,  # nor labels that could be written
}


@dataclass(frozen=True)
class Preferences:
    annotations: tuple[str, ...] = ()  # names and patterns; "-" before one takes it away
    page: int | None = None
    representation: bool | None = None  # None: not said
    continues: bool = False

    def annotates(self, name: str) -> bool:
        wanted = False
        for pattern in self.annotations:
            if fnmatchcase(name, pattern.removeprefix("-")):
                wanted = not pattern.startswith("-")
        return wanted

    def applied(self) -> dict[str, str]:
        """The answer's header that says what was done."""
        said = []
        if self.annotations:
            said.append(f'odata.include-annotations="{",".join(self.annotations)}"')
        if self.page is not None:
            said.append(f"odata.maxpagesize={self.page}")
        if self.representation is not None:
            said.append(f"return={'representation' if self.representation else 'minimal'}")
        return {"Preference-Applied": ",".join(said)} if said else {}


def preferences_of(request: Request) -> Preferences:
    """Problem for a preference that is not known, or that this simulator cannot keep."""
    given: dict[str, str] = {}
    text, at = request.headers.get("prefer", ""), 0
    while at < len(text):
        match = _PREFERENCE.match(text, at)
        if match is None:
            raise bad(f"The Prefer header cannot be read: '{text}'.")
        given[match.group(1).lower()] = (match.group(2) or "").strip('"')
        at = match.end()
    for name in given.keys() & _NO_BODY_FROM_US:
        raise absent(f"The preference {name}")
    page = given.pop("odata.maxpagesize", None)
    annotations = given.pop("odata.include-annotations", "")
    returned = given.pop("return", None)
    if returned not in (None, "representation", "minimal"):
        raise bad(f"The preference return={returned} is not supported.")
    continues = given.pop("odata.continue-on-error", None)
    if given:
        raise bad(f"The preference {min(given)} is not supported.")
    return Preferences(
        _annotations(annotations),
        whole("odata.maxpagesize", page) if page is not None else None,
        None if returned is None else returned == "representation",
        continues in ("", "true"),
    )


def _annotations(text: str) -> tuple[str, ...]:
    wanted = tuple(one.strip() for one in text.split(",") if one.strip())
    for one in wanted:
        name = one.removeprefix("-")
        if "*" not in name and name not in _ANNOTATIONS:
            raise absent(f"The annotation {name}")
    return wanted


def check_headers(request: Request, batch: bool = False) -> None:
    """Problem for a version, a form of the body or a header of Dataverse's own that means another answer."""
    headers = request.headers
    for name in ("odata-version", "odata-maxversion"):
        if headers.get(name, "4.0") not in ("4.0", *(("4.01",) if name == "odata-maxversion" else ())):
            raise bad(f"{name} {headers[name]} is not supported; 4.0 is.")
    _accepts(headers.get("accept", "*/*"))
    kind = headers.get("content-type")
    bytes_of_file = kind == "application/octet-stream" and _COLUMN.search(request.path) is not None
    if request.body and kind is not None and not batch and not bytes_of_file:
        _is_json(kind)
    for name, value in headers.items():
        if not name.startswith("mscrm."):
            continue
        if name not in _KNOWN:
            raise absent(f"The header {name}")
        values = _KNOWN[name]
        if values is not None and value.lower() not in values:
            raise absent(f"The header {name} with the value {value}")


def _accepts(text: str) -> None:
    kinds = [one.strip().split(";") for one in text.split(",")]
    for kind in kinds:
        level = next((one for one in _parameters(kind[1:]) if one.startswith("odata.metadata=")), "")
        if level not in ("", "odata.metadata=minimal"):
            raise absent(f"Accept with {level}")
    if not {"*/*", "application/*", "application/json", "text/plain", "multipart/mixed"} & {one[0] for one in kinds}:
        raise Problem(415, "", f"The response cannot be of the media type '{text}'; application/json is.")


def _is_json(kind: str) -> None:
    media, *parameters = kind.split(";")
    if media.strip().lower() != "application/json":
        raise Problem(415, "", f"The request's media type '{kind}' is not supported; application/json is.")
    for one in _parameters(parameters):
        if one == "ieee754compatible=true":
            raise absent("A body with IEEE754Compatible=true")


def _parameters(parts: Iterable[str]) -> list[str]:
    return [one.strip().lower() for one in parts]
