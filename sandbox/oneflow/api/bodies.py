"""Strict reading of JSON bodies. Oneflow refuses keys that it does not know (seen in public integrations)."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

from sandbox.oneflow.api.problems import Problem, invalid
from sandbox.wire import Request


def read_json(request: Request) -> Any:
    """The body, or `{}` where there is none. 400 if it is not JSON."""
    if not request.body.strip():
        return {}
    try:
        return json.loads(request.body)
    except ValueError as error:
        raise Problem(400, "The body is not valid JSON.") from error


def read_object(request: Request, known: Collection[str], required: Collection[str] = ()) -> dict[str, Any]:
    body = read_json(request)
    problems = Problems()
    problems.keys(body, "", known, required)
    problems.raise_if_any()
    return dict(body)


_AMOUNT = re.compile(r"[0-9]+(\.[0-9]{1,2})?")
_CURRENCY = re.compile(r"[A-Z]{3}")


class Problems:
    """Gathers `parameter_problems`: a path such as `parties[1].participants[2].email` to its messages."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}

    def add(self, path: str, message: str) -> None:
        self.found.setdefault(path, []).append(message)

    def keys(self, value: Any, path: str, known: Collection[str], required: Collection[str] = ()) -> bool:
        """Whether `value` is an object with only known and all required keys."""
        if not isinstance(value, dict):
            self.add(path or "body", "Must be an object.")
            return False
        before = len(self.found)
        for key in value:
            if key not in known:
                self.add(join(path, key), f"'{key}' was unexpected.")
        for key in required:
            if value.get(key) is None:
                self.add(join(path, key), "Missing required value.")
        return len(self.found) == before

    def kind(self, owner: dict[str, Any], key: str, path: str, *kinds: type) -> None:
        """Null is always let through; a boolean is no number."""
        value = owner.get(key)
        if value is None:
            return
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            self.add(join(path, key), f"Must be of type {' or '.join(kind.__name__ for kind in kinds)}.")

    def text(
        self, owner: dict[str, Any], key: str, path: str, longest: int, shortest: int = 0, utf16: bool = False
    ) -> None:
        """Lengths are in characters, or in UTF-16 units."""
        value = owner.get(key)
        if value is None:
            return
        if not isinstance(value, str):
            self.add(join(path, key), "Must be a string.")
            return
        length = len(value.encode("utf-16-le", "surrogatepass")) // 2 if utf16 else len(value)
        if not shortest <= length <= longest:
            self.add(join(path, key), f"Must be between {shortest} and {longest} characters.")

    def money(self, owner: dict[str, Any], key: str, path: str) -> None:
        """`{"amount": "12500.00", "currency": "NOK"}` (docs/type-reference: text, at most two decimals)."""
        value, at = owner.get(key), join(path, key)
        if value is None or not self.keys(value, at, ("amount", "currency")):
            return
        for name, form in (("amount", _AMOUNT), ("currency", _CURRENCY)):
            given = value.get(name)
            if given is not None and not (isinstance(given, str) and form.fullmatch(given)):
                self.add(join(at, name), f"Not a valid {name}.")

    def raise_if_any(self, code: int | None = None) -> None:
        if self.found:
            raise invalid(self.found, code)


def join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
