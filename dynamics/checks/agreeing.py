"""What is said of one thing in several places agrees, and is said once."""

from __future__ import annotations

import json
import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from dynamics.checks.package import Package, label

_LONGEST = {"nvarchar": 4000, "ntext": 1_048_576}  # characters that a column of the type can be made for
_KEY_COLUMNS, _KEYS = 16, 10
_QUERY_TYPES = frozenset({"0", "1", "2", "4", "64", "8192"})
_LOCATIONS = frozenset(map(str, range(7)))
_ALL, _TABLE = "0", "1"  # where a command is shown
_SCRIPT = "2"  # what a command does when it is pressed
_TEXTS = ("buttonlabeltext", "buttonaccessibilitytext", "buttontooltiptitle", "buttontooltipdescription")
# Pages name each other by `src` and `href`, scripts by `import`, sheets by `@import` and `url()`.
_NAMED = {
    ".html": re.compile(r"""\b(?:src|href)=["']([^"']*)["']"""),
    ".js": re.compile(r"""\b(?:from|import)\s*\(?\s*["'](\.[^"']*)["']"""),
    ".css": re.compile(r"""(?:@import\s+(?:url\()?|url\()["']?([^"')]*)"""),
}


def tables(package: Package) -> Iterator[str]:
    for name, table in package.tables.items():
        entity = table.find("EntityInfo/entity")
        assert entity is not None  # by what `tables` is
        if entity.findtext("EntitySetName") in (None, "", name):
            yield f"the table {name} has the set name {entity.findtext('EntitySetName')}, which is not a plural's"
        if entity.findtext("OwnershipTypeMask") not in ("UserOwned", "OrgOwned"):
            yield f"the table {name} is owned by {entity.findtext('OwnershipTypeMask')}, which there is not"
        columns = entity.findall("attributes/attribute")
        yield from _twice(f"the column {{}} of {name}", [one.findtext("LogicalName") or "" for one in columns])
        for one in columns:
            longest, given = _LONGEST.get(one.findtext("Type") or ""), one.findtext("MaxLength") or ""
            if longest and not (given.isdigit() and 1 <= int(given) <= longest):
                yield f"the column {one.findtext('LogicalName')} takes {given} characters, not 1 to {longest}"
        keys = entity.findall("EntityKeys/EntityKey")
        yield from _twice(f"the key {{}} of {name}", [one.findtext("LogicalName") or "" for one in keys])
        if len(keys) > _KEYS or any(len(one.findall(".//AttributeName")) > _KEY_COLUMNS for one in keys):
            yield f"the table {name} has more than {_KEYS} keys, or one of more than {_KEY_COLUMNS} columns"


def _twice(what: str, names: list[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{what.format(name)} is there {count} times"


def views(package: Package) -> Iterator[str]:
    for name, table in package.tables.items():
        defaults: Counter[str] = Counter()
        for view in table.iter("savedquery"):
            kind = view.findtext("querytype") or ""
            if kind not in _QUERY_TYPES:
                yield f"the view {label(view)} is of type {kind}, which there is not"
            defaults[kind] += view.findtext("isdefault") == "1"
            fetched = {one.get("name") for one in view.iter("attribute")}
            for cell in view.iter("cell"):
                if cell.get("name") not in fetched:
                    yield f"the view {label(view)} shows {cell.get('name')}, which its query does not have"
        for kind in sorted(kind for kind, count in defaults.items() if count > 1):
            yield f"the table {name} has {defaults[kind]} default views of type {kind}"
        for one in (*table.iter("savedquery"), *table.iter("visualization")):
            for entity in one.iter("entity"):
                if entity.get("name") != name:
                    yield f"{label(one)} of {name} asks the table {entity.get('name')}"


def commands(package: Package) -> Iterator[str]:
    names: list[str] = []
    for where, root in package.parts("appaction.xml"):
        name = root.get("uniquename") or ""
        names.append(name)
        if where.split("/")[-2] != name:
            yield f"{where} is of another command: {name}"
        if root.findtext("location") not in _LOCATIONS:
            yield f"{where} is shown at {root.findtext('location')}, which there is not"
        yield from _of_table(where, root)
        for text in _TEXTS:
            if not (root.find(text) is not None and root.find(f"{text}/label") is not None):
                yield f"{where} has no {text}"
        if root.findtext("onclickeventtype") != _SCRIPT:
            yield f"{where} calls no script"
        elif not _are_parameters(root.findtext("onclickeventjavascriptparameters") or ""):
            yield f"{where} passes what are no parameters"
    yield from _twice("the command {}", names)


def _of_table(where: str, root: Element) -> Iterator[str]:
    context, table = root.findtext("context"), root.findtext("contextentity/logicalname")
    if context not in (_ALL, _TABLE) or (context == _TABLE) != bool(table):
        yield f"{where} is of context {context}, and names the table {table}"
    if table != root.findtext("contextvalue"):
        yield f"{where} names two tables: {table} and {root.findtext('contextvalue')}"


def _are_parameters(text: str) -> bool:
    try:
        given = json.loads(text)
    except ValueError:
        return False
    return isinstance(given, list) and all(isinstance(one, dict) and isinstance(one.get("type"), int) for one in given)


def messages(package: Package) -> Iterator[str]:
    """A Custom API and its parameters are known by the folders that they are in."""
    folders = set()
    for where, root in package.parts("customapi.xml"):
        folder = where.removesuffix("/customapi.xml")
        folders.add(folder)
        if not root.get("uniquename") == root.findtext("name") == folder.rpartition("/")[2]:
            yield f"{where} is of another message: {root.get('uniquename')}, {root.findtext('name')}"
    for last in ("customapirequestparameter.xml", "customapiresponseproperty.xml"):
        for where, root in package.parts(last):
            api, _, own = where.removesuffix(f"/{last}").rpartition("/")
            if api.rpartition("/")[0] not in folders:
                yield f"{where} is of a message that is not there"
            if root.get("uniquename") != own:
                yield f"{where} is of another name: {root.get('uniquename')}"


def links(package: Package) -> Iterator[str]:
    """What pages, scripts and sheets load lies beside them."""
    known = {name.lower() for name in package.web_resources}
    for name in package.web_resources:
        pattern = _NAMED.get(name[name.rfind(".") :])
        content = package.content(name)
        if pattern is None or content is None:
            continue
        for found in pattern.findall(content.decode(errors="replace")):
            target = re.split("[?#]", found)[0]
            if not target or re.match(r"[a-z]+:|//", target, re.IGNORECASE):
                continue
            to = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
            if to.lower() not in known:
                yield f"{name} loads {found}, which is not there"


def introduced(package: Package) -> Iterator[str]:
    """Nothing came in a version that is yet to come."""
    now = _numbers(package.manifest.findtext("Version") or "")
    for one in package.custom.iter():
        if one.tag == "SiteMap":
            continue  # whose version is the platform's own
        given = one.get("IntroducedVersion") or one.findtext("IntroducedVersion")
        if given and now and _numbers(given) > now:
            yield f"{one.tag} {label(one)} came in version {given}, which is yet to come"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")) if re.fullmatch(r"\d+(\.\d+)*", version) else ()
