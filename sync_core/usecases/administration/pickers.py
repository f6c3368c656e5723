"""What the pages offer to choose from in Oneflow."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sync_core.engine.parties import Actor, Template
from sync_core.usecases.ports import Contracts

# Types with this owner belong to Oneflow's own Dynamics app, which writes to their contracts' fields itself.
OWNED_BY_ONEFLOW = "dynamics"


class Pickers:
    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts

    def workspaces(self, actor: Actor) -> list[dict[str, Any]]:
        return [asdict(workspace) for workspace in self._contracts.workspaces(actor)]

    def templates(self, workspace_id: int | None) -> list[dict[str, Any]]:
        """Active templates, without those that Oneflow's own Dynamics app owns."""
        return [asdict(template) for template in self._contracts.templates(workspace_id) if not is_owned(template)]

    def fields(self, template_type_id: int) -> list[dict[str, Any]]:
        """A template type's data fields that a mapping may use."""
        fields = self._contracts.template_fields(template_type_id)
        return [asdict(field) | {"writable": field.source != "system"} for field in fields if field.active]


def is_owned(template: Template) -> bool:
    return (template.extension_type or "").casefold() == OWNED_BY_ONEFLOW
