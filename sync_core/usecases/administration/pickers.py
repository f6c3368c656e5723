"""What the pages offer to choose from in Oneflow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from sync_core.engine.model.actor import Actor
from sync_core.engine.model.contracts import is_owned
from sync_core.usecases.ports import Contracts

OWNED = "Oneflow's own Dynamics app owns this template type and writes to its contracts' fields itself."


class Pickers:
    """`opened`: the template types of Oneflow's own app that an administrator has taken over."""

    def __init__(self, contracts: Contracts, opened: Callable[[], frozenset[int]] = frozenset) -> None:
        self._contracts, self._opened = contracts, opened

    def workspaces(self, actor: Actor) -> list[dict[str, Any]]:
        return [asdict(workspace) for workspace in self._contracts.workspaces(actor)]

    def templates(self, workspace_id: int | None) -> dict[str, list[dict[str, Any]]]:
        """Active templates, and apart those that are left out: Oneflow's own Dynamics app owns them."""
        found = self._contracts.templates(workspace_id)
        opened = self._opened() if any(one.is_owned for one in found) else frozenset()
        left_out = [one for one in found if one.is_owned and one.template_type_id not in opened]
        return {
            "templates": [asdict(template) for template in found if template not in left_out],
            "left_out": [_left_out(one.id, one.name) for one in left_out],
        }

    def fields(self, template_type_id: int) -> list[dict[str, Any]]:
        """A template type's data fields that a mapping may use."""
        fields = self._contracts.template_fields(template_type_id)
        return [asdict(field) | {"writable": field.source != "system"} for field in fields if field.active]

    def all_fields(self) -> dict[str, list[dict[str, Any]]]:
        """Those of all active template types, each once, with the names of its types; and the types left out."""
        found: dict[str, dict[str, Any]] = {}
        left_out = []
        opened = self._opened()
        for kind in self._contracts.template_types():
            if is_owned(kind["extension_type"]) and kind["id"] not in opened:
                left_out.append(_left_out(kind["id"], kind["name"] or ""))
            elif kind["active"]:
                for field in self.fields(kind["id"]):
                    merged = found.setdefault(field["custom_id"].casefold(), field | {"template_types": []})
                    merged["template_types"].append(kind["name"] or "")
                    merged["writable"] = merged["writable"] or field["writable"]
        return {"fields": list(found.values()), "left_out": left_out}


def _left_out(number: int, name: str) -> dict[str, Any]:
    return {"id": number, "name": name, "reason": OWNED}
