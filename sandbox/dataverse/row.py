"""A row: what it holds, and who wrote it last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.dataverse.schema import OWNING, Attribute

Json = dict[str, Any]


@dataclass
class Row:
    id: str
    values: Json
    version: int
    modified_on: datetime
    modified_by: str

    def value(self, attribute: Attribute) -> Any:
        """What it holds in a column, or what Dataverse fills in."""
        if attribute.name == "modifiedon":
            return self.modified_on.strftime("%Y-%m-%dT%H:%M:%SZ")
        if attribute.name == "modifiedby":
            return ("systemuser", self.modified_by)
        if attribute.name in OWNING:
            owner = self.values.get("ownerid")
            return owner if owner and owner[0] in attribute.targets else None
        if attribute.name == "versionnumber":
            return self.version
        if attribute.kind == "Uniqueidentifier" and attribute.name.removesuffix("id") and attribute.source is None:
            return self.id
        return self.values.get(attribute.name)
