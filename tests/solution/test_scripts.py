"""The scripts that run in Dynamics' own pages keep Microsoft's rules for Power Apps, and a breach is named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def check(*files: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "scripts/check_dynamics_scripts.py", *map(str, files)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=600)


def test_the_commands_and_the_forms_script_keep_the_rules() -> None:
    done = check()
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("code", "rule"), [
    ("function open() { return Xrm.Page.data.entity.getId(); }", "use-client-context"),
    ("function open() { window.top.focus(); }", "avoid-window-top"),
    ("// eslint-disable-next-line\nfunction open() { window.top.focus(); }", "avoid-window-top"),
])  # fmt: skip
def test_a_breach_is_named(tmp_path: Path, code: str, rule: str) -> None:
    script = tmp_path / "commands.js"
    script.write_text(code)
    done = check(script)
    assert done.returncode == 1
    assert f"power-apps/{rule}" in done.stdout
