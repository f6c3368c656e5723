"""What is registered: each thing as it should be, as it was found, and what is to be done about the difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """In the order in which they are made; they are taken away the other way round."""

    PUBLISHER = "publisher"
    SOLUTION = "solution"
    ROLE = "role"
    PRIVILEGES = "privileges of role"
    ASSIGNMENT = "role of the application user"
    ENDPOINT = "service endpoint"
    CUSTOM_API = "Custom API"
    PARAMETER = "parameter"
    STEP = "step"
    COMMAND = "command"
    VARIABLE = "environment variable"
    WEB_RESOURCE = "web resource"
    PUBLISH = "publishing"
    FORM = "widget's tab on form"
    WEBHOOK = "Oneflow webhook"

    @property
    def many(self) -> str:
        return _MANY.get(self, f"{self}s")


_MANY = {
    Kind.PRIVILEGES: "privileges of roles",
    Kind.ASSIGNMENT: "roles of the application user",
    Kind.PUBLISH: "publishings",
    Kind.FORM: "widget's tabs on forms",
}
ORDER = tuple(Kind)
Ref = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """`columns` are compared and brought up to date; `fixed` cannot be changed once made, so that another value means
    making it anew. `secret` is written with the columns, and never read, shown or compared: a fingerprint among the
    columns tells its change. `refs`: navigation property -> what it points to."""

    kind: Kind
    name: str
    columns: Mapping[str, Any] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    secret: Mapping[str, str] = field(default_factory=dict)
    refs: Mapping[str, Ref] = field(default_factory=dict)

    @property
    def key(self) -> Ref:
        return (self.kind, self.name)


@dataclass(frozen=True, slots=True)
class Found:
    """`ours`: in our solution, or told in another way to be of our making; only that is ever taken away."""

    kind: Kind
    name: str
    id: str
    columns: Mapping[str, Any] = field(default_factory=dict)
    refs: Mapping[str, Ref] = field(default_factory=dict)
    ours: bool = True

    @property
    def key(self) -> Ref:
        return (self.kind, self.name)


class Verb(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Change:
    """`because`: the names of the columns that differ, never their values."""

    verb: Verb
    kind: Kind
    name: str
    because: tuple[str, ...] = ()
    wanted: Wanted | None = None
    found: Found | None = None

    def __str__(self) -> str:
        why = f" ({', '.join(self.because)})" if self.because else ""
        return f"{self.verb} {self.kind} {self.name}{why}"
