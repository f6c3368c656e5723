"""The system's Chromium: found, or installed where that is possible (as root, by apt-get)."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGE = "chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoChromium(Exception):
    """There is none, and it could not be installed; the text says what to do."""


@cache
def chromium() -> str:
    """Its path, once per process."""
    if (path := _found()) is not None:
        return path
    why = _installed()
    if (path := _found()) is not None:
        return path
    raise NoChromium(f"The browser tests need the package {PACKAGE} (apt-get install {PACKAGE}): {why}")


def _found() -> str | None:
    named = os.environ.get("CHROMIUM")
    return named or next((path for path in map(shutil.which, NAMES) if path), None)


def _installed() -> str:
    """Tries to install it; what went wrong, or an empty text."""
    if shutil.which("apt-get") is None:
        return "there is no apt-get on this machine."
    if os.geteuid() != 0:
        return "only root may install it."
    quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "capture_output": True, "text": True}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", PACKAGE, "fonts-liberation"]
    for command in (install, ["apt-get", "update", "-qq"], install):
        done = subprocess.run(command, check=False, **quiet)  # type: ignore[call-overload]
        if done.returncode == 0 and command is install:
            return ""
    return f"apt-get could not install it ({done.stderr.strip()[-200:]})."
