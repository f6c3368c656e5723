"""Who calls. https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities

App Service Authentication puts the signed-in user into a header; anybody could, so it is believed only where the
platform says that it sets it.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sync_core.engine.model.ids import canonical_id, known_id
from sync_core.errors import Invalid, RoleMissing
from sync_core.place import in_azure, signs_people_in

ADMIN = "Sync.Admin"
_HEADER = "x-ms-client-principal"
_OBJECT_ID = ("http://schemas.microsoft.com/identity/claims/objectidentifier", "oid")
_ROLES = ("roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role")


@dataclass(frozen=True, slots=True)
class Principal:
    object_id: str
    roles: frozenset[str]


def principal_of(headers: Mapping[str, str], env: Mapping[str, str]) -> Principal:
    """Invalid(401) where nobody is signed in."""
    if signs_people_in(env):
        found = _from_header(headers.get(_HEADER) or headers.get("X-MS-CLIENT-PRINCIPAL") or "")
    elif env.get("SYNC_LOCAL_USER") and not in_azure(env):
        first, *roles = [part.strip() for part in env["SYNC_LOCAL_USER"].split(",")]
        found = Principal(canonical_id(first), frozenset(roles)) if first else None
    else:
        found = None
    if found is None:
        raise Invalid("Sign in with your organisation's account.", status=401)
    return found


def must_be_admin(principal: Principal) -> None:
    if ADMIN not in principal.roles:
        raise RoleMissing(ADMIN)


def _from_header(text: str) -> Principal | None:
    try:
        content = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), validate=False))
        claims = list(_claims(content["claims"]))
    except (binascii.Error, ValueError, KeyError, TypeError):
        return None
    object_id = next((known for kind, value in claims if kind in _OBJECT_ID and (known := known_id(value))), None)
    if object_id is None:
        return None
    role_type = str(content.get("role_typ") or _ROLES[0])
    roles = frozenset(value for kind, value in claims if kind in (*_ROLES, role_type))
    return Principal(object_id, roles)


def _claims(listed: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Type and value of each; one without either says nothing, and spoils none of the others."""
    for claim in listed:
        if isinstance(claim, Mapping) and isinstance(claim.get("typ"), str) and isinstance(claim.get("val"), str):
            yield claim["typ"], claim["val"]
