"""A solution's zip as the platform reads it; `Refused` where it would not take it at all."""

from __future__ import annotations

import base64
import io
import zipfile
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

_TOP = ("[Content_Types].xml", "solution.xml", "customizations.xml")
_COLUMN_TYPES = frozenset(
    {
        "nvarchar", "ntext", "int", "bigint", "decimal", "float", "money", "datetime", "bit", "picklist",
        "multiselectpicklist", "lookup", "customer", "file", "image",
    }
)  # fmt: skip


class Refused(Exception):
    """Why the import stops, in the platform's way of saying it."""


@dataclass(frozen=True)
class Package:
    files: dict[str, bytes]
    manifest: Element
    custom: Element

    @classmethod
    def read(cls, content: bytes) -> Package:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as zipped:
                files = {name: zipped.read(name) for name in zipped.namelist()}
        except (zipfile.BadZipFile, OSError) as error:
            raise Refused("The solution file is invalid. The compressed file could not be opened.") from error
        lacking = [name for name in _TOP if name not in files]
        if lacking:
            raise Refused(f"The solution file is invalid. It must contain {lacking[0]} in its root.")
        if odd := next((name for name in files if "\\" in name or name.endswith("/")), None):
            raise Refused(f"The solution file is invalid. The entry {odd} cannot be read.")
        package = cls(files, _root(files, "solution.xml"), _root(files, "customizations.xml"))
        package._kinds()
        package._shapes()
        return package

    def _kinds(self) -> None:
        root = _root(self.files, "[Content_Types].xml")
        known = {str(one.get("Extension")) for one in root if one.tag.endswith("Default")}
        named = {str(one.get("PartName")).lstrip("/") for one in root if one.tag.endswith("Override")}
        for name in self.files:
            extension = name.rpartition("/")[2].rpartition(".")
            if name not in named and name != _TOP[0] and not (extension[1] and extension[2] in known):
                raise Refused(f"The solution file is invalid. {name} has no content type.")

    def _shapes(self) -> None:
        for one in self.custom.iter("attribute"):
            kind = one.findtext("Type")
            if one.get("PhysicalName") and kind not in _COLUMN_TYPES:
                raise Refused(f"The attribute type {kind} of {one.get('PhysicalName')} is not supported.")
        for saved in self.custom.iter("SavedQueries"):
            if any(one.tag != "savedqueries" for one in saved):
                raise Refused("The element 'SavedQueries' has an invalid child element 'savedquery'.")
        for name, root in self.parts("customapiresponseproperty.xml"):
            if root.find("isoptional") is not None:
                raise Refused(f"{name}: isoptional is no column of customapiresponseproperty.")

    def parts(self, last: str) -> list[tuple[str, Element]]:
        return [(name, _root(self.files, name)) for name in self.files if name.rpartition("/")[2] == last]

    def said(self, place: str) -> str:
        """Of solution.xml."""
        return self.manifest.findtext(f"SolutionManifest/{place}") or ""

    @property
    def name(self) -> str:
        return self.said("UniqueName")

    @property
    def version(self) -> str:
        return self.said("Version")

    @property
    def managed(self) -> bool:
        return self.said("Managed") == "1"

    def content(self, file_name: str) -> str:
        """Of a web resource, as its row holds it."""
        entry = file_name.lstrip("/")
        if entry not in self.files:
            raise Refused(f"The file {entry} of a web resource is missing from the solution file.")
        return base64.b64encode(self.files[entry]).decode()


def numbers(version: str) -> tuple[int, ...]:
    try:
        return tuple(int(number) for number in version.split("."))
    except ValueError:
        raise Refused(f"The version {version} is invalid.") from None


def bare(guid: str | None) -> str:
    return (guid or "").strip("{}").lower()


def text_of(one: Element | None) -> str:
    """The English one of a labelled element."""
    if one is None:
        return ""
    english = one.find("*[@languagecode='1033']")
    return (english.get("description") if english is not None else None) or one.get("default") or ""


def texts_of(one: Element | None) -> tuple[str, str]:
    """English and Swedish."""
    swedish = one.find("*[@languagecode='1053']") if one is not None else None
    english = text_of(one)
    return english, (swedish.get("description") if swedish is not None else None) or english


def _root(files: dict[str, bytes], name: str) -> Element:
    try:
        return ElementTree.fromstring(files[name])
    except ElementTree.ParseError as error:
        raise Refused(f"The solution file is invalid. {name}: {error}.") from error
