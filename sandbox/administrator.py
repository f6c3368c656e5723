"""The administrator of the sandbox's environment, as azure-identity sees somebody who signed in."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from azure.core.credentials import AccessToken

from sandbox.dataverse import seed
from sandbox.identity import IdentitySimulator

_LONG = 30 * 86_400  # seconds: as long as a sandbox may be left running


class Administrator:
    """A credential: who installs, the only System Administrator."""

    def __init__(self, identity: IdentitySimulator) -> None:
        self._identity = identity

    def get_token(self, *scopes: str, **more: Any) -> AccessToken:
        token = self._identity.sign_in(seed.ADMINISTRATOR_OID, scopes[0].removesuffix("/.default"))
        return AccessToken(token, int(time.time()) + self._identity.lifetime)


def azure_cli(folder: Path, identity: IdentitySimulator, audience: str) -> None:
    """A program named `az`, for whoever signs in through it: it gives a token of the administrator's, for Dynamics."""
    answer = {
        "accessToken": identity.sign_in(seed.ADMINISTRATOR_OID, audience, lifetime=_LONG),
        "tokenType": "Bearer",
        "expiresOn": "2099-01-01 00:00:00.000000",
        "expires_on": 4_070_908_800,
    }
    folder.mkdir(exist_ok=True)
    program = folder / "az"
    program.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
    program.chmod(0o755)
