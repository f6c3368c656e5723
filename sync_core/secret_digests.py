"""Which version of each secret this process uses, as a short digest: told by health, compared by the operator's tool.

A digest must tell two versions of a secret apart and nothing else. So it is short (of all secrets, one in 16 million
has the same) and slow to work out, which leaves little to try passwords against; a random secret loses nothing by it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache

SECRETS = ("ONEFLOW_API_TOKEN", "ONEFLOW_SIGN_KEYS", "ONEFLOW_WEBHOOK_KEY", "DATAVERSE_CLIENT_SECRET")
UNRESOLVED = "unresolved"  # the platform left the reference to the key vault as it is written

_REFERENCE = "@Microsoft.KeyVault("
_ROUNDS = 100_000


def digests(env: Mapping[str, str]) -> dict[str, str]:
    """Setting to digest, of each secret that is set."""
    return {name: digest(name, value) for name in SECRETS if (value := (env.get(name) or "").strip())}


def digest(name: str, secret: str) -> str:
    return UNRESOLVED if is_reference(secret) else _worked_out(name, secret)


def is_reference(value: str) -> bool:
    """Whether this is no secret yet, but where it lies in a key vault."""
    return value.startswith(_REFERENCE)


@lru_cache(maxsize=64)
def _worked_out(name: str, secret: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", secret.encode(), f"oneflow-sync {name}".encode(), _ROUNDS).hex()[:6]
