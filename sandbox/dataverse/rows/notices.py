"""What Dynamics takes of a notification (fact sheet dynamics-solution 4): one user, and JSON of a bounded length."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sandbox.dataverse.problems import Problem
from sandbox.dataverse.schema import TableSchema
from sandbox.dataverse.world import World

NOTIFICATIONS = "appnotification"


def must_be_for_a_user(world: World, table: TableSchema, values: Mapping[str, Any]) -> None:
    if table.name != NOTIFICATIONS:
        return
    kind, owner_id = values["ownerid"]
    if kind != "systemuser":
        raise Problem(400, "0x80040265", "A notification can be sent to a user only, and not to a team.")
    if world.row("systemuser", owner_id).values.get("isdisabled"):
        raise Problem(400, "0x80040265", f"The user with id {owner_id} is disabled.")
    if values.get("data"):
        try:
            content = json.loads(values["data"])
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise Problem(400, "0x80040265", "The data of a notification must be a JSON object.")
