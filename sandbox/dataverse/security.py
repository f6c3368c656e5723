"""Who has which privilege: roles of users and of their teams, privileges of roles, and column security profiles.

What is not part of a table's columns is kept in the rows themselves, under names that no column has, so that it is
saved with them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from sandbox.dataverse.caller import Caller
from sandbox.dataverse.platform_tables import ADMINISTRATOR
from sandbox.dataverse.privileges import DEPTHS, all_privileges
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.row import Row
from sandbox.dataverse.schema import TableSchema, privilege_id

_ROLES, _PRIVILEGES, _COLUMNS, _MEMBERS = "#roles", "#privileges", "#columns", "#members"


class Rows(Protocol):
    """What the world keeps, of which these are some."""

    tables: dict[str, TableSchema]
    rows: dict[str, dict[str, Row]]

    def row(self, entity: str, record_id: str) -> Row:
        """Problem where there is none."""

    def touched(self) -> int: ...


class Security:
    def __init__(self, world: Rows) -> None:
        self._world = world
        # By user: what an administrator took away from them alone.
        self.withheld: dict[str, frozenset[str]] = {}
        self.out_of_reach: set[tuple[str, str]] = set()  # (user id, record id)

    # --- roles --------------------------------------------------------------------------------------------------------

    def roles_of(self, user_id: str, kind: str = "systemuser") -> list[str]:
        """Those that are the user's own, not a team's."""
        row = self._world.rows[kind].get(user_id)
        return list(row.values.get(_ROLES, [])) if row else []

    def assign(self, user_id: str, role_id: str, kind: str = "systemuser") -> None:
        """To a user, or to a team."""
        self._world.row("role", role_id)
        row = self._world.row(kind, user_id)
        row.values[_ROLES] = [*dict.fromkeys([*self.roles_of(user_id, kind), role_id])]
        self._world.touched()

    def join(self, user_id: str, team_id: str) -> None:
        row = self._world.row("team", team_id)
        row.values[_MEMBERS] = [*dict.fromkeys([*row.values.get(_MEMBERS, []), user_id])]
        self._world.touched()

    def teams_of(self, user_id: str) -> list[str]:
        teams = self._world.rows.get("team", {}).values()
        return [row.id for row in teams if user_id in row.values.get(_MEMBERS, ())]

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
        """With what they hold through teams."""
        held = [self._of_roles(self.roles_of(user_id)), *map(self.of_team, self.teams_of(user_id))]
        found = _widest(held)
        return {name: depth for name, depth in found.items() if name not in self.withheld.get(user_id, ())}

    def of_team(self, team_id: str) -> dict[str, str]:
        return self._of_roles(self.roles_of(team_id, "team"))

    def _of_roles(self, roles: list[str]) -> dict[str, str]:
        return _widest(self.of_role(one) for one in roles)

    def depth(self, user_id: str, privilege: str) -> str | None:
        """How far a privilege reaches; None where the user lacks it."""
        if privilege in self.withheld.get(user_id, ()):
            return None
        roles = [*self.roles_of(user_id)]
        for team in self.teams_of(user_id):
            roles += self.roles_of(team, "team")
        held = [found for role in roles if (found := self._in_role(role, privilege))]
        return max(held, key=DEPTHS.index) if held else None

    def _in_role(self, role_id: str, privilege: str) -> str | None:
        if role_id == ADMINISTRATOR:
            return "Global"
        row = self._world.rows["role"].get(role_id)
        found: str | None = row.values.get(_PRIVILEGES, {}).get(privilege) if row else None
        return found

    def may(self, user_id: str, table: TableSchema, verb: str, row: Row | None = None) -> bool:
        """The privilege, and that it reaches this row. All users are of one business unit."""
        depth = self.depth(user_id, table.privilege(verb))
        if depth is None:
            return False
        if row is None or not table.owned:
            return True
        owner = row.values.get("ownerid")
        own = owner is not None and owner[1] in (user_id, *self.teams_of(user_id))
        return (user_id, row.id) not in self.out_of_reach and (own or depth != DEPTHS[0])

    def must(self, caller: Caller, privilege: str) -> None:
        """Of who acts for another both must hold it."""
        for user_id in caller.users:
            if self.depth(user_id, privilege) is None:
                self._refuse(user_id, privilege)

    def must_itself(self, user_id: str, privilege: str) -> None:
        """Held by a role of the user's own: what a team holds does not count."""
        held = any(self._in_role(role, privilege) for role in self.roles_of(user_id))
        if not held or privilege in self.withheld.get(user_id, ()):
            self._refuse(user_id, privilege)

    def _refuse(self, user_id: str, privilege: str) -> None:
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
        """System Administrators are never affected; nobody else is spared, whoever acts for whom."""
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


def _widest(several: Iterable[Mapping[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for held in several:
        for name, depth in held.items():
            found[name] = max(depth, found.get(name, DEPTHS[0]), key=DEPTHS.index)
    return found
