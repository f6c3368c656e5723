"""All checks, each by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from dynamics.checks import agreeing, archive, names, references, values
from dynamics.checks.package import Package, Unreadable

Check = Callable[[Package], Iterator[str]]
CHECKS: Mapping[str, Check] = {
    "entries": archive.entries,
    "content types": archive.content_types,
    "web resources": archive.web_resources,
    "version": values.version,
    "sections": values.sections,
    "elements": values.elements,
    "prefixes": names.prefixes,
    "option values": names.options,
    "ids": names.ids,
    "languages": names.languages,
    "privileges": names.privileges,
    "root components": references.roots,
    "pages": references.pages,
    "functions": references.functions,
    "columns that are named": references.columns,
    "targets": references.targets,
    "tables": agreeing.tables,
    "views": agreeing.views,
    "commands": agreeing.commands,
    "messages' folders": agreeing.messages,
    "links between pages": agreeing.links,
    "versions of parts": agreeing.introduced,
    "columns": values.columns,
    "relationships": values.relationships,
    "forms": values.forms,
    "queries": values.queries,
    "steps": values.steps,
    "apps": values.apps,
    "ribbons": values.ribbons,
    "messages": values.messages,
    "variables": values.variables,
    "lengths": values.lengths,
}


@dataclass(frozen=True, slots=True)
class Fault:
    check: str
    text: str

    def __str__(self) -> str:
        return f"{self.check}: {self.text}"


def faults(content: bytes) -> list[Fault]:
    try:
        package = Package.read(content)
    except Unreadable as error:
        return [Fault("entries", str(error))]
    return [Fault(name, text) for name, check in CHECKS.items() for text in check(package)]
