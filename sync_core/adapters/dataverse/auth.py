"""Tokens for Dataverse: MSAL with a secret, or a managed identity. One cache per process.

https://learn.microsoft.com/power-apps/developer/data-platform/use-single-tenant-server-server-authentication
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sync_core.errors import ConnectionBroken, Temporary

if TYPE_CHECKING:
    import requests

_PUBLIC = "https://login.microsoftonline.com"
# Other clouds that MSAL knows; for any other host it must not ask Microsoft what that host is.
_KNOWN = (
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "login.windows.net",
)


class Tokens:
    """Thread-safe. ConnectionBroken where sign-in is refused, Temporary where nobody answers."""

    def __init__(
        self,
        *,
        resource: str,
        tenant_id: str,
        client_id: str,
        client_secret: str | None,
        authority: str | None,
        timeout: float,
    ) -> None:
        self._scope = f"{resource.rstrip('/')}/.default"
        self._tenant_id, self._client_id, self._client_secret = tenant_id, client_id, client_secret
        self._authority, self._timeout = authority, timeout
        self._guard = threading.Lock()
        self._app: Any = None

    def bearer(self) -> str:
        """A token that is still good; asked before every request, since MSAL keeps it."""
        return self._with_secret() if self._client_secret else self._with_identity()

    def forget(self) -> None:
        """The token was refused: the next one is fetched anew."""
        with self._guard:
            if self._app is not None and self._client_secret:
                self._app.remove_tokens_for_client()

    def _with_secret(self) -> str:
        import requests

        with self._guard:
            try:
                answer = self._application().acquire_token_for_client([self._scope])
            except requests.RequestException as error:
                raise Temporary(f"identity did not answer ({type(error).__name__})", side="identity") from None
            except ValueError as error:
                raise ConnectionBroken(
                    "identity is no sign-in authority: check DATAVERSE_TENANT_ID and DATAVERSE_AUTHORITY",
                    side="identity",
                ) from error
        token = answer.get("access_token")
        if isinstance(token, str):
            return token
        raise _refused(str(answer.get("error") or ""), str(answer.get("error_description") or ""))

    def _application(self) -> Any:
        if self._app is None:
            import msal

            authority = self._authority or f"{_PUBLIC}/{self._tenant_id}"
            self._app = msal.ConfidentialClientApplication(
                self._client_id,
                client_credential=self._client_secret,
                authority=authority,
                instance_discovery=None if urlsplit(authority).hostname in _KNOWN else False,
                http_client=_session(self._timeout),
            )
        return self._app

    def _with_identity(self) -> str:
        from azure.core.exceptions import AzureError
        from azure.identity import CredentialUnavailableError, ManagedIdentityCredential

        with self._guard:
            if self._app is None:
                self._app = ManagedIdentityCredential(client_id=self._client_id)
            credential = self._app
        try:
            return str(credential.get_token(self._scope).token)
        except CredentialUnavailableError as error:
            raise ConnectionBroken(
                "identity: no managed identity here; set DATAVERSE_CLIENT_SECRET or assign the identity",
                side="identity",
            ) from error
        except AzureError as error:
            raise Temporary(f"identity did not answer ({type(error).__name__})", side="identity") from None


def _refused(error: str, description: str) -> ConnectionBroken | Temporary:
    """Only codes: a description may quote what was sent."""
    found = re.search(r"AADSTS\d+", description)
    code = found.group() if found else re.sub(r"\W", "", error)[:60]
    if error == "temporarily_unavailable":
        return Temporary("identity is temporarily unavailable", side="identity", code=code)
    text = f"identity refused the sign-in ({code}): check DATAVERSE_TENANT_ID, _CLIENT_ID and _CLIENT_SECRET"
    return ConnectionBroken(text, side="identity", status=401, code=code)


def _session(timeout: float) -> requests.Session:
    """MSAL's own session has no timeouts. Certificates are verified, by REQUESTS_CA_BUNDLE where it is set."""
    import requests
    from requests.adapters import HTTPAdapter

    class Timed(HTTPAdapter):
        def send(self, *args: Any, **options: Any) -> Any:
            options["timeout"] = (min(5.0, timeout), timeout)
            return super().send(*args, **options)

    session = requests.Session()
    session.mount("https://", Timed(max_retries=1))
    return session
