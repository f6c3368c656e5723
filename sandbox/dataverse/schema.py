"""Tables and columns of the simulated environment, and their metadata on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
LANGUAGES = (1033, 1053)


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

    @property
    def is_reference(self) -> bool:
        return self.kind in ("Lookup", "Customer", "Owner")

    @property
    def wire(self) -> str:
        return f"_{self.name}_value" if self.is_reference else self.name


@dataclass
class TableSchema:
    name: str
    label: str
    set_name: str
    id_column: str
    name_column: str
    attributes: dict[str, Attribute]
    custom: bool = False

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
            "IsOptimisticConcurrencyEnabled": True,
        }


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
