"""The zip itself: entries, their kinds, the files of web resources, sizes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from dynamics.checks.package import Package, bare

_LONGEST = 5 * 1024 * 1024  # bytes of a web resource, unless an organisation allows more
_TYPES = {1: ".html", 2: ".css", 3: ".js", 4: ".xml", 5: ".png", 6: ".jpg", 7: ".gif", 8: ".xap", 9: ".xsl",
          10: ".ico", 11: ".svg", 12: ".resx"}  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9]+_[\w./]+", re.ASCII)


def entries(package: Package) -> Iterator[str]:
    seen: set[str] = set()
    for name in package.names:
        if name in seen:
            yield f"the entry {name} is there twice"
        if "\\" in name:
            yield f"the entry {name} has a backslash"
        if name.endswith("/"):
            yield f"the entry {name} is a folder"
        seen.add(name)
        if name.endswith(".xml"):
            try:
                ElementTree.fromstring(package.files[name])
            except ElementTree.ParseError as error:
                yield f"{name} is no XML ({error})"


def content_types(package: Package) -> Iterator[str]:
    """Every entry has a kind, by its extension or by its own name."""
    root = package.root("[Content_Types].xml")
    known = {one.get("Extension") for one in root if one.tag.endswith("Default")}
    named = {(one.get("PartName") or "").lstrip("/") for one in root if one.tag.endswith("Override")}
    for name in package.names:
        if name == "[Content_Types].xml" or name.endswith("/"):
            continue
        last = name.rpartition("/")[2]
        extension = last.rpartition(".")[2] if "." in last else None
        if name not in named and extension not in known:
            yield f"[Content_Types].xml has no kind for {name}"
    for name in sorted(named - set(package.names)):
        yield f"[Content_Types].xml names {name}, which is not there"


def web_resources(package: Package) -> Iterator[str]:
    told = set()
    for name, one in package.web_resources.items():
        entry = (one.findtext("FileName") or "").lstrip("/")
        told.add(entry)
        if entry not in package.files:
            yield f"the file of the web resource {name}, {entry}, is missing"
            continue
        if not entry.endswith(bare(one.findtext("WebResourceId") or "").upper()):
            yield f"the file of the web resource {name} does not end in its id"
        if len(package.files[entry]) > _LONGEST:
            yield f"the web resource {name} is larger than {_LONGEST} bytes"
        kind = one.findtext("WebResourceType") or ""
        wanted = _TYPES.get(int(kind)) if kind.isdigit() else None
        if wanted is None:
            yield f"the web resource {name} is of type {kind}, which there is not"
        elif not name.endswith(wanted):
            yield f"the web resource {name} is of type {kind}, which is for {wanted}"
        if not _NAME.fullmatch(name) or "//" in name:
            yield f"the web resource {name} has other marks in its name than letters, digits, dots and single slashes"
    for name in package.files:
        if name.startswith("WebResources/") and name not in told:
            yield f"{name} is the file of no web resource"
