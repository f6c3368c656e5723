"""Builds everything, lazily and once per process: the only place where use cases meet adapters and settings.

Importing this opens nothing and needs no settings. Each part is built when it is first asked for, and its module
imported then, so that the path of a webhook loads neither vendor's client.
"""

from __future__ import annotations

import hashlib
import os
import random
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import urlencode, urlsplit

from sync_core.adapters.clock import SystemClock
from sync_core.settings import Settings
from sync_core.usecases.timing import Timing

if TYPE_CHECKING:
    from sync_core.adapters.dataverse.client import DataverseClient
    from sync_core.adapters.oneflow.client import OneflowClient
    from sync_core.adapters.storage.connection import Storage
    from sync_core.adapters.storage.dead_letters import TableDeadLetters
    from sync_core.adapters.storage.due import TableDue
    from sync_core.adapters.storage.jobs import QueueJobs
    from sync_core.adapters.storage.links import TableLinks
    from sync_core.adapters.storage.mappings import TableMappings
    from sync_core.adapters.storage.marks import TableMarks
    from sync_core.usecases.applying import Applier
    from sync_core.usecases.cards import Cards
    from sync_core.usecases.closing import Closer
    from sync_core.usecases.connection import Connection, Health, LastEvent
    from sync_core.usecases.create_contract import CreateContract
    from sync_core.usecases.dead_letters import DeadLetterBox
    from sync_core.usecases.entities import Entities
    from sync_core.usecases.ingest import Ingest
    from sync_core.usecases.jobs import JobRunner
    from sync_core.usecases.leftovers import Leftovers
    from sync_core.usecases.linking import LinkContract, Linking
    from sync_core.usecases.opening import Opener
    from sync_core.usecases.people import People
    from sync_core.usecases.pickers import Pickers
    from sync_core.usecases.push_record import PushRecord
    from sync_core.usecases.reconcile import PurgeHistory, Reconcile
    from sync_core.usecases.repair import Repair
    from sync_core.usecases.rights import Rights
    from sync_core.usecases.sync_contract import SyncContract

# Threads for reads side by side, and connections to each vendor: at least as many as the worker has threads.
_POOL = 64

Built = TypeVar("Built")


class part(Generic[Built]):  # noqa: N801 used as a decorator
    """A property that is built once per instance, by one thread while others wait."""

    def __init__(self, build: Callable[[Any], Built]) -> None:
        self._build, self._name = build, build.__name__

    def __get__(self, services: Any, owner: Any = None) -> Built:
        with services.building:
            if self._name not in services.__dict__:
                services.__dict__[self._name] = self._build(services)
            built: Built = services.__dict__[self._name]
            return built


class Services:
    """Every use case, built from one set of settings. Thread-safe."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.building = threading.RLock()
        self._clock = SystemClock()
        self._timing = Timing(settings.lock_seconds)

    # --- adapters -----------------------------------------------------------------------------------------------------

    @part
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_POOL, thread_name_prefix="side-read")

    @part
    def _account(self) -> str:
        """Sets installations apart that share a storage account."""
        text = f"{self._settings.oneflow_url}|{self._settings.dataverse_url}".lower()
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @part
    def _storage(self) -> Storage:
        from sync_core.adapters.storage.connection import Storage, StorageAddress

        known = self._settings
        address = StorageAddress(known.storage_connection, known.table_uri, known.queue_uri, known.storage_client_id)
        return Storage(address, self._timing.vendor_timeout)

    @part
    def _queue(self) -> QueueJobs:
        from sync_core.adapters.storage.jobs import QueueJobs

        return QueueJobs(self._storage)

    @part
    def _links(self) -> TableLinks:
        from sync_core.adapters.storage.links import TableLinks

        return TableLinks(self._storage, self._account)

    @part
    def _due(self) -> TableDue:
        from sync_core.adapters.storage.due import TableDue

        return TableDue(self._storage, self._account)

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
        from sync_core.adapters.storage.marks import TableMarks

        return TableMarks(self._storage, self._account)

    @part
    def _contracts(self) -> OneflowClient:
        from sync_core.adapters.http import make_session
        from sync_core.adapters.oneflow.client import OneflowClient

        known = self._settings
        return OneflowClient(
            make_session(_POOL),
            url=known.oneflow_url,
            token=known.oneflow_token,
            user_email=known.oneflow_email,
            sign_keys=known.sign_keys,
            timeout=self._timing.vendor_timeout,
            monotonic=self._clock.monotonic,
        )

    @part
    def _records(self) -> DataverseClient:
        from sync_core.adapters.dataverse.auth import Tokens
        from sync_core.adapters.dataverse.client import DataverseClient
        from sync_core.adapters.http import make_session

        known = self._settings
        tokens = Tokens(
            resource=known.dataverse_url,
            tenant_id=known.tenant_id,
            client_id=known.client_id,
            client_secret=known.client_secret,
            authority=known.authority,
            timeout=self._timing.vendor_timeout,
        )
        return DataverseClient(
            make_session(_POOL),
            url=known.dataverse_url,
            tokens=tokens,
            label_language=known.label_language,
            timeout=self._timing.vendor_timeout,
            monotonic=self._clock.monotonic,
        )

    # --- one sync -----------------------------------------------------------------------------------------------------

    @part
    def _opener(self) -> Opener:
        from sync_core.usecases.opening import Opener

        return Opener(
            self._links, self._mappings, self._records, self._contracts, self._clock, self._timing, self._pool
        )

    @part
    def _closer(self) -> Closer:
        from sync_core.usecases.closing import Closer

        return Closer(self._links, self._due, self._queue)

    @part
    def _leftovers(self) -> Leftovers:
        from sync_core.usecases.leftovers import Leftovers

        return Leftovers(self._closer, self._mappings)

    @part
    def _applier(self) -> Applier:
        from sync_core.usecases.applying import Applier
        from sync_core.usecases.write_dynamics import DynamicsWriter
        from sync_core.usecases.write_oneflow import OneflowWriter

        return Applier(OneflowWriter(self._contracts), DynamicsWriter(self._records))

    @part
    def sync(self) -> SyncContract:
        from sync_core.usecases.breaking import Breaker
        from sync_core.usecases.sync_contract import SyncContract

        breaker = Breaker(self._contracts, self._closer, self._leftovers)
        return SyncContract(
            self._opener, self._applier, self._closer, self._leftovers, breaker, self._links, self._clock, self._timing
        )

    # --- people's actions ---------------------------------------------------------------------------------------------

    @part
    def people(self) -> People:
        from sync_core.usecases.people import People

        return People(self._records)

    @part
    def _rights(self) -> Rights:
        from sync_core.usecases.rights import Rights

        return Rights(self._records)

    @part
    def cards(self) -> Cards:
        from sync_core.usecases.cards import Cards

        return Cards(self._links, self._records, self._rights, self._contracts.contract_url)

    @part
    def _linking(self) -> Linking:
        from sync_core.usecases.linking import Linking

        return Linking(self._links, self._due, self._clock)

    @part
    def link(self) -> LinkContract:
        from sync_core.usecases.linking import LinkContract

        return LinkContract(
            self._linking,
            self._links,
            self._due,
            self._contracts,
            self._opener,
            self._leftovers,
            self._rights,
            self.cards,
        )

    @part
    def create(self) -> CreateContract:
        from sync_core.adapters.storage.records_index import TableCreations
        from sync_core.usecases.create_contract import CreateContract

        return CreateContract(
            self._records,
            self._contracts,
            self._mappings,
            TableCreations(self._storage, self._account),
            self._linking,
            self._rights,
            self._queue,
            self._clock,
        )

    @part
    def push_record(self) -> PushRecord:
        from sync_core.usecases.push_record import PushRecord

        return PushRecord(self._links, self._rights, self.sync)

    @part
    def repair(self) -> Repair:
        from sync_core.usecases.repair import Repair

        return Repair(self._links, self._opener, self._rights, self.sync)

    # --- administration -----------------------------------------------------------------------------------------------

    @part
    def entities(self) -> Entities:
        from sync_core.usecases.entities import Entities

        return Entities(self._records, self._mappings, self._links, self._queue)

    @part
    def connection(self) -> Connection:
        from sync_core.usecases.connection import Connection

        environment = urlsplit(self._settings.dataverse_url).hostname or ""
        return Connection(self._records, self._contracts, self._marks, environment, self._callback_url())

    @part
    def pickers(self) -> Pickers:
        from sync_core.usecases.pickers import Pickers

        return Pickers(self._contracts)

    @part
    def dead_letters(self) -> DeadLetterBox:
        from sync_core.usecases.dead_letters import DeadLetterBox

        return DeadLetterBox(self._letters)

    @part
    def health(self) -> Health:
        from sync_core.usecases.connection import Health

        checks: Mapping[str, Callable[[], Any]] = {
            "storage": self._marks.all,
            "queue": self._queue.ping,
            "oneflow": self._contracts.ping,
            "dynamics": self._records.identity,
        }
        return Health(checks, self._clock, self._pool)

    # --- machines -----------------------------------------------------------------------------------------------------

    @part
    def ingest(self) -> Ingest:
        from sync_core.adapters.dataverse.events import read_event
        from sync_core.adapters.oneflow.notification import read_notification
        from sync_core.usecases.ingest import Ingest

        keys = self._settings.sign_keys
        return Ingest(self._queue, lambda body, _: read_notification(body, keys), read_event)

    @part
    def _last_event(self) -> LastEvent:
        from sync_core.usecases.connection import LastEvent

        return LastEvent(self._marks, self._clock)

    @part
    def jobs(self) -> JobRunner:
        from sync_core.usecases.jobs import JobRunner
        from sync_core.usecases.reconcile import DueLinks
        from sync_core.usecases.record_changed import RecordChanged
        from sync_core.usecases.search_events import SearchEvents
        from sync_core.usecases.turns import Turns

        others = {
            "record": RecordChanged(self._links, self._mappings, self._queue).run,
            "events": SearchEvents(self._links, self._contracts, self._queue).run,
            "due_links": DueLinks(self._links, self._due, self._clock).run,
            "creation": lambda job: self.create.recover(job),
        }
        return JobRunner(
            self.sync,
            self._opener,
            self._due,
            self._queue,
            self._letters,
            Turns(),
            others,
            lambda: self._last_event.heard(),
            random.random,
        )

    @part
    def reconcile(self) -> Reconcile:
        from sync_core.usecases.reconcile import Reconcile

        return Reconcile(self._links, self._due, self._queue, self._letters, self._marks, self._clock)

    @part
    def purge(self) -> PurgeHistory:
        from sync_core.usecases.reconcile import PurgeHistory

        return PurgeHistory(self._links, self._clock, self._settings.history_days)

    def _callback_url(self) -> str | None:
        """Where Oneflow calls; the function's own key travels in the address."""
        base = self._settings.public_url
        if base is None:
            return None
        key = self._settings.webhook_key
        return f"{base}/api/oneflow/webhook" + (f"?{urlencode({'code': key})}" if key else "")


_guard = threading.Lock()
_built: Services | None = None


def services() -> Services:
    """The process's services. ConfigurationError, each time anew, while settings are missing or wrong."""
    global _built
    with _guard:
        if _built is None:
            _built = Services(Settings.read(os.environ))
        return _built
