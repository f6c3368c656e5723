"""The system's Chromium: found, or installed where that is possible (as root, by apt-get)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import ExitStack
from enum import Enum
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, Playwright

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
    # In place of Playwright's list, which switches the partitioning of third-party storage off: whoever uses the widget
    # has it on. Of two such arguments the later one counts; test_sign_in.py sees to it that it does.
    "--disable-features=AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,"
    "HttpsFirstBalancedModeAutoEnable,MediaRouter,PaintHolding,AvoidCorsURLLoaderRestartOnRedirect,OptimizationHints,"
    "LocalNetworkAccessChecks",  # Entra ID's address leads to this machine
)


class Cookies(Enum):
    """Which cookies, and with them what else is stored, a person's browser takes."""

    ALL = "all"
    OWN = "none of third parties"
    NONE = "none"

    @property
    def setting(self) -> dict[str, Any]:
        """Of a profile."""
        blocked = {"default_content_setting_values": {"cookies": 2}} if self is Cookies.NONE else {}
        return {"profile": {"cookie_controls_mode": int(self is Cookies.OWN), **blocked}}


class Chromiums:
    """A Chromium for each setting of cookies, each started when it is first wanted.

    The setting is the profile's, which contexts share that the browser of a persistent one makes; others would block.
    `sign_in`: host and port of the sandbox's Entra ID, which answers at Microsoft's address.
    """

    def __init__(self, playwright: Playwright, path: str, sign_in: str) -> None:
        self._playwright, self._path = playwright, path
        self._arguments = [*ARGUMENTS, f"--host-resolver-rules=MAP login.microsoftonline.com:443 {sign_in}"]
        self._started: dict[Cookies, Browser] = {}
        self._open = ExitStack()

    def browser(self, cookies: Cookies) -> Browser:
        if cookies not in self._started:
            folder = self._open.enter_context(TemporaryDirectory(ignore_cleanup_errors=True))
            profile = Path(folder) / "Default"
            profile.mkdir()
            (profile / "Preferences").write_text(json.dumps(cookies.setting))
            context = self._playwright.chromium.launch_persistent_context(
                folder, executable_path=self._path, args=self._arguments
            )
            self._open.callback(context.close)
            assert context.browser
            self._started[cookies] = context.browser
        return self._started[cookies]

    def close(self) -> None:
        self._open.close()


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
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", PACKAGE, "fonts-liberation"]
    for command in (install, ["apt-get", "update", "-qq"], install):
        done = subprocess.run(command, check=False, env=env, capture_output=True, text=True)
        if done.returncode == 0 and command is install:
            return ""
    return f"apt-get could not install it ({done.stderr.strip()[-200:]})."
