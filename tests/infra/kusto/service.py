"""Microsoft's Kusto language service from its npm package: whether a query is one, and which columns come out.

https://learn.microsoft.com/azure/azure-monitor/reference/tables-index has the tables; tables.json the ones we ask.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.npm import TOOLS, NotInstalled, node_of, npm_of

PACKAGE, VERSION = "@kusto/language-service-next", "12.4.1"
INTEGRITY = "sha512-8Ybwi1DVxnFZ8+mnw38ruXjSGIxA2jwx1HeqjStvMa5kSHzHPtEYm5n7et1fwgn5KDUZJzsSNjuRroiI+j8brA=="
HERE = Path(__file__).resolve().parent
TABLES: dict[str, list[list[str]]] = json.loads((HERE / "tables.json").read_text())


@dataclass(frozen=True)
class Checked:
    """`columns`: name to type, of what the query answers."""

    problems: tuple[str, ...]
    columns: dict[str, str]


def checked(queries: Sequence[str]) -> list[Checked]:
    """NotInstalled where there is no Node.js, or the package cannot be had."""
    folder = installed()
    given = json.dumps({"tables": TABLES, "queries": list(queries)})
    command = [*node_of("kusto"), str(HERE / "check.js"), str(folder)]
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=100, check=True)
    return [Checked(tuple(one["problems"]), dict(one["columns"])) for one in json.loads(done.stdout)]


def installed(folder: Path = TOOLS / "kusto") -> Path:
    """Where the package is; it is installed on the first call."""
    package = folder / "node_modules" / PACKAGE
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_it(folder):
            _install(folder)
    return package


def _is_it(folder: Path) -> bool:
    try:
        known = json.loads((folder / "node_modules/.package-lock.json").read_text())["packages"]
        return bool(known[f"node_modules/{PACKAGE}"]["integrity"] == INTEGRITY)
    except (OSError, ValueError, KeyError):
        return False


def _install(folder: Path) -> None:
    sys.stderr.write(f"kusto.installing version={VERSION}\n")
    shutil.rmtree(folder / "node_modules", ignore_errors=True)
    (folder / "package.json").write_text('{"private": true}\n')
    options = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    command = [*npm_of(node_of("kusto")), "install", f"{PACKAGE}@{VERSION}", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise NotInstalled(f"npm could not install {PACKAGE}@{VERSION}: {(done.stderr or done.stdout).strip()[-400:]}")
    if not _is_it(folder):
        shutil.rmtree(folder / "node_modules", ignore_errors=True)
        raise NotInstalled(f"{PACKAGE}@{VERSION} is not the package that was recorded.")
