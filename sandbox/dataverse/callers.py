"""As whom a request runs: the holder of its token, or the user whom that holder impersonates (fact sheet 1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.dataverse import seed
from sandbox.dataverse.customizing.security import ACT_ON_BEHALF
from sandbox.dataverse.customizing.tables import ADMINISTRATOR
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.world import World


@dataclass(frozen=True)
class Caller:
    user_id: str
    impersonated: bool


def give_roles(world: World) -> None:
    """The application user starts as System Administrator, as `pac admin create-service-principal` leaves it."""
    world.security.give(seed.SALESPERSON, seed.SALES_PRIVILEGES)
    for user in (seed.APPLICATION, seed.ADMINISTRATOR):
        world.security.assign(user, ADMINISTRATOR)
    for user in (seed.SELLER, seed.COLLEAGUE, seed.READER, seed.STRANGER):
        world.security.assign(user, seed.SALESPERSON)


def caller_of(world: World, headers: Mapping[str, str], holder: str) -> Caller:
    """`holder`: the application id or the Entra object id that the token was issued to."""
    own = _user(world, holder, ("applicationid", "azureactivedirectoryobjectid"))
    if own is None:
        raise Problem(403, "0x80072560", "The user is not a member of the organization.")
    object_id, user_id = headers.get("callerobjectid"), headers.get("mscrmcallerid")
    if not object_id and not user_id:
        return Caller(own, False)
    world.security.must(own, ACT_ON_BEHALF)
    known = world.rows["systemuser"]
    other = _user(world, object_id, ("azureactivedirectoryobjectid",)) if object_id else str(user_id).lower()
    if other is None or other not in known:
        raise Problem(403, "0x80041d1f", "The user to impersonate is not a user of this environment.")
    return Caller(other, True)


def _user(world: World, wanted: str, columns: tuple[str, ...]) -> str | None:
    for row in world.rows["systemuser"].values():
        if any(str(row.values.get(column) or "").lower() == wanted.lower() for column in columns):
            return row.id
    return None
