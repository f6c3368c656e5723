"""What the documentation names exists, and what an operator must know is in it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sync_core.telemetry import metrics
from tests.infra.bicep import read

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_every_alert_is_explained() -> None:
    explained = set(re.findall(r"^\| `([\w-]+)` \|", _section("docs/operate.md", "Alerts"), re.M))
    assert explained == {alert["name"] for alert in read(ROOT / "infra/modules/alerts.bicep").variables["alerts"]}


def test_every_measure_is_explained() -> None:
    explained = set(re.findall(r"^\| `([\w.]+)` \|", _section("docs/operate.md", "Measures"), re.M))
    assert explained == {one.name for one in metrics.ALL}


def test_what_deployment_gives_is_told_by_its_name() -> None:
    told = (ROOT / "docs/deploy.md").read_text()
    for name in (
        one for one in read(ROOT / "infra/main.bicep").outputs if not one.startswith(("resource", "application"))
    ):
        assert f"`{name}`" in told, name
    for secret in re.findall(
        r"name: '([\w-]+)'\n  properties: \{\n    contentType", _text("infra/modules/vault.bicep")
    ):
        assert secret in told + _text("docs/operate.md"), secret


def test_every_table_and_queue_is_in_the_account_of_what_is_kept() -> None:
    kept = _section("docs/security.md", "What is kept, where, how long")
    variables = read(ROOT / "infra/modules/storage.bicep").variables
    for name in set(variables["tableNames"]) - {"marks"}:
        assert f"`{name}`" in kept, name


def test_the_picture_is_a_picture_that_says_what_it_shows() -> None:
    drawn = ElementTree.parse(ROOT / "docs/architecture.svg").getroot()
    names = {child.tag.rpartition("}")[2] for child in drawn}
    assert {"title", "desc", "rect", "path"} <= names


def test_the_dev_container_is_readable() -> None:
    assert json.loads(_text(".devcontainer/devcontainer.json"))["postCreateCommand"] == "make setup"


def _text(name: str) -> str:
    return (ROOT / name).read_text()


def _section(name: str, title: str) -> str:
    return _text(name).partition(f"\n## {title}\n")[2].partition("\n## ")[0]
