"""Who has which privilege: roles of users, privileges of roles, and column security profiles.

What is not part of a table's columns is kept in the rows themselves, under names that no column has, so that it is
saved with them.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.dataverse.customizing.tables import ADMINISTRATOR
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.schema import VERBS, TableSchema, privilege_id

if TYPE_CHECKING:
    from sandbox.dataverse.world import World

DEPTHS = ("Basic", "Local", "Deep", "Global")
ACT_ON_BEHALF = "prvActOnBehalfOfAnotherUser"
PUBLISH = "prvPublishCustomization"
_OTHERS = (ACT_ON_BEHALF, PUBLISH, "prvReadEntity", "prvReadAttribute", "prvReadRelationship", "prvReadOptionSet")
_ROLES, _PRIVILEGES, _COLUMNS = "#roles", "#privileges", "#columns"


def all_privileges(tables: Mapping[str, TableSchema]) -> dict[str, str]:
    """name -> id"""
    names = [table.privilege(verb) for table in tables.values() for verb in VERBS]
    return {name: privilege_id(name) for name in (*names, *_OTHERS)}


class Security:
    def __init__(self, world: World) -> None:
        self._world = world

    # --- roles --------------------------------------------------------------------------------------------------------

    def roles_of(self, user_id: str) -> list[str]:
        row = self._world.rows["systemuser"].get(user_id)
        return list(row.values.get(_ROLES, [])) if row else []

    def assign(self, user_id: str, role_id: str) -> None:
        self._world.row("role", role_id)
        row = self._world.row("systemuser", user_id)
        row.values[_ROLES] = [*dict.fromkeys([*self.roles_of(user_id), role_id])]
        self._world.touched()

    def take(self, user_id: str, role_id: str) -> None:
        row = self._world.row("systemuser", user_id)
        row.values[_ROLES] = [one for one in self.roles_of(user_id) if one != role_id]
        self._world.touched()

    def of_role(self, role_id: str) -> dict[str, str]:
        """Privilege name -> depth."""
        if role_id == ADMINISTRATOR:
            return dict.fromkeys(self._names(), "Global")
        row = self._world.rows["role"].get(role_id)
        return dict(row.values.get(_PRIVILEGES, {})) if row else {}

    def give(self, role_id: str, privileges: Mapping[str, str], replace: bool = False) -> None:
        """Privilege name -> depth."""
        row = self._world.row("role", role_id)
        row.values[_PRIVILEGES] = {**({} if replace else self.of_role(role_id)), **privileges}
        self._world.touched()

    def of_user(self, user_id: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for role_id in self.roles_of(user_id):
            for name, depth in self.of_role(role_id).items():
                found[name] = max(depth, found.get(name, "Basic"), key=DEPTHS.index)
        return found

    def must(self, user_id: str, privilege: str) -> None:
        if privilege not in self.of_user(user_id):
            text = f"Principal user (Id={user_id}, type=8, roleCount={len(self.roles_of(user_id))}) is missing"
            raise Problem(403, "0x80040220", f"{text} {privilege} privilege (Id={privilege_id(privilege)}) on OTC=0.")

    def given(self, body: Mapping[str, Any]) -> dict[str, str]:
        """The Privileges of an action's body, as name -> depth."""
        known = {one: name for name, one in all_privileges(self._world.tables).items()}
        found = {}
        for one in body.get("Privileges") or ():
            depth, privilege = str(one.get("Depth")), str(one.get("PrivilegeId")).lower()
            if depth not in DEPTHS and depth not in ("0", "1", "2", "3"):
                raise Problem(400, "0x80048d19", f"Cannot convert the literal '{depth}' to the expected type.")
            if privilege not in known:
                raise Problem(404, "0x80040217", f"Entity 'privilege' With Id = {privilege} Does Not Exist")
            found[known[privilege]] = depth if depth in DEPTHS else DEPTHS[int(depth)]
        if not found:
            raise Problem(400, "0x80040203", "Privileges must not be empty.")
        return found

    # --- secured columns ----------------------------------------------------------------------------------------------

    def sees_secured(self, user_id: str, table: str, column: str, verb: str = "read") -> bool:
        """System Administrators are never affected."""
        if ADMINISTRATOR in self.roles_of(user_id):
            return True
        return verb in self._columns(user_id).get(f"{table}.{column}", ())

    def secure(self, user_id: str, table: str, column: str, *verbs: str) -> None:
        """What a column security profile lets this user do: "read", "update"."""
        row = self._world.row("systemuser", user_id)
        row.values[_COLUMNS] = {**self._columns(user_id), f"{table}.{column}": list(verbs)}
        self._world.touched()

    def profiles(self, user_id: str) -> list[dict[str, Any]]:
        """As `systemuserprofiles_association` shows them, permissions expanded."""
        permissions = [
            {
                "entityname": name.partition(".")[0],
                "attributelogicalname": name.partition(".")[2],
                "canread": 4 if "read" in verbs else 0,
                "canupdate": 4 if "update" in verbs else 0,
                "fieldpermissionid": str(uuid.uuid5(uuid.NAMESPACE_URL, user_id + name)),
            }
            for name, verbs in self._columns(user_id).items()
        ]
        profile = str(uuid.uuid5(uuid.NAMESPACE_URL, user_id))
        return [{"fieldsecurityprofileid": profile, "lk_fieldpermission_fieldsecurityprofileid": permissions}]

    def _columns(self, user_id: str) -> dict[str, list[str]]:
        row = self._world.rows["systemuser"].get(user_id)
        return dict(row.values.get(_COLUMNS, {})) if row else {}

    def _names(self) -> list[str]:
        return list(all_privileges(self._world.tables))
