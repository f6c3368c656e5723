"""Every log query of the project, by where it stands: the alerts', and the pages' blocks marked as `kusto`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.infra.bicep import ROOT, read

APP = "func-sync"
_ALERTS = ROOT / "infra/modules/alerts.bicep"
_BLOCK = re.compile(r"^(?P<indent> *)```kusto\n(?P<query>.*?)^ *```", re.S | re.M)
# A query that stands in a page unmarked would be checked by nobody.
_UNMARKED = re.compile(r"^(?: {4,}|```\n)(App[A-Z]\w+|Usage)\b.*$", re.M)


def alerts() -> dict[str, dict[str, str]]:
    """Name to its alert, whose `query` is as it is deployed for the app `APP`."""
    variables = read(_ALERTS).variables
    parts = {name: value for name, value in variables.items() if isinstance(value, str)} | {"functionAppName": APP}
    return {alert["name"]: {**alert, "query": _filled(alert["query"], parts)} for alert in variables["alerts"]}


def pages(root: Path = ROOT) -> Iterator[Path]:
    yield from sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def shown(page: Path) -> list[str]:
    """The queries that a page shows."""
    return [block["query"].strip() for block in _BLOCK.finditer(page.read_text())]


def unmarked(page: Path) -> list[str]:
    text = _BLOCK.sub("", page.read_text())
    return [found[0].strip() for found in _UNMARKED.finditer(text)]


def every_query() -> dict[str, str]:
    found = {f"alert {name}": alert["query"] for name, alert in alerts().items()}
    for page in pages():
        found |= {f"{page.relative_to(ROOT)}, {number}": query for number, query in enumerate(shown(page), 1)}
    return found


def _filled(text: str, parts: dict[str, str]) -> str:
    while "${" in text:
        text = re.sub(r"\$\{(\w+)\}", lambda found: parts[found[1]], text)
    return text
