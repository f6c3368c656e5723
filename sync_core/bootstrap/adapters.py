"""What the use cases' ports are in production."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from sync_core.adapters.clock import SystemClock
from sync_core.bootstrap.parts import CarryingPool, part
from sync_core.settings import Settings
from sync_core.usecases.timing import Timing

if TYPE_CHECKING:
    from sync_core.adapters.dataverse.api import TokenSource
    from sync_core.adapters.dataverse.client import DataverseClient
    from sync_core.adapters.dataverse.contract_documents import ContractDocuments
    from sync_core.adapters.dataverse.contract_table import ContractTable
    from sync_core.adapters.dataverse.notifications import Notifications
    from sync_core.adapters.oneflow.client import OneflowClient
    from sync_core.adapters.oneflow.pace import Pace
    from sync_core.adapters.storage.connection import Storage
    from sync_core.adapters.storage.dead_letters import TableDeadLetters
    from sync_core.adapters.storage.due import TableDue
    from sync_core.adapters.storage.idempotency import TableOperations
    from sync_core.adapters.storage.installation import TableMarks
    from sync_core.adapters.storage.installations import Installation, Names
    from sync_core.adapters.storage.jobs import QueueJobs
    from sync_core.adapters.storage.links import TableLinks
    from sync_core.adapters.storage.log import TableLog
    from sync_core.adapters.storage.mappings import TableMappings
    from sync_core.adapters.storage.measures import TableMeasures
    from sync_core.adapters.storage.records_index import TableCreations
    from sync_core.adapters.storage.standings import TableStandings
    from sync_core.telemetry.hours import Hours

# Threads for reads side by side, and connections to each vendor: at least as many as the worker has threads.
_POOL = 64
_BULK = 8  # contracts that work in bulk has in hand at a time
# Seconds: https://learn.microsoft.com/power-apps/developer/data-platform/api-limits
DATAVERSE_WINDOW = 300.0


class Adapters:
    """Clients of both vendors and of storage, from one set of settings. Thread-safe."""

    _credential: Any = None  # of azure-identity, instead of the app's own identity

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.building = threading.RLock()
        self._clock = SystemClock()
        self._jitter = random.SystemRandom().random
        self._timing = Timing(settings.lock_seconds)

    # --- adapters -----------------------------------------------------------------------------------------------------

    @part
    def _pool(self) -> ThreadPoolExecutor:
        return CarryingPool(_POOL, thread_name_prefix="side-read")

    @part
    def _bulk_pool(self) -> ThreadPoolExecutor:
        """Of its own: what waits in it for reads side by side never takes their place."""
        return CarryingPool(_BULK, thread_name_prefix="bulk")

    @part
    def _names(self) -> Names:
        from sync_core.adapters.storage.installations import Names

        known = self._settings
        return Names(known.oneflow_url, known.dataverse_url, known.site, known.installation)

    @part
    def _installation(self) -> Installation:
        from sync_core.adapters.storage.installations import Installation

        return Installation(self._storage, self._names)

    @property
    def _account(self) -> str:
        """Sets installations apart that share a storage account."""
        return self._installation.id

    @part
    def _storage(self) -> Storage:
        from sync_core.adapters.storage.connection import Storage, StorageAddress

        known = self._settings
        address = StorageAddress(
            known.storage_connection, known.table_uri, known.queue_uri, known.storage_client_id, self._credential
        )
        return Storage(address, self._timing.vendor_timeout)

    @part
    def _queue(self) -> QueueJobs:
        from sync_core.adapters.storage.jobs import QueueJobs

        return QueueJobs(self._storage, self._names.stamp)

    @part
    def _links(self) -> TableLinks:
        from sync_core.adapters.storage.links import TableLinks

        return TableLinks(self._storage, self._account)

    @part
    def _due(self) -> TableDue:
        from sync_core.adapters.storage.due import TableDue

        return TableDue(self._storage, self._account)

    @part
    def _standings(self) -> TableStandings:
        from sync_core.adapters.storage.standings import TableStandings

        return TableStandings(self._storage, self._account)

    @part
    def _log(self) -> TableLog:
        from sync_core.adapters.storage.log import TableLog

        return TableLog(self._storage, self._account)

    @part
    def _creations(self) -> TableCreations:
        from sync_core.adapters.storage.records_index import TableCreations

        return TableCreations(self._storage, self._account)

    @part
    def _operations(self) -> TableOperations:
        from sync_core.adapters.storage.idempotency import TableOperations

        return TableOperations(self._storage, self._account)

    @part
    def _mappings(self) -> TableMappings:
        from sync_core.adapters.storage.mappings import TableMappings

        return TableMappings(self._storage, self._account, self._clock.monotonic)

    @part
    def _letters(self) -> TableDeadLetters:
        from sync_core.adapters.storage.dead_letters import TableDeadLetters

        return TableDeadLetters(self._storage, self._account)

    @part
    def _marks(self) -> TableMarks:
        from sync_core.adapters.storage.installation import TableMarks

        return TableMarks(self._storage, self._account)

    @part
    def _hourly(self) -> TableMeasures:
        from sync_core.adapters.storage.measures import TableMeasures

        return TableMeasures(self._storage, self._account)

    @part
    def hours(self) -> Hours:
        """Who keeps what this process measures; storage is asked only when something is saved."""
        from sync_core.telemetry.hours import Hours

        return Hours(lambda hour, totals: self._hourly.save(hour, totals))

    @part
    def _pace(self) -> Pace:
        from sync_core.adapters.oneflow.pace import Pace

        limit, window = self._settings.oneflow_rate
        return Pace(limit, window, self._clock.monotonic, self._clock.sleep)

    @part
    def _contracts(self) -> OneflowClient:
        from sync_core.adapters.oneflow.client import OneflowClient
        from sync_core.adapters.session import make_session
        from sync_core.engine.model.probed import answers_of

        known = self._settings
        return OneflowClient(
            make_session(_POOL),
            url=known.oneflow_url,
            token=known.oneflow_token,
            user_email=known.oneflow_email,
            sign_keys=known.sign_keys,
            timeout=self._timing.vendor_timeout,
            monotonic=self._clock.monotonic,
            pace=self._pace,
            address_now=lambda actor: self._records.address_now(actor),
            answers=lambda: answers_of(self._marks.all()),
        )

    @part
    def _tokens(self) -> TokenSource:
        from sync_core.adapters.dataverse.auth import Tokens

        known = self._settings
        return Tokens(
            resource=known.dataverse_url,
            tenant_id=known.tenant_id,
            client_id=known.client_id,
            client_secret=known.client_secret,
            authority=known.authority,
            timeout=self._timing.vendor_timeout,
        )

    @part
    def _records(self) -> DataverseClient:
        from sync_core.adapters.dataverse.client import DataverseClient
        from sync_core.adapters.hold import Hold
        from sync_core.adapters.session import make_session

        known = self._settings
        return DataverseClient(
            make_session(_POOL),
            url=known.dataverse_url,
            tokens=self._tokens,
            label_language=known.label_language,
            user_address=known.user_address,
            timeout=self._timing.vendor_timeout,
            monotonic=self._clock.monotonic,
            hold=Hold("dynamics", DATAVERSE_WINDOW, self._clock.monotonic, self._clock.sleep),
        )

    @part
    def _notifications(self) -> Notifications:
        return self._records.notifications()

    @part
    def _contract_documents(self) -> ContractDocuments:
        return self._records.contract_documents(lambda: self._account)

    @part
    def _contract_table(self) -> ContractTable:
        return self._records.contract_table(lambda: self._account, self._contracts.contract_url)
