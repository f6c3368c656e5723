"""Every log query of the project, by where it stands: the alerts', and the pages' blocks marked as `kusto`.

One that stands elsewhere (a workbook, a dashboard, another Bicep file, a message of the tool) is found: nobody would
check it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.infra.bicep import ROOT, read

APP = "func-sync"
_ALERTS = ROOT / "infra/modules/alerts.bicep"
_FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,}|~{3,}) *(?P<mark>[^\n`]*)\n(?P<query>.*?)^ *(?P=fence)[`~]* *$", re.S | re.M
)
_MARKS = frozenset(("kusto", "kql"))
# Of the workspace; what the service knows of them is in kusto/tables.json.
_TABLE = r"(?:App[A-Z]\w+|FunctionAppLogs|Storage[A-Z]\w+Logs|Azure[A-Z]\w+|AZKVAuditLogs|Usage)"
# A query that stands in a page unmarked would be checked by nobody: it begins with a table, or takes one in.
_QUERY = re.compile(rf"^(?:let\b.*;|union\b.*\b{_TABLE}\b|{_TABLE}\s*(?:\||$)).*$", re.M)
_INDENTED = re.compile(rf"^(?: {{4,}}|\t)\s*(?:union\b.*\b{_TABLE}\b|{_TABLE}\s*(?:\||$)).*$", re.M)
# Within a line: a table's name and at least one operator. In a page's tables the bar is escaped.
_INLINE = re.compile(rf"(?<!`)`({_TABLE} *\\?\|[^`\n]*)`(?!`)")


_ANYWHERE = re.compile(
    rf"\b{_TABLE}\s*(?:\\\\n|\\n)?\s*\|\s*(?:where|summarize|extend|project|order|take|join|union)\b"
)
_FOLDERS = (
    "infra",
    "docs",
    "dynamics",
    "cli",
    "sync_core",
    "web",
    "scripts",
    "sandbox",
    "bench",
    ".devcontainer",
    ".ci",
)


def alerts() -> dict[str, dict[str, str]]:
    """Name to its alert, whose `query` is as it is deployed for the app `APP`."""
    variables = read(_ALERTS).variables
    parts = {name: value for name, value in variables.items() if isinstance(value, str)} | {"functionAppName": APP}
    return {alert["name"]: {**alert, "query": _filled(alert["query"], parts)} for alert in variables["alerts"]}


def pages(root: Path = ROOT) -> Iterator[Path]:
    yield from sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def shown(page: Path) -> list[str]:
    """The queries that a page shows, in blocks and within its lines."""
    text = page.read_text()
    fenced = [found["query"].strip() for found in _FENCE.finditer(text) if _mark(found) in _MARKS]
    return fenced + [found.replace("\\|", "|") for found in _INLINE.findall(_FENCE.sub("", text))]


def unmarked(page: Path) -> list[str]:
    """First lines of queries that nobody marked as such."""
    text = page.read_text()
    fenced = [_QUERY.search(found["query"]) for found in _FENCE.finditer(text) if _mark(found) not in _MARKS]
    return [one[0].strip() for one in [*fenced, *_INDENTED.finditer(_FENCE.sub("", text))] if one]


def elsewhere(root: Path = ROOT) -> list[str]:
    """Files with a query that nothing here looks at."""
    looked_at = {root / _ALERTS.relative_to(ROOT), *pages(root)}
    files = [path for folder in _FOLDERS for path in sorted((root / folder).rglob("*")) if path.is_file()]
    return [
        str(path.relative_to(root))
        for path in files
        if path not in looked_at
        and "__pycache__" not in path.parts
        and _ANYWHERE.search(path.read_text(errors="ignore"))
    ]


def _mark(fence: re.Match[str]) -> str:
    words = fence["mark"].lower().split()
    return words[0].strip("{}.") if words else ""


def every_query() -> dict[str, str]:
    found = {f"alert {name}": alert["query"] for name, alert in alerts().items()}
    for page in pages():
        found |= {f"{page.relative_to(ROOT)}, {number}": query for number, query in enumerate(shown(page), 1)}
    return found


def _filled(text: str, parts: dict[str, str]) -> str:
    while "${" in text:
        text = re.sub(r"\$\{(\w+)\}", lambda found: parts[found[1]], text)
    return text
