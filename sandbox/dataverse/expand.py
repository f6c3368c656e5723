"""$expand of single-valued navigation properties: `parentaccountid($select=name),new_PartnerId`.

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/join-tables
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sandbox.dataverse.problems import Problem
from sandbox.dataverse.schema import Attribute, TableSchema

MOST = 15
_ONE = re.compile(r"(\w+)(?:\(\$select=([\w,]+)\))?(?:,|$)")


def expanded(
    text: str | None,
    table: TableSchema,
    value: Callable[[Attribute], Any],
    look: Callable[[str, str | None, str], dict[str, Any] | None],
    refuses: bool,
) -> dict[str, Any]:
    """What $expand adds to a row. A record that the caller may not see is null, or a Problem where that `refuses`."""
    added: dict[str, Any] = {}
    for lookup, target, select in expands(text, table):
        at = value(lookup)
        try:
            found = look(target, at[1] if at and at[0] == target else None, select)
        except Problem as problem:
            if refuses or problem.status != 403:
                raise
            found = None
        added[lookup.navigation_to(target)] = found and {
            name: one for name, one in found.items() if name != "@odata.etag"
        }
    return added


def expands(text: str | None, table: TableSchema) -> list[tuple[Attribute, str, str]]:
    """Lookup, the table that it leads to, and what is selected there ("" for everything); else a Problem."""
    found, at = [], 0
    while text and at < len(text):
        match = _ONE.match(text, at)
        if match is None:
            raise Problem(400, "0x80060888", "Syntax error in $expand.")
        found.append((*_navigation(match.group(1), table), match.group(2) or ""))
        at = match.end()
    if len(found) > MOST:
        raise Problem(400, "0x80060888", f"The number of $expand options exceeds {MOST}.")
    return found


def _navigation(name: str, table: TableSchema) -> tuple[Attribute, str]:
    for attribute in table.attributes.values():
        for target in attribute.targets:
            if attribute.navigation_to(target) == name:
                return attribute, target
    text = f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{table.name}'."
    raise Problem(400, "0x0", text)
