"""Tables and columns of the simulated environment, and their metadata on the wire."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

Json = dict[str, Any]
LANGUAGES = (1033, 1053)
_EPOCH = datetime(2025, 1, 1, tzinfo=UTC)


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

    def definition(self) -> Json:
        return {
            "LogicalName": self.name,
            "EntitySetName": self.set_name,
            "PrimaryIdAttribute": self.id_column,
            "PrimaryNameAttribute": self.name_column,
            "DisplayName": _label(self.label, self.label),
            "IsCustomEntity": self.custom,
            "IsActivity": False,
            "IsIntersect": False,
            "IsOptimisticConcurrencyEnabled": self.versioned,
            "Privileges": [
                {"Name": self.privilege(verb), "PrivilegeId": privilege_id(self.privilege(verb)), "PrivilegeType": verb}
                for verb in self.verbs
            ],
        }

    @property
    def verbs(self) -> tuple[str, ...]:
        return (*VERBS, *_OWNERS) if self.owned else VERBS

    def privilege(self, verb: str) -> str:
        return f"prv{verb}{self.noun or self.name.capitalize()}"


VERBS = ("Create", "Read", "Write", "Delete", "Append", "AppendTo")
_OWNERS = ("Assign", "Share")


def privilege_id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


_CODES = {
    "Customer": "Customer", "MultiSelectPicklist": "Virtual", "Image": "Virtual", "File": "Virtual",
    "Uniqueidentifier": "Uniqueidentifier",
}  # fmt: skip


def common(attribute: Attribute, id_column: str) -> Json:
    """What every column has, without a cast."""
    return {
        "@odata.type": f"#Microsoft.Dynamics.CRM.{attribute.kind}AttributeMetadata",
        "LogicalName": attribute.name,
        "SchemaName": attribute.name,
        "AttributeType": _CODES.get(attribute.kind, attribute.kind),
        "AttributeTypeName": {"Value": f"{attribute.kind}Type"},
        "AttributeOf": attribute.attribute_of,
        "DisplayName": _label(attribute.label, attribute.label),
        "RequiredLevel": {"Value": attribute.required, "CanBeChanged": True},
        "IsValidForRead": True,
        "IsValidForCreate": attribute.updatable,
        "IsValidForUpdate": attribute.updatable,
        "IsSecured": attribute.secured,
        "IsPrimaryId": attribute.name == id_column,
        "IsPrimaryName": False,
        "IsLogical": False,
        "SourceType": attribute.source,
        "ModifiedOn": (_EPOCH + timedelta(seconds=attribute.changed)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "MetadataId": f"00000000-0000-0000-0000-{abs(hash(attribute.name)) % 10**12:012d}",
    }


def cast(attribute: Attribute) -> Json:
    """What the type's cast adds."""
    view: Json = {"LogicalName": attribute.name, **attribute.more}
    if attribute.targets:
        view["Targets"] = list(attribute.targets)
    if attribute.options:
        options = [
            {"Value": value, "Label": _label(english, swedish), "Color": None, "ParentValues": []}
            for value, (english, swedish) in attribute.options.items()
        ]
        view |= {"OptionSet": {"Options": options}, "GlobalOptionSet": None}
    return view


def _label(english: str, swedish: str) -> Json:
    labels = [
        {"Label": text, "LanguageCode": language, "IsManaged": False}
        for text, language in zip((english, swedish), LANGUAGES, strict=True)
    ]
    return {"LocalizedLabels": labels, "UserLocalizedLabel": labels[0]}
