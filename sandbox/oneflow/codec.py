"""Dataclasses to JSON and back, by their type hints. Times are ISO 8601; tuples are arrays; int keys are text."""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints


def plain(value: Any) -> Any:
    """A value that `json` can write."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if is_dataclass(value):
        return {name: plain(getattr(value, name)) for name in _names(value.__class__)}
    return value


def build(kind: Any, data: Any) -> Any:
    """A value of type `kind` from what `plain` made of it. Missing members take their defaults."""
    return _builder(kind)(data)


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind))


@cache
def _builder(kind: Any) -> Callable[[Any], Any]:
    origin, inner = get_origin(kind), get_args(kind)
    if kind is datetime:
        return datetime.fromisoformat
    if origin is types.UnionType:
        some = _builder(next(part for part in inner if part is not type(None)))
        return lambda data: None if data is None else some(data)
    if origin is tuple:
        item = _builder(inner[0])
        return lambda data: tuple(item(one) for one in data)
    if origin is list:
        item = _builder(inner[0])
        return lambda data: [item(one) for one in data]
    if origin is dict:
        key, item = inner[0], _builder(inner[1])
        return lambda data: {key(name): item(one) for name, one in data.items()}
    if is_dataclass(kind):
        make: Any = kind
        members = {name: _builder(hint) for name, hint in get_type_hints(kind).items()}
        return lambda data: make(**{name: members[name](one) for name, one in data.items() if name in members})
    return lambda data: data
