"""Who is asking, and what there is to ask for: WhoAmI and the service document."""

from __future__ import annotations

from sandbox.dataverse import seed
from sandbox.dataverse.odata.options import options_of
from sandbox.dataverse.odata.refusals import absent, no_method
from sandbox.dataverse.platform_tables import BUSINESS_UNIT
from sandbox.dataverse.rows.answers import answer
from sandbox.dataverse.world import World
from sandbox.wire import Request, Response

# Actions and functions that Dataverse has, and that a client may well call.
_ABSENT = frozenset(
    {
        "AddSolutionComponent", "BulkDelete", "CreateEntities", "ExecuteWorkflow", "GrantAccess", "InitializeFrom",
        "LoseOpportunity", "Merge", "ModifyAccess",
        "RetrieveCurrentOrganization", "RetrieveTotalRecordCount", "RetrieveVersion", "RevokeAccess", "SetState",
        "WinOpportunity",
    }
)  # fmt: skip


def answered(world: World, request: Request, path: str, user_id: str, service: str) -> Response | None:
    """None for what is neither."""
    if path == "$metadata":
        raise absent("The $metadata document")
    if path.partition("(")[0] in _ABSENT:
        raise absent(path.partition("(")[0])
    if path not in ("", "WhoAmI", "WhoAmI()"):
        return None
    options_of(request)
    if request.method != "GET":
        raise no_method(request)
    if path == "":
        names = sorted(one.set_name for one in world.tables.values())
        sets = [{"name": name, "kind": "EntitySet", "url": name} for name in names]
        return answer(200, {"@odata.context": f"{service}/$metadata", "value": sets})
    context = f"{service}/$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse"
    ids = {"BusinessUnitId": BUSINESS_UNIT, "UserId": user_id, "OrganizationId": seed.ORGANIZATION}
    return answer(200, {"@odata.context": context, **ids})
