"""The file of settings that `azure env` writes: what the tool needs of a deployed app, and no secret."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from cli.azure import names
from sync_core.errors import ConfigurationError
from sync_core.secret_digests import SECRETS, is_reference


def chosen(settings: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What the tool needs of an app's settings; and the names of those that hold a secret in plain text, left out."""
    known = {
        name: value
        for name, value in sorted(settings.items())
        if value and any(name == one or (one.endswith("_") and name.startswith(one)) for one in names.SETTINGS)
    }
    plain = [name for name in SECRETS if name in known and not is_reference(known[name])]
    return {name: value for name, value in known.items() if name not in plain}, plain


def lines(settings: Mapping[str, str]) -> list[str]:
    """NAME='value' lines, for `--env` and for a shell. ConfigurationError for what neither would read alike."""
    return [f"{name}={_quoted(name, value)}" for name, value in settings.items()]


def write(file: Path, content: Iterable[str]) -> None:
    """Readable by its owner alone. ConfigurationError where no such file can be written."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.writelines(f"{line}\n" for line in content)
    except OSError as error:
        raise ConfigurationError([f"The file of --out cannot be written ({type(error).__name__}): {file}"]) from error


def _quoted(name: str, value: str) -> str:
    if "\n" in value or ("'" in value and any(one in value for one in '"$`\\')):
        raise ConfigurationError([f"{name} holds quotation marks or line ends that a settings file cannot carry."])
    return f'"{value}"' if "'" in value else f"'{value}'"
