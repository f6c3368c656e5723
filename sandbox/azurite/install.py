"""Azurite from its npm package, installed once into the checkout's `.tools`."""

from __future__ import annotations

from pathlib import Path

from sandbox.npm import TOOLS, NotInstalled, package

__all__ = ["VERSION", "NotInstalled", "installed"]

VERSION = "3.37.0"


def installed(folder: Path = TOOLS / "azurite") -> list[str]:
    """The command that starts Azurite; installs it on the first call. NotInstalled."""
    node, main = package("azurite", VERSION, folder, "dist/src/azurite.js")
    return [*node, str(main)]
