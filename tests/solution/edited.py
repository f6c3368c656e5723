"""A solution's zip with one thing changed by hand."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from functools import cache

from dynamics.build import solution
from dynamics.files.archive import packed

Edit = Callable[[dict[str, bytes]], None]


@cache
def _built() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(solution())) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def files() -> dict[str, bytes]:
    """Of the solution as it is built, to be changed."""
    return dict(_built())


def edited(*edits: Edit) -> bytes:
    found = files()
    for edit in edits:
        edit(found)
    return packed(found)


def swap(old: str, new: str, name: str = "customizations.xml", count: int = 1) -> Edit:
    """A pattern's first match. It is an error if there is none: the fault would not be there."""

    def change(found: dict[str, bytes]) -> None:
        text, made = re.subn(old, new, found[name].decode(), count=count, flags=re.DOTALL)
        assert made and text.encode() != found[name], f"{name} has no {old}"
        found[name] = text.encode()

    return change


def drop(pattern: str) -> Edit:
    """The first entry whose name matches."""

    def change(found: dict[str, bytes]) -> None:
        del found[next(name for name in found if re.search(pattern, name))]

    return change


def add(name: str, content: bytes = b"") -> Edit:
    def change(found: dict[str, bytes]) -> None:
        found[name] = content

    return change
