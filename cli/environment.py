"""Where the tool's settings come from: the environment, and a file that `--env` names."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from sync_core.errors import ConfigurationError


def load(file: Path | None) -> Mapping[str, str]:
    """The environment with the file's settings on top, which then hold for the whole process (certificates too).

    The file is NAME=value lines, or a local.settings.json. ConfigurationError where it cannot be read.
    """
    if file is not None:
        os.environ.update(read(file))
    return os.environ


def read(file: Path) -> dict[str, str]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        told = f"The file of --env cannot be read ({type(error).__name__}): {file}."
        if isinstance(error, FileNotFoundError):
            told += f" For a deployed app `azure env --resource-group NAME --out {file}` writes it."
        raise ConfigurationError([told]) from error
    return _from_json(text, file) if text.lstrip().startswith("{") else _from_lines(text, file)


def _from_json(text: str, file: Path) -> dict[str, str]:
    try:
        values = json.loads(text)["Values"]
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError([f"{file} is no local.settings.json: it needs an object named Values."]) from error
    return {str(name): str(value) for name, value in values.items() if value != ""}


def _from_lines(text: str, file: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    problems = []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip().removeprefix("export ")
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.strip().replace("_", "").isalnum():
            problems.append(f"{file}, line {number}: this is no NAME=value.")
            continue
        value = value.strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        if value:
            found[name.strip()] = value
    if problems:
        raise ConfigurationError(problems)
    return found
