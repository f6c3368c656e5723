"""Tokens of somebody who is signed in on this machine, for an operator's tools.

https://learn.microsoft.com/python/api/azure-identity/azure.identity.azureclicredential
"""

from __future__ import annotations

from typing import Any

from sync_core.errors import ConnectionBroken


class SignedIn:
    """`credential` is one of azure-identity, which keeps its own tokens. ConnectionBroken where nobody is signed in."""

    def __init__(self, credential: Any, resource: str) -> None:
        self._credential, self._scope = credential, f"{resource.rstrip('/')}/.default"

    def bearer(self) -> str:
        from azure.core.exceptions import ClientAuthenticationError

        try:
            return str(self._credential.get_token(self._scope).token)
        except ClientAuthenticationError as error:
            text = f"identity: who is signed in on this machine got no token ({type(error).__name__})"
            raise ConnectionBroken(text, side="identity", status=401) from None

    def forget(self) -> None:
        """The credential looks after that itself."""
