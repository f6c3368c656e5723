"""The table of promises in docs/proof.md names tests that are there, and so does the table of removals."""

from __future__ import annotations

import ast
import re

from tests.proof.removals import REMOVALS, ROOT, noticed_by

PAGE = (ROOT / "docs" / "proof.md").read_text()
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_every_test_that_the_page_names_exists() -> None:
    named = set(_NAMED.findall(PAGE))
    missing = [f"{path}::{name}" for path, name in sorted(named) if name not in _tests(path)]
    assert missing == []
    assert len(named) > 60


def test_every_removal_has_its_row() -> None:
    assert {removal.rule for removal in REMOVALS} <= set(noticed_by())


def _tests(path: str) -> set[str]:
    file = ROOT / path
    tree = ast.parse(file.read_text()) if file.exists() else ast.Module([], [])
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
