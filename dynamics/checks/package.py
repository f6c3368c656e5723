"""A solution's zip, read: its entries, and its two big files as elements."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

TOP = ("[Content_Types].xml", "solution.xml", "customizations.xml")
# Where in customizations.xml a component stands, and which of its values is its id.
_IDENTIFIED = (
    ("Roles/Role", "@id"),
    ("WebResources/WebResource", "WebResourceId"),
    ("SdkMessageProcessingSteps/SdkMessageProcessingStep", "@SdkMessageProcessingStepId"),
    ("ServiceEndpoints/ServiceEndpoint", "@ServiceEndpointId"),
    ("Dashboards/Dashboard", "FormId"),
    (".//savedquery", "savedqueryid"),
    (".//visualization", "savedqueryvisualizationid"),
    (".//systemform", "formid"),
)


class Unreadable(Exception):
    """It is no solution's zip; the text says why."""


@dataclass(frozen=True)
class Package:
    names: tuple[str, ...]
    files: Mapping[str, bytes]

    @classmethod
    def read(cls, content: bytes) -> Package:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as zipped:
                names = tuple(zipped.namelist())
                files = {name: zipped.read(name) for name in names}
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as error:
            raise Unreadable(f"it is no zip ({error})") from error
        for name in TOP:
            if name not in files:
                raise Unreadable(f"{name} is missing")
        package = cls(names, files)
        for name in TOP:
            package.root(name)
        return package

    def root(self, name: str) -> Element:
        try:
            return ElementTree.fromstring(self.files[name])
        except ElementTree.ParseError as error:
            raise Unreadable(f"{name} is no XML ({error})") from error

    @cached_property
    def custom(self) -> Element:
        return self.root("customizations.xml")

    @cached_property
    def manifest(self) -> Element:
        found = self.root("solution.xml").find("SolutionManifest")
        if found is None:
            raise Unreadable("solution.xml has no SolutionManifest")
        return found

    def parts(self, last: str) -> Iterator[tuple[str, Element]]:
        """Files of components with a folder of their own, by their file's name."""
        for name in self.files:
            if name.rpartition("/")[2] == last:
                yield name, self.root(name)

    @cached_property
    def prefix(self) -> str:
        return self.manifest.findtext("Publisher/CustomizationPrefix") or ""

    @cached_property
    def languages(self) -> tuple[str, ...]:
        return tuple(one.text or "" for one in self.custom.findall("Languages/Language"))

    @cached_property
    def identified(self) -> list[tuple[str, str]]:
        """What a component is named, and its id as it is written."""
        found = []
        for path, place in _IDENTIFIED:
            for one in self.custom.findall(path):
                given = one.get(place[1:]) if place.startswith("@") else one.findtext(place)
                found.append((f"{one.tag} {label(one)}", given or ""))
        return found

    @cached_property
    def web_resources(self) -> dict[str, Element]:
        return {one.findtext("Name") or "": one for one in self.custom.findall("WebResources/WebResource")}

    @cached_property
    def tables(self) -> dict[str, Element]:
        """Those that are made here, by logical name."""
        found = {}
        for one in self.custom.findall("Entities/Entity"):
            if one.find("EntityInfo/entity") is not None:
                found[(one.findtext("Name") or "").lower()] = one
        return found

    def columns(self, table: str) -> dict[str, Element]:
        found = self.tables[table].findall("EntityInfo/entity/attributes/attribute")
        return {one.findtext("LogicalName") or "": one for one in found}

    def content(self, name: str) -> bytes | None:
        """Of a web resource, by its name."""
        found = self.web_resources.get(name)
        entry = (found.findtext("FileName") or "").lstrip("/") if found is not None else ""
        return self.files.get(entry)


def label(one: Element) -> str:
    """What a person would call it."""
    for place in ("Name", "UniqueName", "SiteMapUniqueName"):
        if one.findtext(place):
            return one.findtext(place) or ""
    for place in ("Name", "name", "uniquename", "schemaname", "PhysicalName", "Id", "id"):
        if one.get(place):
            return one.get(place) or ""
    named = one.find(".//LocalizedName")
    return (named.get("description") or "") if named is not None else ""


def bare(guid: str) -> str:
    return guid.strip("{}").lower()
