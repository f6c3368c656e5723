"""Who a seller is in Oneflow: whether they may change the address that says so.

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/retrieveuserprivileges
"""

from __future__ import annotations

from collections.abc import Iterator

from cli.checks.finding import Finding, ok, warning
from sync_core.bootstrap.operator import Operator
from sync_core.errors import NotAllowed

_LOOKED_AT = 20  # people
_OWN_ROW = "prvWriteUser"  # at whatever depth: each has the user's own row in it
_ADMINISTERS = "prvWriteRole"  # who may change roles may do anything: nothing is left to find out
_CHECK = "dynamics.user_address"
_REMEDY = (
    "Set SYNC_USER_ADDRESS to domainname (the user principal name, which Entra gives), or take Write on User out of "
    "people's roles, or secure the column internalemailaddress."
)


def check_addresses(operator: Operator) -> Iterator[Finding]:
    """A sample of the environment's people is looked at."""
    if operator.settings.user_address == "domainname":
        yield ok(_CHECK, "People act in Oneflow under their user principal name, which they do not change themselves.")
        return
    try:
        people = _people(operator)
        able = [user_id for user_id in people if _may_edit_own(operator, user_id)]
    except NotAllowed:
        yield warning(_CHECK, "Whether people may change their own e-mail in Dynamics cannot be looked at.", _REMEDY)
        return
    if able:
        yield warning(
            _CHECK,
            f"{len(able)} of {len(people)} people looked at may change their own row in Dynamics, and with it the "
            "e-mail that says who they are in Oneflow.",
            _REMEDY,
        )
    else:
        yield ok(_CHECK, "People may not change the e-mail in Dynamics that says who they are in Oneflow.")


def _people(operator: Operator) -> list[str]:
    params: dict[str, str | int] = {
        "$select": "systemuserid",
        "$filter": "isdisabled eq false and azureactivedirectoryobjectid ne null",
        "$top": _LOOKED_AT,
    }
    return [str(row["systemuserid"]) for row in operator.dataverse.rows("systemusers", params=params)]


def _may_edit_own(operator: Operator, user_id: str) -> bool:
    path = "systemusers({id})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()"
    found = (operator.dataverse.call("GET", path, at={"id": user_id}).data or {}).get("RolePrivileges") or ()
    held = {str(one.get("PrivilegeName")) for one in found}
    return _OWN_ROW in held and _ADMINISTERS not in held
