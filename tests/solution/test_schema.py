"""Microsoft's own schema of customizations.xml, where its files lie beside the project."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dynamics.build import solution
from dynamics.checks.package import Package
from tests.solution.edited import edited, swap
from tests.solution.test_faults import FAULTS

TOOL = Path(__file__).parents[3] / "shared" / "tools" / "dataverse-schemas" / "xsd_check.py"
pytestmark = [
    pytest.mark.skipif(not TOOL.exists(), reason="Microsoft's schemas do not lie beside the project"),
    pytest.mark.skipif(importlib.util.find_spec("xmlschema") is None, reason="xmlschema is not installed"),
]


@pytest.fixture(scope="module")
def schema() -> Any:
    spec = importlib.util.spec_from_file_location("xsd_check", TOOL)
    assert spec and spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return SimpleNamespace(whole=tool.load("CustomizationsSolution.xsd"), newer=tool.is_newer, charts=tool.chart_errors)


def _errors(schema: Any, content: bytes, folder: Path) -> list[str]:
    file = folder / "customizations.xml"
    file.write_bytes(Package.read(content).files["customizations.xml"])
    found = [*schema.whole.iter_errors(str(file)), *schema.charts(str(file))]
    return [f"{one.path}: {one.reason}" for one in found if not schema.newer(_unnumbered(one))]


def _unnumbered(error: Any) -> SimpleNamespace:
    """A role's description is newer than the schema, whichever role it is of."""
    path = re.sub(r"/Role\[\d+\]$", "/Role", error.path or "")
    return SimpleNamespace(path=path, reason=error.reason, obj=error.obj, elem=error.elem)


def test_customizations_follow_the_schema(schema: Any, tmp_path: Path) -> None:
    assert _errors(schema, solution(), tmp_path) == []


@pytest.mark.parametrize("fault", list(FAULTS)[:15])
def test_what_the_schema_is_known_to_find_it_finds_here(fault: str, schema: Any, tmp_path: Path) -> None:
    """So that silence above means something. The type of a component is in a file without a schema."""
    _, edits = FAULTS[fault]
    found = _errors(schema, edited(*edits), tmp_path)
    assert found or "component" in fault


def test_a_fault_of_a_newer_kind_is_not_excused(schema: Any, tmp_path: Path) -> None:
    assert _errors(schema, edited(swap("<IsAutoAssigned>0</IsAutoAssigned>", "<IsAuto>0</IsAuto>")), tmp_path)
