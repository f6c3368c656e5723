"""Tables and columns of the simulated environment; `metadata` shows them on the wire."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

Json = dict[str, Any]


@dataclass
class Attribute:
    """One column. `kind` is its AttributeTypeName without "Type"; `more` what its cast adds."""

    name: str
    kind: str
    label: str
    more: Json = field(default_factory=dict)
    options: dict[int, tuple[str, str]] = field(default_factory=dict)  # value -> English, Swedish
    targets: tuple[str, ...] = ()
    updatable: bool = True
    secured: bool = False
    required: str = "None"
    source: int | None = 0
    attribute_of: str | None = None
    needed: bool = False  # a row cannot be made without it
    fixed: bool = False  # cannot be changed once the row is there
    hidden: bool = False  # never given out
    nav: str = ""  # the name to bind a lookup by, where it is not the column's own
    states: dict[int, int] = field(default_factory=dict)  # of a status: the state that each of its options belongs to
    relationship: str = ""  # the schema name of a lookup's relationship, where it is not named by rule
    shared: str = ""  # the name of the global option set that its options are
    changed: int = field(init=False, compare=False, default_factory=count().__next__)  # a copy by `replace` is newer

    @property
    def navigation(self) -> str:
        return self.nav or self.name

    def navigation_to(self, target: str) -> str:
        """One property for each table that a lookup may point at; whoever owns a row is one of a single kind."""
        several = len(self.targets) > 1 and self.kind != "Owner"
        return f"{self.navigation}_{target}" if several else self.navigation

    @property
    def is_reference(self) -> bool:
        return self.kind in ("Lookup", "Customer", "Owner")

    @property
    def wire(self) -> str:
        return f"_{self.name}_value" if self.is_reference else self.name


# Beside `ownerid`: who that is, by the table they are of. Dataverse fills them in.
OWNING = {"owninguser": "systemuser", "owningteam": "team"}


@dataclass
class TableSchema:
    name: str
    label: str
    set_name: str
    id_column: str
    name_column: str
    attributes: dict[str, Attribute]
    custom: bool = False
    noun: str = ""  # as its privileges name it: prvRead<noun>
    business: bool = True  # False: a table of the platform's own; its rights are privileges alone
    owned: bool = False  # by users and teams: its rows can be assigned and shared, and a role's depth counts
    versioned: bool = True  # False: no optimistic concurrency, so that If-Match takes no version

    # Alternate keys by their schema name, each with its columns.
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    # Of keys whose index is not built: its state ("Pending", "InProgress", "Failed"). An address by such a key is none.
    unbuilt: dict[str, str] = field(default_factory=dict)

    @property
    def verbs(self) -> tuple[str, ...]:
        return (*VERBS, *_OWNERS) if self.owned else VERBS

    def privilege(self, verb: str) -> str:
        """The name of the privilege that this verb needs."""
        return f"prv{verb}{self.noun or self.name.capitalize()}"


VERBS = ("Create", "Read", "Write", "Delete", "Append", "AppendTo")
_OWNERS = ("Assign", "Share")


def privilege_id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def references(table: TableSchema) -> Iterator[tuple[Attribute, str]]:
    """Each lookup with each table that it may point at; whoever owns a row is one of a single kind, `owner`."""
    for attribute in table.attributes.values():
        for target in ("owner",) if attribute.kind == "Owner" else attribute.targets:
            yield attribute, target


# The collection of a row's children, by the children's table and their lookup; what is not here is named by rule.
_COLLECTIONS = {
    ("opportunity", "parentaccountid", "account"): "opportunity_parent_account",
    ("opportunity", "parentcontactid", "contact"): "opportunity_parent_contact",
    ("opportunity", "customerid", "account"): "opportunity_customer_accounts",
    ("opportunity", "customerid", "contact"): "opportunity_customer_contacts",
    ("quote", "customerid", "account"): "quote_customer_accounts",
    ("quote", "customerid", "contact"): "quote_customer_contacts",
    ("account", "primarycontactid", "contact"): "account_primary_contact",
    ("contact", "parentcustomerid", "account"): "contact_customer_accounts",
    ("contact", "parentcustomerid", "contact"): "contact_customer_contacts",
}


def relationship_name(table: TableSchema, lookup: Attribute, target: str) -> str:
    """The one-to-many relationship's schema name, which is its collection's name on the target as well."""
    found = lookup.relationship or _COLLECTIONS.get((table.name, lookup.name, target))
    if found:
        return found
    if lookup.name.startswith("new_"):
        return f"new_{target}_{table.name}_{lookup.navigation.removeprefix('new_')}"
    if target == "owner":
        return f"owner_{table.set_name}"
    return f"lk_{table.name}_{lookup.name}" if target == "systemuser" else f"{target}_{table.set_name}_{lookup.name}"
