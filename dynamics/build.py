"""The solution's zip, as bytes or as a file."""

from __future__ import annotations

from pathlib import Path

from dynamics.description.publisher import SOLUTION
from dynamics.description.whole import Whole
from dynamics.files.archive import entries, packed
from dynamics.files.version import known, version_of


def solution(managed: bool = False, whole: Whole | None = None, version: str | None = None) -> bytes:
    """The zip of what the sources say now."""
    whole = whole or Whole()
    return packed(entries(whole, version or version_of(whole, known()), managed))


def file_name(version: str, managed: bool) -> str:
    """As Dynamics names its own exports."""
    return f"{SOLUTION}_{version.replace('.', '_')}{'_managed' if managed else ''}.zip"


def write(folder: Path, version: str, managed: bool, whole: Whole | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / file_name(version, managed)
    target.write_bytes(solution(managed, whole, version))
    return target
