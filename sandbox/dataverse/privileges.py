"""Which privileges there are, and how far one reaches."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.dataverse.schema import TableSchema, privilege_id

DEPTHS = ("Basic", "Local", "Deep", "Global")
ACT_ON_BEHALF = "prvActOnBehalfOfAnotherUser"
PUBLISH = "prvPublishCustomization"
_OTHERS = (
    ACT_ON_BEHALF, PUBLISH, "prvImportCustomization", "prvExportCustomization", "prvReadEntity", "prvReadAttribute",
    "prvReadRelationship", "prvReadOptionSet",
)  # fmt: skip


def all_privileges(tables: Mapping[str, TableSchema]) -> dict[str, str]:
    """name -> id"""
    names = [table.privilege(verb) for table in tables.values() for verb in table.verbs]
    return {name: privilege_id(name) for name in (*names, *_OTHERS)}
