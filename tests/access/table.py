"""The table of who gets what answer, as docs/security.md shows it: made from real requests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.access.attempts import ROUTES
from tests.callers import CALLERS

PAGE = Path(__file__).resolve().parents[2] / "docs/security.md"
BEGIN, END = "<!-- access: made by `make access` -->", "<!-- /access -->"

Statuses = Mapping[str, Mapping[str, int]]  # by route's name, by caller's name


def table(statuses: Statuses) -> str:
    heads = " | ".join(caller.heading for caller in CALLERS)
    lines = [f"| route | {heads} |", "|---|" + "---|" * len(CALLERS)]
    for route in ROUTES:
        cells = " | ".join(str(statuses[route.name][caller.name]) for caller in CALLERS)
        lines.append(f"| `{route.verb} {route.path}` | {cells} |")
    return "\n".join(lines)


def shown() -> str:
    """The table that the page holds."""
    return PAGE.read_text().partition(BEGIN)[2].partition(END)[0].strip()


def write(statuses: Statuses) -> None:
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(statuses)}\n\n{END}{rest.partition(END)[2]}")
