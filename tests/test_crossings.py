"""docs/architecture.md walks where control goes (scripts/crossings.py)."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BEFORE_THE_JOB = {"usecases/jobs/ingest.py"}


def _printed() -> str:
    made = subprocess.run([sys.executable, "scripts/crossings.py"], cwd=ROOT, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return made.stdout


def test_the_walk_of_one_value_names_at_most_a_dozen_files_and_control_comes_to_each() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    walk = page.partition("\n## A walk of one value\n")[2].partition("\n##")[0]
    named = re.findall(r"\]\(\.\./sync_core/([^)]+)\)", walk)
    visited = set(re.findall(r"^  (\S+\.py)$", _printed(), re.M))

    assert 6 <= len(named) <= 12
    assert set(named) - BEFORE_THE_JOB <= visited


def test_the_count_is_that_of_the_lines_and_the_same_each_time() -> None:
    once, again = _printed(), _printed()
    lines = re.findall(r"^[<>] ", once, re.M)

    assert f"Control crosses from file to file {len(lines)} times" in once
    assert again == once
