"""What every command starts from: the settings, who signs in, and where its words go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from rich.console import Console

from cli.environment import load
from sync_core.bootstrap.operator import Operator


class SignIn(StrEnum):
    """`app`: as the application itself, by its secret or managed identity. `az`: as you, through the Azure CLI."""

    APP = "app"
    AZ = "az"


@dataclass
class Session:
    """`out` is for results, `err` for progress and errors, so that results can be piped."""

    env_file: Path | None = None
    sign_in: SignIn = SignIn.APP
    out: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))
    err: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))

    @cached_property
    def env(self) -> Mapping[str, str]:
        return load(self.env_file)

    @cached_property
    def operator(self) -> Operator:
        """ConfigurationError with every problem of the settings."""
        return Operator.of(self.env, self._credential())

    def _credential(self) -> Any:
        if self.sign_in is SignIn.APP:
            return None
        from azure.identity import AzureCliCredential

        return AzureCliCredential(process_timeout=30)
