"""You, as the Azure CLI of this machine knows you; and where it gives no token, why, since each cause has its remedy.

https://learn.microsoft.com/python/api/azure-identity/azure.identity.azureclicredential
"""

from __future__ import annotations

import logging
from typing import Any

from sync_core.errors import ConnectionBroken

# Codes of ConnectionBroken; cli/failures.py has the remedies.
NO_CLI, SIGNED_OUT, FAILS = "no_azure_cli", "azure_cli_signed_out", "azure_cli_fails"
_TOLD = {
    NO_CLI: "the Azure CLI (`az`) is not installed on this machine, or not on its PATH",
    SIGNED_OUT: "nobody is signed in to the Azure CLI of this machine",
    FAILS: "the Azure CLI of this machine gave no token",
}


class AzureCli:
    """A credential as azure-identity has them, for every client alike. ConnectionBroken of side "identity"."""

    def __init__(self, timeout: int = 30) -> None:
        from azure.identity import AzureCliCredential

        # It warns with what `az` printed, which is on the person's screen then, before the one line that says it.
        logging.getLogger("azure.identity").setLevel(logging.CRITICAL)
        self._credential = AzureCliCredential(process_timeout=timeout)

    def get_token(self, *scopes: str, **options: Any) -> Any:
        from azure.core.exceptions import ClientAuthenticationError

        try:
            return self._credential.get_token(*scopes, **options)
        except (ClientAuthenticationError, LookupError, TypeError, ValueError) as error:
            # All but the first: what `az` printed is JSON, and no token.
            code = _code(str(error)) if isinstance(error, ClientAuthenticationError) else FAILS
            raise ConnectionBroken(f"identity: {_TOLD[code]}", side="identity", status=401, code=code) from None


def _code(text: str) -> str:
    """By azure-identity's own sentences, which it has for the first two; else what `az` said, which is not repeated."""
    if "not found on path" in text:
        return NO_CLI
    return SIGNED_OUT if "az login" in text else FAILS
