"""What an operator's tools need beyond the app: the vendors' plain APIs, and storage as it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sync_core.bootstrap.parts import part
from sync_core.bootstrap.services import Services
from sync_core.settings import Settings

if TYPE_CHECKING:
    from sync_core.adapters.dataverse.api import DataverseApi, TokenSource
    from sync_core.adapters.dataverse.client import DataverseClient
    from sync_core.adapters.oneflow.api import OneflowApi
    from sync_core.adapters.oneflow.client import OneflowClient
    from sync_core.adapters.storage.connection import Storage
    from sync_core.adapters.storage.due import TableDue
    from sync_core.adapters.storage.installation import TableMarks
    from sync_core.adapters.storage.links import TableLinks
    from sync_core.adapters.storage.mappings import TableMappings

# Made when first used, or by the deployment; the doctor looks for them.
TABLES = ("contracts", "deadletters", "due", "mappings", "marks", "measures", "operations", "records")
QUEUES = ("sync-jobs", "sync-jobs-poison")


class Operator(Services):
    """The app's services, and what lies under them. `credential` (azure-identity) signs in instead of the app."""

    def __init__(self, settings: Settings, credential: Any = None) -> None:
        super().__init__(settings)
        self._credential = credential

    @classmethod
    def of(cls, env: Mapping[str, str], credential: Any = None) -> Operator:
        """ConfigurationError with everything that is wrong."""
        return cls(Settings.read(env), credential)

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def callback_url(self) -> str | None:
        """Where Oneflow's webhooks go, function key included."""
        return self._callback_url()

    @part
    def _tokens(self) -> TokenSource:
        if self._credential is None:
            return super()._tokens
        from sync_core.adapters.dataverse.signed_in import SignedIn

        return SignedIn(self._credential, self._settings.dataverse_url)

    @part
    def dataverse(self) -> DataverseApi:
        from sync_core.adapters.dataverse.api import DataverseApi
        from sync_core.adapters.session import make_session

        return DataverseApi(make_session(4), self._settings.dataverse_url, self._tokens, self._timing.vendor_timeout)

    def as_application(self) -> DataverseApi | None:
        """Dynamics as the application itself; None where somebody else signs in and its secret is not known here."""
        if self._credential is None:
            return self.dataverse
        return Operator(self._settings).dataverse if self._settings.client_secret else None

    @part
    def oneflow(self) -> OneflowApi:
        from sync_core.adapters.oneflow.api import OneflowApi
        from sync_core.adapters.session import make_session

        known = self._settings
        return OneflowApi(
            make_session(4), known.oneflow_url, known.oneflow_token, known.oneflow_email, self._timing.vendor_timeout
        )

    @property
    def store(self) -> Storage:
        return self._storage

    @property
    def records(self) -> DataverseClient:
        return self._records

    @property
    def contracts(self) -> OneflowClient:
        return self._contracts

    @property
    def mappings(self) -> TableMappings:
        return self._mappings

    @property
    def marks(self) -> TableMarks:
        return self._marks

    def now(self) -> datetime:
        return self._clock.now()

    @property
    def links(self) -> TableLinks:
        return self._links

    @property
    def due(self) -> TableDue:
        return self._due
