"""The query of an address: each option is one that the addressed resource takes, or the request is refused.

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/overview
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from sandbox.dataverse.odata.refusals import absent, bad
from sandbox.wire import Request

ONE = frozenset({"$select", "$expand"})
LIST = ONE | {"$filter", "$orderby", "$top", "$count", "$skiptoken"}
COUNTED = frozenset({"$filter"})
METADATA = frozenset({"$select", "$expand", "$filter"})
WRITE = ONE | {"tag"}
NONE: frozenset[str] = frozenset()

# Dataverse has them, this simulator does not.
_ABSENT = frozenset(
    {"$apply", "$deltatoken", "fetchXml", "savedQuery", "userQuery", "sql", "partitionId", "timezone", "$format"}
)
# What Dataverse itself refuses in words of its own.
_REFUSED = {"$skip": "Skip Clause is not supported in CRM"}
_MOST_ROWS = 2_147_483_647


@dataclass(frozen=True)
class Options:
    select: tuple[str, ...] = ()
    filter: str | None = None
    orderby: str | None = None
    expand: str | None = None
    top: int | None = None
    count: bool = False
    skiptoken: int = 0
    tag: str | None = None
    aliases: dict[str, str] = field(default_factory=dict)


def options_of(request: Request, allowed: Iterable[str] = NONE) -> Options:
    """Problem for an option that is unknown, is not for this resource, comes twice or has a value that it cannot."""
    options = options_from(request.query, frozenset(allowed))
    for alias in options.aliases:
        if f"={alias}" not in request.path:
            raise absent(f"The parameter alias {alias} anywhere but in a function's parameters")
    return options


def options_from(pairs: Iterable[tuple[str, str]], allowed: frozenset[str]) -> Options:
    given: dict[str, str] = {}
    aliases: dict[str, str] = {}
    for name, value in pairs:
        if name in given or name in aliases:
            raise bad(f"The query parameter {name} is given more than once.")
        if name.startswith("@"):
            aliases[name] = value
            continue
        if name not in allowed:
            raise _refusal(name)
        given[name] = value
    return Options(
        names(given["$select"]) if "$select" in given else (),
        given.get("$filter"),
        given.get("$orderby"),
        given.get("$expand"),
        whole("$top", given["$top"]) if "$top" in given else None,
        _flag("$count", given["$count"]) if "$count" in given else False,
        whole("$skiptoken", given["$skiptoken"]) if "$skiptoken" in given else 0,
        given.get("tag"),
        aliases,
    )


def names(text: str) -> tuple[str, ...]:
    """What $select names, in the order of its naming."""
    found = [one.strip() for one in text.split(",")]
    if not all(re.fullmatch(r"[\w.@]+", one, re.ASCII) for one in found):
        raise bad(f"Syntax error in $select: '{text}'.")
    return tuple(dict.fromkeys(found))


def whole(name: str, text: str) -> int:
    if not re.fullmatch(r"\d{1,10}", text, re.ASCII) or int(text) > _MOST_ROWS:
        raise bad(f"Invalid value '{text}' for {name} query option found. It requires a non-negative integer value.")
    return int(text)


def _flag(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise bad(f"Invalid value '{text}' for {name} query option found. Valid values are 'true' and 'false'.")
    return text == "true"


def _refusal(name: str) -> Exception:
    if name in _REFUSED:
        return bad(_REFUSED[name])
    return (
        absent(f"The query parameter {name}")
        if name in _ABSENT
        else bad(f"The query parameter {name} is not supported.")
    )
