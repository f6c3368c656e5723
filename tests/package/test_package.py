"""The deployable package: what it holds, and that it needs nothing besides."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from pathspec import GitIgnoreSpec

from sync_core.handlers.files import files
from tests.test_function_app import read

ROOT = Path(__file__).resolve().parents[2]
# What docs/deploy.md has people write: the file of `azure env`, and azd's own folder, which keeps what it was told.
OF_ONE_INSTALLATION = ("prod.env", ".azure/prod/.env", ".azure/prod/config.json")
LOCKED = ("requirements", "requirements-cli", "requirements-dev", "bench/requirements")

_START = """
import importlib, json, pkgutil, sys
import function_app, sync_core
for found in pkgutil.walk_packages(sync_core.__path__, "sync_core."):
    importlib.import_module(found.name)
print(json.dumps([sorted(one.get_function_name() for one in function_app.app.get_functions()),
                  sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def build(folder: Path) -> Path:
    subprocess.run([sys.executable, "scripts/package.py", folder], cwd=ROOT, check=True, capture_output=True)
    (made,) = folder.glob("*.zip")
    return made


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def unpacked(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    zipfile.ZipFile(package).extractall(folder)
    return folder


def test_it_holds_what_runs_and_nothing_else(package: Path) -> None:
    names = zipfile.ZipFile(package).namelist()
    assert {"function_app.py", "host.json", "requirements.txt"} <= set(names)
    assert {name.partition("/")[0] for name in names} == {
        "function_app.py", "host.json", "requirements.txt", "sync_core", "web",
    }  # fmt: skip
    assert not [name for name in names if re.search(r"test|sandbox|\.settings|requirements-dev", name)]
    assert {f"web/{name}" for name in files() if name} <= set(names), "every page that is served"


def test_a_tool_that_packs_the_folder_itself_packs_the_same(package: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    ignored = GitIgnoreSpec.from_lines((ROOT / ".funcignore").read_text().splitlines())
    left = {name for name in listed.split("\0") if name and not ignored.match_file(name)}
    assert left == set(zipfile.ZipFile(package).namelist())


def test_nothing_that_this_machine_makes_gets_in() -> None:
    ignored = GitIgnoreSpec.from_lines((ROOT / ".funcignore").read_text().splitlines())
    for name in (".venv/bin/python", ".data/x", ".tools/x/y.py", "dist/a.zip", "local.settings.json",
                 "sync_core/__pycache__/a.pyc", "node_modules/a.js", *OF_ONE_INSTALLATION):  # fmt: skip
        assert ignored.match_file(name), name


def test_what_tells_of_one_installation_gets_into_no_commit() -> None:
    ignored = GitIgnoreSpec.from_lines((ROOT / ".gitignore").read_text().splitlines())
    for name in OF_ONE_INSTALLATION:
        assert ignored.match_file(name), name


def test_the_same_sources_make_the_same_bytes(package: Path, tmp_path: Path) -> None:
    assert build(tmp_path).read_bytes() == package.read_bytes()


def test_its_functions_start_from_it_alone(unpacked: Path) -> None:
    # -I: neither the folder that the test runs in nor the environment can lend it a module.
    code = f"import sys; sys.path.insert(0, {str(unpacked)!r})\n{_START}"
    done = subprocess.run([sys.executable, "-I", "-c", code], cwd=os.sep, env={}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    functions, modules = json.loads(done.stdout)
    assert functions == sorted(read()["functions"])
    assert not {"tests", "sandbox", "cli", "pytest"} & set(modules)


def test_what_is_deployed_is_pinned_and_hashed_and_the_same_in_development() -> None:
    runs, develops = (_pins(ROOT / name) for name in ("requirements.txt", "requirements-dev.txt"))
    assert len(runs) > 20
    assert runs.items() <= develops.items(), "make lock"
    asked = re.findall(r"^([\w.-]+==\S+?)(?:;.*)?$", (ROOT / "requirements.in").read_text(), re.M)
    pins = {pin for (_, _), pin in runs.items()}
    assert {one.lower() for one in asked} <= pins, "make lock"


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-cli.txt", "requirements-dev.txt", "bench/requirements.txt"]
)
def test_no_registry_is_named_and_every_line_is_hashed(name: str) -> None:
    text = (ROOT / name).read_text()
    assert not re.search(r"https?:|--index-url|--find-links|--extra-index", text)
    for block in re.split(r"\n(?=[\w-]+==)", text)[1:]:
        assert "--hash=sha256:" in block, block.splitlines()[0]


def _pins(path: Path) -> dict[tuple[str, str], str]:
    """By name and marker: name==version."""
    found = re.findall(r"^(([\w.-]+)==[^\s;]+)(?: ; (.*?))? \\$", path.read_text(), re.M)
    return {(name, marker if name == "azure-functions" else ""): pin for pin, name, marker in found}
