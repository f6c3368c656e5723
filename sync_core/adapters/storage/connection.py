"""How tables and queues are reached: by connection string, or by address and identity (the host's own settings)."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from sync_core.adapters.storage.errors import storage_errors
from sync_core.errors import ConfigurationError

if TYPE_CHECKING:
    from azure.data.tables import TableClient, TableServiceClient
    from azure.storage.queue import QueueClient, QueueServiceClient

_API_VERSION = "2025-11-05"  # of queues: understood by the service and by the emulator alike


@dataclass(frozen=True, slots=True)
class StorageAddress:
    """`connection_string`, or both URIs with a managed identity (`client_id` of a user-assigned one), or with another
    `credential` of azure-identity."""

    connection_string: str | None = None
    table_uri: str | None = None
    queue_uri: str | None = None
    client_id: str | None = None
    credential: Any = None


class Storage:
    """Clients of one storage account, made once and shared by all threads. `timeout` in seconds for each answer."""

    def __init__(self, address: StorageAddress, timeout: float = 30.0) -> None:
        self._address, self._timeout = address, timeout
        self._guard = threading.Lock()
        self._shared: dict[str, Any] = {}  # what all table clients have in common
        self._tables: dict[str, TableClient] = {}
        self._queues: dict[str, QueueClient] = {}

    def table(self, name: str) -> TableClient:
        """The table, made if it is not there."""
        from azure.core.exceptions import ResourceExistsError

        with self._guard:
            known = self._tables.get(name)
            if known is None:
                known = self._table_client(name)
                with storage_errors(), contextlib.suppress(ResourceExistsError):
                    known.create_table()
                self._tables[name] = known
            return known

    def queue(self, name: str) -> QueueClient:
        """The queue, made if it is not there. Messages are base64 text, as the Functions host reads them."""
        from azure.core.exceptions import ResourceExistsError

        with self._guard:
            known = self._queues.get(name)
            if known is None:
                known = self._queue_client(name)
                with storage_errors(), contextlib.suppress(ResourceExistsError):
                    known.create_queue()
                self._queues[name] = known
            return known

    def found(self) -> tuple[frozenset[str], frozenset[str]]:
        """The names of the tables and queues that are there; makes none."""
        with storage_errors():
            tables = frozenset(one.name for one in self._table_service().list_tables())
            queues = frozenset(one.name for one in self._queue_service().list_queues())
        return tables, queues

    def _table_service(self) -> TableServiceClient:
        from azure.data.tables import TableServiceClient

        if self._address.connection_string:
            return TableServiceClient.from_connection_string(self._address.connection_string, **self._table_options())
        return TableServiceClient(self._table_endpoint(), **self._table_options())

    def _table_client(self, name: str) -> TableClient:
        from sync_core.adapters.storage.table import Table

        if self._address.connection_string:
            return Table.from_connection_string(self._address.connection_string, name, **self._table_options())
        return Table(self._table_endpoint(), name, **self._table_options())

    def _table_options(self) -> dict[str, Any]:
        """One pool of connections and one token for all tables."""
        if not self._shared:
            # No retries of its own: a transaction sent twice would trip over its own success.
            self._shared = {
                "retry_total": 0,
                "connection_timeout": min(self._timeout, 10.0),
                "read_timeout": self._timeout,
                "transport": _transport(),
                **({} if self._address.connection_string else {"credential": self._identity()}),
            }
        return dict(self._shared)

    def _table_endpoint(self) -> str:
        return _given(self._address.table_uri, "AzureWebJobsStorage__tableServiceUri")

    def _queue_service(self) -> QueueServiceClient:
        from azure.storage.queue import QueueServiceClient

        if self._address.connection_string:
            return QueueServiceClient.from_connection_string(self._address.connection_string, **self._queue_options())
        endpoint = _given(self._address.queue_uri, "AzureWebJobsStorage__queueServiceUri")
        return QueueServiceClient(endpoint, credential=self._identity(), **self._queue_options())

    def _queue_options(self) -> dict[str, Any]:
        from azure.storage.queue import LinearRetry

        return {
            "api_version": _API_VERSION,
            # The library's own wait 15 s and longer between attempts; a webhook's sender waits for the answer.
            "retry_policy": LinearRetry(backoff=1, retry_total=2, random_jitter_range=1),
            "connection_timeout": min(self._timeout, 10.0),
            "read_timeout": self._timeout,
            "transport": _transport(),
        }

    def _queue_client(self, name: str) -> QueueClient:
        from azure.storage.queue import QueueClient, TextBase64DecodePolicy, TextBase64EncodePolicy

        options: dict[str, Any] = {
            "message_encode_policy": TextBase64EncodePolicy(),
            "message_decode_policy": TextBase64DecodePolicy(),
            **self._queue_options(),
        }
        if self._address.connection_string:
            return QueueClient.from_connection_string(self._address.connection_string, name, **options)
        endpoint = _given(self._address.queue_uri, "AzureWebJobsStorage__queueServiceUri")
        return QueueClient(endpoint, name, credential=self._identity(), **options)

    def _identity(self) -> Any:
        from azure.identity import ManagedIdentityCredential

        return self._address.credential or ManagedIdentityCredential(client_id=self._address.client_id)


class ServiceTime:
    """The storage service's time of the last answer that this hook saw."""

    def __init__(self) -> None:
        self.at: datetime | None = None

    def __call__(self, response: Any) -> None:
        text = response.http_response.headers.get("Date")
        if text:
            self.at = parsedate_to_datetime(text).astimezone(UTC)

    def sure(self) -> datetime:
        assert self.at is not None, "every answer of the service carries its Date"
        return self.at


def _given(value: str | None, name: str) -> str:
    if not value:
        raise ConfigurationError([f"{name} is missing: storage cannot be reached."])
    return value


def _transport() -> Any:
    """A session with a connection for each thread of the worker."""
    from azure.core.pipeline.transport import RequestsTransport

    from sync_core.adapters.session import make_session

    return RequestsTransport(session=make_session(64, reads_again=True), session_owner=True)
