"""What the probe was answered, as shapes: every value is replaced, so that the file can be given to anybody.

The sandbox plays it: `make run SAMPLES=FOLDER`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import requests

FILE = "oneflow.json"
# Words of Oneflow's own, which say how it behaves and nothing of anybody.
_WORDS = frozenset({"state", "type", "subject", "key", "lifecycle_state", "delivery_channel", "sign_state"})
_WORD = re.compile(r"[A-Za-z][A-Za-z_: ]{0,60}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(?P<zone>Z|[+-]\d\d:?\d\d)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DECIMAL = re.compile(r"-?\d+\.(?P<places>\d+)")


class Samples:
    """`heard` is a hook of a requests session."""

    def __init__(self, base_url: str) -> None:
        self._base = urlsplit(base_url).path.rstrip("/")
        self._heard: dict[tuple[str, str, int], Any] = {}

    def heard(self, response: requests.Response, *_: Any, **__: Any) -> None:
        parts = urlsplit(response.request.url or "")
        path = place(unquote(parts.path).removeprefix(self._base))
        names = sorted({name for name, _ in parse_qsl(parts.query)})
        where = path + (f"?{'&'.join(names)}" if names else "")
        try:
            # A refusal's places may name what is somebody's own.
            body = shape(response.json()) if response.ok else None
        except ValueError:
            body = None
        key = (response.request.method or "", where, response.status_code)
        self._heard[key] = merged(self._heard[key], body) if key in self._heard else body

    def save(self, folder: Path, answers: Mapping[str, str]) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        told = [
            {"method": method, "path": path, "status": status, "body": body}
            for (method, path, status), body in sorted(self._heard.items(), key=lambda one: one[0])
        ]
        file = folder / FILE
        file.write_text(json.dumps({"answers": dict(answers), "heard": told}, indent=1) + "\n", encoding="utf-8")
        return file


def place(path: str) -> str:
    """The path without anybody's ids."""
    return re.sub(r"/c::[^/]+", "/c::{custom_id}", re.sub(r"/\d+", "/{id}", path.rstrip("/"))) or "/"


def shape(value: Any, name: str = "") -> Any:
    """The same keys, and values of the same form that say nothing."""
    if isinstance(value, dict):
        return {key: shape(each, key) for key, each in value.items()}
    if isinstance(value, list):
        items = [shape(each, name) for each in value]
        whole: Any = items[0] if items else None
        for each in items[1:]:
            whole = merged(whole, each)
        return [whole] if items else []
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return 0
    return _text(str(value), name)


def merged(one: Any, other: Any) -> Any:
    """All that either has."""
    if isinstance(one, dict) and isinstance(other, dict):
        both = {key: merged(one[key], other[key]) for key in one.keys() & other.keys()}
        return {**one, **other, **both}
    if isinstance(one, list) and isinstance(other, list):
        return [merged(one[0], other[0])] if one and other else one or other
    return other if one is None else one


def _text(text: str, name: str) -> str:
    if name in _WORDS and _WORD.fullmatch(text):
        return text
    if found := _TIME.fullmatch(text):
        return f"2000-01-01T00:00:00{found['zone'] or ''}"
    if _DATE.fullmatch(text):
        return "2000-01-01"
    if found := _DECIMAL.fullmatch(text):
        return "0." + "0" * len(found["places"])
    return "text" if text else ""
