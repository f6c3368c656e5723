"""What docs/cli.md tells a newcomer to try: the tool as a process of its own, with the file that `make run` writes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sandbox.story import MAPPING
from sandbox.world import World
from sync_core.handlers.mapping import entity_mapping


def test_a_newcomer_looks_connects_and_looks_again(tmp_path: Path) -> None:
    names = ("dynamics_column", "oneflow_field", "direction")
    world = World.start(tmp_path, "direct")
    try:
        rows = [dict(zip(names, row, strict=True)) for row in MAPPING]
        world.services._mappings.put(entity_mapping("opportunity", {"fields": rows}), "")

        first = _cli(tmp_path, "doctor")
        assert first.returncode == 1
        assert f"Run `python -m cli --env {tmp_path}/sandbox.env --sign-in az connect`" in first.stdout
        assert _cli(tmp_path, "connect", "--yes").returncode == 0
        last = _cli(tmp_path, "doctor", "--app", world.app_url)
        broken = [line for line in last.stdout.splitlines() if line.startswith("FAILED")]
        # On a developer's machine SYNC_LOCAL_USER stands for the sign-in, and the doctor says so.
        assert [line for line in broken if "anybody can send" not in line] == []
    finally:
        world.close()


def _cli(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli", "--env", str(folder / "sandbox.env"), "--sign-in", "az", *arguments]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("ONEFLOW_", "DATAVERSE_"))}
    env["PATH"] = f"{folder / 'bin'}{os.pathsep}{env['PATH']}"
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=100, check=False)
