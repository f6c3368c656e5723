"""Those who call: what they bring with them, and where the app believes itself to be."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sandbox.dataverse import seed
from sandbox.environment import environment
from sync_core.place import SIGNS

_PLACES = ("WEBSITE_AUTH_ENABLED", "SYNC_LOCAL_USER", *SIGNS)
IN_AZURE = {"WEBSITE_AUTH_ENABLED": "True", "WEBSITE_INSTANCE_ID": "1"}
UNGUARDED = {"WEBSITE_INSTANCE_ID": "1"}  # in Azure, with App Service Authentication switched off by mistake
ON_FLEX = {"WEBSITE_SITE_NAME": "func-sync", "WEBSITE_POD_NAME": "pod-1"}  # which names no WEBSITE_INSTANCE_ID


def principal(object_id: str, *roles: str) -> dict[str, str]:
    """The header that App Service Authentication sets, and that anybody else could."""
    claims = [{"typ": "oid", "val": object_id}, *({"typ": "roles", "val": role} for role in roles)]
    content = {"auth_typ": "aad", "claims": claims, "role_typ": "roles"}
    return {"X-MS-CLIENT-PRINCIPAL": base64.b64encode(json.dumps(content).encode()).decode()}


@dataclass(frozen=True)
class Caller:
    """`key`: which function key is sent: none, that of the other machine's route, or the right one."""

    name: str
    heading: str
    place: Mapping[str, str]
    headers: Mapping[str, str]
    key: str = "none"


NOBODY = Caller("nobody", "not signed in", IN_AZURE, {})
FORGER = Caller("forger", "forged principal header", UNGUARDED, principal(seed.SELLER_OID, "Sync.Admin"))
WRONG_KEY = Caller("wrong key", "another route's function key", IN_AZURE, {}, key="other")
SELLER = Caller("seller", "without Sync.Admin", IN_AZURE, principal(seed.SELLER_OID))
READER = Caller("reader", "may read, not write", IN_AZURE, principal(seed.READER_OID, "Sync.Admin"))
STRANGER = Caller("stranger", "no right to the record", IN_AZURE, principal(seed.STRANGER_OID, "Sync.Admin"))
ENTITLED = Caller("entitled", "has every right", IN_AZURE, principal(seed.SELLER_OID, "Sync.Admin"), key="own")

# In this order: who is refused changes nothing, so that the last one finds what he needs.
CALLERS = (NOBODY, FORGER, WRONG_KEY, STRANGER, READER, SELLER, ENTITLED)


def at(place: Mapping[str, str]) -> AbstractContextManager[None]:
    """The app reads where it is anew with each request."""
    return environment({**dict.fromkeys(_PLACES), **place})
