"""What every command starts from: the settings, who signs in, and where its words go."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from rich.console import Console

from cli.environment import load
from sync_core.bootstrap.operator import Operator
from sync_core.errors import ConfigurationError

TOOL = "python -m cli"
_TOOL = re.compile(rf"`{TOOL}(?P<sign_in> --sign-in \w+)? ")


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
    def plain_env(self) -> Mapping[str, str]:
        """The settings as they are given: a reference to the key vault stays one."""
        return load(self.env_file)

    @property
    def env(self) -> Mapping[str, str]:
        """With `--sign-in az`, secrets stand in the place of references to the key vault, where you may read them."""
        return self._filled[0]

    @cached_property
    def operator(self) -> Operator:
        """ConfigurationError with every problem of the settings."""
        env, unread = self._filled
        if unread:
            raise ConfigurationError(unread)
        return Operator.of(env, None if self.sign_in is SignIn.APP else self.cli_credential())

    @cached_property
    def _filled(self) -> tuple[Mapping[str, str], list[str]]:
        if self.sign_in is SignIn.APP:
            return self.plain_env, []
        from cli.azure.vault import filled

        return filled(self.plain_env, self.cli_credential())

    def as_typed(self, text: str) -> str:
        """The text with its commands as they must be typed here: with the options that this command was given."""
        env = f" --env {shlex.quote(str(self.env_file))}" if self.env_file else ""
        sign_in = f" --sign-in {self.sign_in}" if self.sign_in is not SignIn.APP else ""
        return _TOOL.sub(lambda found: f"`{TOOL}{env}{found['sign_in'] or sign_in} ", text)

    def cli_credential(self) -> Any:
        """You, as the Azure CLI knows you."""
        from cli.azure_cli import AzureCli

        return AzureCli()
