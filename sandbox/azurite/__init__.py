"""The real Azurite, installed and started on loopback."""

from sandbox.azurite.install import installed
from sandbox.azurite.process import Azurite

__all__ = ["Azurite", "installed"]
