"""What the application user holds, and what a table's privileges are called.

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/retrieveuserprivileges
"""

from __future__ import annotations

from collections.abc import Mapping

from sync_core.adapters.dataverse.api import DataverseApi


class Privileges:
    def __init__(self, api: DataverseApi) -> None:
        self._api = api

    def held(self) -> frozenset[str]:
        """The application user's own, whichever roles and teams they come from."""
        who = self._api.call("GET", "WhoAmI").data or {}
        return self.held_by(str(who.get("UserId") or ""))

    def held_by(self, user_id: str) -> frozenset[str]:
        """The same of anybody, as the application user sees it."""
        path = "systemusers({id})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()"
        found = self._api.call("GET", path, at={"id": user_id}).data or {}
        return frozenset(str(one.get("PrivilegeName")) for one in found.get("RolePrivileges") or ())

    def of_table(self, entity: str) -> Mapping[str, str]:
        """Verb -> the privilege's name in this table."""
        path, params = "EntityDefinitions(LogicalName='{name}')", {"$select": "LogicalName,Privileges"}
        data = self._api.call("GET", path, at={"name": entity}, params=params).data or {}
        return {str(one.get("PrivilegeType")): str(one.get("Name")) for one in data.get("Privileges") or ()}
