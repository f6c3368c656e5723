"""As whom a request runs: the holder of its token, or the user whom that holder impersonates (fact sheet 1.2)."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.dataverse import seed
from sandbox.dataverse.caller import Caller
from sandbox.dataverse.platform_tables import ADMINISTRATOR
from sandbox.dataverse.privileges import ACT_ON_BEHALF
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.world import World

_ROLES = {
    seed.ADMINISTRATOR: ADMINISTRATOR,
    seed.READER: seed.ONLOOKER,
    seed.STRANGER: seed.BASIC,
}


def give_roles(world: World) -> None:
    """Only who installs is System Administrator. The application user has what `connect` gives it, sellers what the
    product says that they need; at first nothing."""
    for role, privileges in seed.ROLES.items():
        world.security.give(role, privileges, replace=True)
    for user, role in _ROLES.items():
        world.security.assign(user, role)


def bring_up_to_date(world: World) -> None:
    """What a file of an older sandbox left: roles, privileges and forms that it does not know, an application user who
    is System Administrator, sellers who may do anything with business data."""
    for kind, rows in seed.rows().items():
        for record_id, values in rows.items() if kind in ("role", "privilege", "systemform") else ():
            if record_id not in world.rows.get(kind, {}):
                world.add(kind, values, seed.ADMINISTRATOR, record_id)
    if ADMINISTRATOR in world.security.roles_of(seed.APPLICATION):
        for user in (seed.APPLICATION, *_ROLES):
            for role in world.security.roles_of(user):
                world.security.take(user, role)
        give_roles(world)
    for user in seed.SELLERS:
        world.security.take(user, seed.SALESPERSON)


def caller_of(world: World, headers: Mapping[str, str], holder: str) -> Caller:
    """`holder`: the application id or the Entra object id that the token was issued to."""
    own = _user(world, holder, ("applicationid", "azureactivedirectoryobjectid"))
    if own is None:
        raise Problem(403, "0x80072560", "The user is not a member of the organization.")
    object_id, user_id = headers.get("callerobjectid"), headers.get("mscrmcallerid")
    if not object_id and not user_id:
        return Caller(own)
    world.security.must_itself(own, ACT_ON_BEHALF)
    known = world.rows["systemuser"]
    other = _user(world, object_id, ("azureactivedirectoryobjectid",)) if object_id else str(user_id).lower()
    if other is None or other not in known:
        raise Problem(403, "0x80041d1f", "The user to impersonate is not a user of this environment.")
    return Caller(other, own)


def _user(world: World, wanted: str, columns: tuple[str, ...]) -> str | None:
    for row in world.rows["systemuser"].values():
        if any(str(row.values.get(column) or "").lower() == wanted.lower() for column in columns):
            return row.id
    return None
