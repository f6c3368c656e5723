"""What is written down before the first vendor write of a sync: everything that it is about to write."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sync_core.engine.model.words import Canonical, Side


@dataclass(frozen=True, slots=True)
class IntentField:
    """One write to come: what it overwrites, what it puts there, and both halves as the plan read them.

    For Oneflow `before`/`after` are contract texts, for Dynamics canonical values; `from_text`/`to_text` are
    what people read.
    """

    key: str
    column: str
    side: Side
    before: str | None
    after: str | None
    from_text: str
    to_text: str
    oneflow: str
    dynamics: Canonical
    updated_time: str | None = None
    rule: str = ""

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> IntentField:
        return cls(**{**content, "side": Side(content["side"])})


@dataclass(frozen=True, slots=True)
class Intent:
    """Everything a sync is about to write, stored (with the lock) before the first vendor write."""

    id: str
    action: str
    cause: str
    who: str
    started_at: str  # the storage service's time
    fields: tuple[IntentField, ...]
    is_rest: bool = False  # some of its fields are settled already, by an entry of the history that has its id

    def to_json(self) -> dict[str, Any]:
        head = {"id": self.id, "action": self.action, "cause": self.cause, "who": self.who}
        return head | {"started_at": self.started_at, "fields": [row.to_json() for row in self.fields]}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Intent:
        fields = tuple(IntentField.from_json(row) for row in content["fields"])
        return cls(content["id"], content["action"], content["cause"], content["who"], content["started_at"], fields)

    def without(self, keys: Collection[str]) -> Intent:
        """What is left of it where some fields are settled already."""
        left = tuple(one for one in self.fields if one.key not in keys)
        return replace(self, fields=left, is_rest=self.is_rest or bool(keys))
