"""Names and ids: the publisher's prefix, languages, privileges, ids that are unique and stay."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from xml.etree.ElementTree import Element

from dynamics.checks.package import Package, bare, label

_GUID = re.compile(r"\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")
IDS = "ids.json"
_NOTES = Path(__file__).resolve().parents[1]
_LEVELS = ("Basic", "Local", "Deep", "Global")
_OWNED = ("Create", "Read", "Write", "Delete", "Append", "AppendTo", "Assign", "Share")
_WRITES = ("Create", "Write", "Delete")
# Of the platform's own tables, as `GET /privileges?$select=name` spells them.
_PLATFORM = frozenset(
    {
        "Opportunity", "Quote", "Account", "Contact", "User", "Organization", "Entity", "Attribute", "Relationship",
        "OptionSet", "TransactionCurrency", "Note", "Activity", "WebResource", "EnvironmentVariableDefinition",
        "EnvironmentVariableValue", "Team",
    }
)  # fmt: skip
_SINGLE = frozenset({"prvActOnBehalfOfAnotherUser"})
_PRIVILEGE = re.compile(rf"prv({'|'.join(sorted(_OWNED, key=len, reverse=True))})(\w+)")


@cache
def released() -> dict[str, str]:
    """`Role Oneflow seller` -> its id: those that customers have."""
    return _noted(_NOTES / IDS)


def _noted(file: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    return found


def remember_ids(content: bytes, file: Path) -> None:
    """From now on these are released; none is ever forgotten."""
    made = {name: bare(given) for name, given in Package.read(content).identified}
    file.write_text(json.dumps(dict(sorted((_noted(file) | made).items())), indent=1, ensure_ascii=False) + "\n")


def prefixes(package: Package) -> Iterator[str]:
    """Everything that is made here bears the publisher's prefix."""
    start = f"{package.prefix}_"
    for name, table in package.tables.items():
        yield from _without(start, "table", [name])
        yield from _without(start, "column", list(package.columns(name)))
        yield from _without(start, "key", [one.findtext("Name") or "" for one in table.iter("EntityKey")])
    custom = package.custom
    relationships = [one.get("Name") or "" for one in custom.findall("EntityRelationships/EntityRelationship")]
    yield from _without(start, "relationship", relationships)
    yield from _without(start, "web resource", list(package.web_resources))
    yield from _without(start, "app", [one.findtext("UniqueName") or "" for one in custom.iter("AppModule")])
    yield from _without(
        start, "site map", [one.findtext("SiteMapUniqueName") or "" for one in custom.iter("AppModuleSiteMap")]
    )
    for last, attribute in (
        ("customapi.xml", "uniquename"),
        ("environmentvariabledefinition.xml", "schemaname"),
        ("appaction.xml", "uniquename"),
    ):
        yield from _without(start, last, [root.get(attribute) or "" for _, root in package.parts(last)])


def _without(start: str, kind: str, names: list[str]) -> Iterator[str]:
    for name in names:
        if not name.lower().startswith(start):
            yield f"the name of the {kind} {name} does not start with {start}"


def options(package: Package) -> Iterator[str]:
    """Values of choices start at the publisher's own number."""
    given = package.manifest.findtext("Publisher/CustomizationOptionValuePrefix") or ""
    if not given.isdigit() or not 10_000 <= int(given) <= 99_999:
        yield f"the publisher's prefix of option values is {given}, not 10000 to 99999"
        return
    first = int(given) * 10_000
    for options_of in package.custom.iter("optionset"):
        seen: set[str] = set()
        for one in options_of.iter("option"):
            value = one.get("value") or ""
            if not value.isdigit():
                yield f"the option value {value} of {label(options_of)} is no number"
            elif not first <= int(value) < first + 10_000:
                yield f"the option value {value} of {label(options_of)} is not one of the publisher's"
            if value in seen:
                yield f"the option value {value} of {label(options_of)} is there twice"
            seen.add(value)
            if one.find("labels/label") is None:
                yield f"the option value {value} of {label(options_of)} has no label"


def ids(package: Package) -> Iterator[str]:
    seen: dict[str, str] = {}
    for name, given in package.identified:
        if not _GUID.fullmatch(given):
            yield f"the id of {name} is no GUID: {given or 'it is missing'}"
            continue
        guid = bare(given)
        if guid in seen:
            yield f"{name} has the id of {seen[guid]}"
        seen[guid] = name
        if released().get(name, guid) != guid:
            yield f"{name} has another id than the one that was released"
    for one in package.custom.iter():
        for place in ("id", "handlerUniqueId", "libraryUniqueId"):
            value = one.get(place)
            if value and one.tag in ("tab", "section", "cell", "Handler", "Library") and not _GUID.fullmatch(value):
                yield f"{place} of {one.tag} {label(one)} is no GUID: {value}"


def languages(package: Package) -> Iterator[str]:
    """Whatever has a text has it in every language."""
    wanted = set(package.languages)
    if not wanted:
        yield "no language is listed"
    for root_name, root in (("solution.xml", package.manifest), ("customizations.xml", package.custom)):
        for parent in root.iter():
            yield from _texts(root_name, parent, wanted)
    for last in ("customapi.xml", "customapirequestparameter.xml", "environmentvariabledefinition.xml",
                 "appaction.xml"):  # fmt: skip
        for name, root in package.parts(last):
            for one in root.iter():
                if one.get("default") is not None:
                    yield from _texts(name, one, wanted)


def _texts(where: str, parent: Element, wanted: set[str]) -> Iterator[str]:
    told = [one for one in parent if one.get("description") is not None or one.tag == "Title"]
    if not told and parent.get("default") is None:
        return
    found: dict[str, str] = {}
    for one in told:
        language = one.get("languagecode") or one.get("LCID")
        if not language:
            yield f"{where}: a text in {parent.tag} names no language: {one.get('description') or one.get('Title')}"
            continue
        found[language] = one.get("description") or one.get("Title") or ""
    words = next(iter(found.values()), parent.get("default") or "")
    for language in sorted(wanted - found.keys()):
        yield f"{where}: {parent.tag} '{words}' lacks language {language}"
    for language in sorted(found):
        if not found[language].strip():
            yield f"{where}: {parent.tag} has an empty text in language {language}"


def privileges(package: Package) -> Iterator[str]:
    own = {one.findtext("Name") or "" for one in package.tables.values()}
    writers: dict[str, list[str]] = {}
    for role in package.custom.findall("Roles/Role"):
        seen: set[str] = set()
        for one in role.iter("RolePrivilege"):
            name, level = one.get("name") or "", one.get("level") or ""
            if level not in _LEVELS:
                yield f"the role {label(role)} gives {name} to the level {level}, which there is not"
            if name in seen:
                yield f"the role {label(role)} gives {name} twice"
            seen.add(name)
            if any(name == f"prv{verb}{table}" for verb in _WRITES for table in own):
                writers.setdefault(label(role), []).append(name)
            match = _PRIVILEGE.fullmatch(name)
            if name not in _SINGLE and not (match and match.group(2) in own | _PLATFORM):
                yield f"the role {label(role)} gives {name}, which is no privilege"
    if len(writers) > 1:
        # Rows are the app's own: whatever a person writes there is put right again.
        told = "; ".join(f"{role}: {', '.join(names)}" for role, names in writers.items())
        yield f"more than one role may write the tables that are made here ({told})"
    for name, root in package.parts("customapi.xml"):
        needed = root.findtext("executeprivilegename") or ""
        match = _PRIVILEGE.fullmatch(needed)
        if not (match and match.group(2) in own | _PLATFORM):
            yield f"{name} needs {needed or 'no privilege: anyone signed in may call it'}"
