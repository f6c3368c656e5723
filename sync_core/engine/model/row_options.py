"""A mapping row's own options: how the contract shows a column, and what is understood back (DESIGN 4.3)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class RowOption(StrEnum):
    """The options by the names they have in a mapping row. `conflict_policy` stands beside them in the row."""

    CONFLICT_POLICY = "conflict_policy"
    TIME_ZONE = "time_zone"
    LABELS = "labels"
    FORMAT = "format"
    RESOLVE_LABELS = "resolve_labels"


class Length(StrEnum):
    """How long a date is written: in numbers, with a short month, with the month's whole name."""

    SHORT = "short"
    MEDIUM = "medium"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Labels:
    """Words for yes and no, each understood; the first of each is written."""

    yes: tuple[str, ...]
    no: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Format:
    """As people of a locale ("sv-SE") write: dates in this length, money with its currency or without."""

    locale: str
    length: Length = Length.LONG
    currency: bool = False


@dataclass(frozen=True, slots=True)
class RowOptions:
    """All options but the conflict policy. `resolve_labels`: True, or the key column that references are found by."""

    time_zone: str | None = None
    labels: Labels | None = None
    format: Format | None = None
    resolve_labels: bool | str = False

    @property
    def given(self) -> tuple[RowOption, ...]:
        """The options that are set."""
        return tuple(RowOption(name) for name in self.to_json())

    @property
    def key_column(self) -> str | None:
        return self.resolve_labels if isinstance(self.resolve_labels, str) else None

    def to_json(self) -> dict[str, Any]:
        """The row's members, only those that are set."""
        content: dict[str, Any] = {}
        if self.time_zone is not None:
            content["time_zone"] = self.time_zone
        if self.labels is not None:
            content["labels"] = {"yes": list(self.labels.yes), "no": list(self.labels.no)}
        if self.format is not None:
            shape = self.format
            content["format"] = {"locale": shape.locale, "length": str(shape.length), "currency": shape.currency}
        if self.resolve_labels:
            content["resolve_labels"] = self.resolve_labels
        return content

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> RowOptions:
        """What `to_json` gave; other members are left alone."""
        labels, shape = content.get("labels"), content.get("format")
        return cls(
            content.get("time_zone"),
            Labels(tuple(labels["yes"]), tuple(labels["no"])) if labels else None,
            Format(shape["locale"], Length(shape["length"]), shape["currency"]) if shape else None,
            content.get("resolve_labels", False),
        )

    @property
    def identity(self) -> str:
        """The same for the same options; "" without any."""
        content = self.to_json()
        return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")) if content else ""


NO_OPTIONS = RowOptions()
