"""The pages as web resources: everything in `web/` that Dynamics takes, named `ofs_/<path>`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dynamics.description.ids import id_of
from dynamics.description.publisher import PREFIX

_OF_THE_APP = ("index.html", "app.css")
_WEB = Path(__file__).resolve().parents[2] / "web"
KINDS = {".html": 1, ".css": 2, ".js": 3, ".xml": 4, ".png": 5, ".jpg": 6, ".gif": 7, ".ico": 10, ".svg": 11}


@dataclass(frozen=True, slots=True)
class Page:
    """`path` is its file's, under web/."""

    name: str
    path: str
    kind: int
    content: bytes

    @property
    def id(self) -> str:
        return id_of("web resource", self.name)


@cache
def pages() -> tuple[Page, ...]:
    return tuple(web_resources({path.relative_to(_WEB).as_posix(): path.read_bytes() for path in _files()}))


def web_resources(files: Mapping[str, bytes]) -> list[Page]:
    """A web resource's name has no dash: dashes of file names become underscores, also where a file names another."""
    renamed = {path.rsplit("/", 1)[-1]: path.rsplit("/", 1)[-1].replace("-", "_") for path in files}
    changed = [(old.encode(), new.encode()) for old, new in renamed.items() if old != new]
    found = []
    for path, content in sorted(files.items()):
        kind = KINDS.get(path[path.rfind(".") :])
        if kind is None:
            continue
        for old, new in changed:
            content = content.replace(old, new)
        found.append(Page(f"{PREFIX}_/{path.replace('-', '_')}", path, kind, content))
    return found


def _files() -> list[Path]:
    """All but what the function app alone shows: its own first page, whose links lead to routes beside it."""
    return [
        path
        for path in sorted(_WEB.rglob("*"))
        if path.suffix in KINDS and path.relative_to(_WEB).as_posix() not in _OF_THE_APP
    ]
