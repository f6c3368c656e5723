"""The layers, as a test. Every check is also shown a made-up tree that breaks its rule, and must find it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests import layers

ROOT = Path(__file__).resolve().parent.parent

Check = Callable[[Path], list[str]]

CHECKS: Mapping[str, Check] = {
    "every_module_has_a_layer": layers.unplaced_modules,
    "only_bootstrap_brings_siblings_together": layers.meetings_outside_bootstrap,
    "only_handlers_know_azure_functions": layers.strangers_with_azure_functions,
    "the_inner_layers_know_no_library": layers.foreign_libraries_inside,
    "the_engine_is_pure": layers.impurities_of_the_engine,
    "jobs_and_history_are_parsed_at_the_border": layers.members_read_by_name,
    "every_name_says_something": layers.names_that_say_nothing,
    "no_test_patches_a_module": layers.tests_that_patch,
}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_the_project(check: Check) -> None:
    assert check(ROOT) == []


def test_the_checks_look_at_the_whole_product() -> None:
    seen = {one.layer for one in layers.imports(ROOT)}

    assert {"engine", "usecases", "adapters"} <= seen


# --- a tree that breaks each rule -----------------------------------------------------------------------------------

ENGINE, USECASE, ADAPTER = "sync_core/engine/rule.py", "sync_core/usecases/push.py", "sync_core/adapters/http.py"
HANDLER, BOOTSTRAP, SETTINGS = "sync_core/handlers/push.py", "sync_core/bootstrap.py", "sync_core/settings.py"

# check, file, its source
BREACHES = [
    ("every_module_has_a_layer", "sync_core/odds.py", "X = 1"),
    ("every_module_has_a_layer", "sync_core/__init__.py", "import json"),
    (
        "only_bootstrap_brings_siblings_together",
        HANDLER,
        "from sync_core.usecases import push\nfrom sync_core.adapters import http",
    ),
    (
        "only_bootstrap_brings_siblings_together",
        "function_app.py",
        "import sync_core.settings\nimport sync_core.usecases.push",
    ),
    ("only_handlers_know_azure_functions", USECASE, "import azure.functions as func"),
    ("only_handlers_know_azure_functions", BOOTSTRAP, "from azure import functions"),
    ("only_handlers_know_azure_functions", ADAPTER, "from azure.functions import HttpRequest"),
    ("the_inner_layers_know_no_library", USECASE, "import requests"),
    ("the_inner_layers_know_no_library", ENGINE, "from pydantic import BaseModel"),
    ("the_inner_layers_know_no_library", USECASE, "import babel"),
    ("the_engine_is_pure", ENGINE, "import os"),
    ("the_engine_is_pure", ENGINE, "from sync_core.telemetry import metrics"),
    ("the_engine_is_pure", ENGINE, "from logging import getLogger"),
    ("the_engine_is_pure", ENGINE, "from datetime import datetime\nX = datetime.now()"),
    ("the_engine_is_pure", ENGINE, "from datetime import date\nX = date.today()"),
    ("the_engine_is_pure", ENGINE, "def f():\n    return open('x')"),
    ("jobs_and_history_are_parsed_at_the_border", ENGINE, "def f(line): return line.get('before')"),
    (
        "jobs_and_history_are_parsed_at_the_border",
        USECASE,
        "def f(entry): return [one['kind'] for one in entry.fields]",
    ),
    ("jobs_and_history_are_parsed_at_the_border", USECASE, "def f(job): return job['contract_id']"),
    ("jobs_and_history_are_parsed_at_the_border", HANDLER, "def f(lines): return lines[0].get('side')"),
    ("every_name_says_something", "sync_core/engine/utils.py", ""),
    ("every_name_says_something", "sandbox/common/__init__.py", ""),
    ("every_name_says_something", "tests/helpers.py", ""),
    ("every_name_says_something", "web/manager.js", ""),
    ("no_test_patches_a_module", "tests/test_push.py", "def test_it(monkeypatch): monkeypatch.setattr('a.b', 1)"),
    ("no_test_patches_a_module", "tests/test_push.py", "from unittest.mock import patch"),
    ("no_test_patches_a_module", "tests/test_push.py", "import unittest.mock as mock"),
]

ALLOWED = {
    "sync_core/__init__.py": '"""The app."""',
    "sync_core/errors.py": "class SyncError(Exception): pass",
    "sync_core/engine/__init__.py": "",
    ENGINE: "import json\nfrom babel import numbers\nfrom sync_core.errors import SyncError\n",
    USECASE: "import logging\nfrom sync_core.engine import rule\nfrom sync_core.usecases import ports\n",
    ADAPTER: "import requests\nfrom sync_core.engine.rule import decide\nfrom sync_core.errors import SyncError\n",
    "sync_core/adapters/oneflow/a.py": "from sync_core.adapters import http\nimport sync_core.adapters.oneflow.b\n",
    "sync_core/adapters/storage/a.py": "from azure.data.tables import Row\ndef f(job): return job.get('kind')\n",
    SETTINGS: "import pydantic\nfrom sync_core.errors import SyncError\n",
    HANDLER: "import azure.functions as func\nfrom sync_core.usecases import push\n",
    BOOTSTRAP: "import sync_core.settings\nimport sync_core.usecases.push\nfrom sync_core.adapters import http\n",
    "function_app.py": "import azure.functions\nfrom sync_core import bootstrap\nfrom sync_core.handlers import push\n",
    "cli/__main__.py": "from sync_core.bootstrap import app\n",
    "sandbox/world.py": "import function_app\n",
    "tests/test_push.py": "def test_it(monkeypatch): monkeypatch.setenv('A', 'b')",
}


def _plant(root: Path, files: Mapping[str, str]) -> None:
    for name, source in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")


@pytest.mark.parametrize(("name", "file", "source"), BREACHES, ids=[f"{b[0]}: {b[1]}" for b in BREACHES])
def test_a_breach_is_found(tmp_path: Path, name: str, file: str, source: str) -> None:
    _plant(tmp_path, ALLOWED)
    assert CHECKS[name](tmp_path) == []

    _plant(tmp_path, {file: source})

    assert CHECKS[name](tmp_path) != []


def test_every_check_has_a_breach_that_it_finds() -> None:
    assert {name for name, _, _ in BREACHES} == set(CHECKS)


# --- nothing of one machine in the files ------------------------------------------------------------------------------

NOT_OURS = {".git", ".data", ".tools", ".hypothesis", "__pycache__", "node_modules", "htmlcov", "dist"}
# Put together here, so that this file does not name them either.
REGISTRY_HOSTS = [
    one + other
    for one, other in [
        ("pypi", ".org"),
        ("python", "hosted"),
        ("registry.npm", "js"),
        ("yarn", "pkg"),
        ("deb.deb", "ian"),
    ]
]
PLACES_OF_ONE_MACHINE = re.compile(r"(?<![\w.}\]>-])/(?:" + "ro" + "ot|wo" + r"rk)(?:/|\b(?![\w-]))")


def _project_files(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = [
            name for name in folders if name not in NOT_OURS and not name.startswith(".venv") and "_cache" not in name
        ]
        yield from (Path(folder, name) for name in files if name != ".git" and not name.startswith(".coverage"))


def tied_to_a_machine(root: Path) -> list[str]:
    """Files that name a package registry's host or a folder of the machine they were written on."""
    found = []
    for path in _project_files(root):
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            if any(host in line for host in REGISTRY_HOSTS) or PLACES_OF_ONE_MACHINE.search(line):
                found.append(f"{path.relative_to(root)}:{number}")
    return found


def test_no_file_names_a_registry_or_a_folder_of_one_machine() -> None:
    assert tied_to_a_machine(ROOT) == []


@pytest.mark.parametrize(
    "line",
    [
        "pip install --index-url https://pypi" + ".org/simple",
        "cd /ro" + "ot/x",
        'open("/wo' + 'rk/main")',
        "/wo" + "rk",
    ],
)
def test_a_file_tied_to_a_machine_is_found(tmp_path: Path, line: str) -> None:
    (tmp_path / "notes.md").write_text(f"first\n{line}\n")

    assert tied_to_a_machine(tmp_path) == ["notes.md:2"]


@pytest.mark.parametrize(
    "line", ["/workspaces/12", "https://example.org/root/x", "the root / work of it", "GET /rooted"]
)
def test_what_only_looks_alike_is_left_alone(tmp_path: Path, line: str) -> None:
    (tmp_path / "notes.md").write_text(line)

    assert tied_to_a_machine(tmp_path) == []
