"""$expand, read: `parentaccountid($select=name),opportunity_customer_accounts($select=name;$top=5)`.

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/join-tables
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox.dataverse.odata.addresses import cut
from sandbox.dataverse.odata.options import Options, options_from
from sandbox.dataverse.odata.refusals import absent, bad

MOST = 15
INSIDE = frozenset({"$select", "$filter", "$orderby", "$top"})
_ONE = re.compile(r"\s*(\w+)(?:\((.+)\))?\s*", re.ASCII | re.DOTALL)


@dataclass(frozen=True)
class Expansion:
    name: str
    options: Options


def expansions(text: str | None) -> list[Expansion]:
    """Problem where it cannot be read, or expands too much."""
    if text is None:
        return []
    found = [_one(part) for part in cut(text, ",")]
    if len(found) > MOST:
        raise bad(f"The number of $expand options exceeds {MOST}.")
    return found


def _one(text: str) -> Expansion:
    match = _ONE.fullmatch(text)
    if match is None:
        raise bad(f"Syntax error in $expand: '{text}'.")
    name, inside = match.groups()
    pairs = []
    for option in cut(inside, ";") if inside else ():
        key, equals, value = option.strip().partition("=")
        if not equals:
            raise bad(f"Syntax error in $expand: '{option}'.")
        if key in ("$expand", "$count", "$levels"):
            raise absent(f"{key} inside of $expand")
        pairs.append((key, value))
    return Expansion(name, options_from(pairs, INSIDE))
