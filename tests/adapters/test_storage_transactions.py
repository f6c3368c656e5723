"""Transactions as the table writes and reads them, over the real emulator and over answers that are no good."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from azure.core import MatchConditions

from sandbox.azurite import Azurite
from sandbox.azurite.process import ACCOUNT, KEY
from sandbox.wire import Request, Response, Server
from sync_core.adapters.storage.connection import Storage, StorageAddress
from sync_core.adapters.storage.errors import storage_errors
from sync_core.adapters.storage.table import Table, TransactionRefused
from sync_core.errors import Refused, Temporary, VersionMoved

OLD = {"etag": 'W/"old"', "match_condition": MatchConditions.IfNotModified}
_started: list[str] = []
_listening = False


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if _listening and event.startswith("_thread.start"):
        _started.append(event)


@pytest.fixture
def table(azurite: Azurite) -> Table:
    found = Storage(StorageAddress(azurite.connection_string), timeout=10).table("transactions")
    assert isinstance(found, Table)
    return found


@pytest.fixture
def partition() -> str:
    return uuid.uuid4().hex


def row(partition: str, key: str, **properties: Any) -> dict[str, Any]:
    return {"PartitionKey": partition, "RowKey": key, **properties}


def test_bytes_and_any_text_come_back_and_each_row_has_its_etag(table: Table, partition: str) -> None:
    text = "Ångström\r\n--changesetresponse_x\r\nHTTP/1.1 412 no\r\n漢字 😀"
    first = row(partition, "a.b_c-1", text=text, blob=bytes(range(256)))
    etags = table.submit_transaction([("create", first), ("upsert", row(partition, "2"), {"mode": "replace"})])
    shown = table.get_entity(partition, first["RowKey"])
    assert (shown["text"], shown["blob"]) == (text, first["blob"])
    assert [one["etag"] for one in etags] == [shown.metadata["etag"], table.get_entity(partition, "2").metadata["etag"]]


def test_a_transaction_starts_no_thread(table: Table, partition: str) -> None:
    """The package's own would start up to a dozen: then it does not call the table's any more."""
    global _listening
    sys.addaudithook(_hear)
    table.submit_transaction([("upsert", row(partition, "warm"))])
    _started.clear()
    _listening = True
    try:
        table.submit_transaction([("upsert", row(partition, str(number))) for number in range(5)])
    finally:
        _listening = False
    assert _started == []


@pytest.mark.parametrize(
    ("operation", "status", "code"),
    [
        (("update", {"RowKey": "1"}, OLD), 412, "UpdateConditionNotSatisfied"),
        (("create", {"RowKey": "1"}), 409, "EntityAlreadyExists"),
        (("delete", {"RowKey": "none"}), 404, "ResourceNotFound"),
    ],
)
def test_one_refused_operation_undoes_all(table: Table, partition: str, operation: Any, status: int, code: str) -> None:
    table.submit_transaction([("create", row(partition, "1"))])
    kind, entity, *options = operation
    with pytest.raises(TransactionRefused) as refused:
        table.submit_transaction(
            [("upsert", row(partition, "other")), (kind, {"PartitionKey": partition, **entity}, *options)]
        )
    assert refused.value.status_code == status
    assert refused.value.error_code == code
    assert [one["RowKey"] for one in table.query_entities(f"PartitionKey eq '{partition}'")] == ["1"]


@contextmanager
def answering(status: int, body: str) -> Iterator[Table]:
    """A table of a service that answers every transaction so."""

    def answer(request: Request) -> Response:
        if not request.path.endswith("$batch"):
            return Response(204, b"", {})
        return Response(status, body.encode(), {"Content-Type": "multipart/mixed; boundary=batchresponse_1"})

    server = Server(answer)
    address = f"TableEndpoint={server.url}/{ACCOUNT};AccountName={ACCOUNT};AccountKey={KEY}"
    try:
        table = Storage(StorageAddress(f"DefaultEndpointsProtocol=http;{address}"), timeout=5).table("transactions")
        assert isinstance(table, Table)
        yield table
    finally:
        server.close()


def part(status: int, body: str = "", of: str = "changeset") -> str:
    head = f"--{of}response_1\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 {status} X\r\n"
    return f'{head}ETag: W/"1"\r\n\r\n{body}\r\n'


TWO = [("create", row("p", "1")), ("create", row("p", "2"))]
END, END_OF_BATCH = "--changesetresponse_1--\r\n--batchresponse_1--\r\n", "--batchresponse_1--\r\n"
MOVED = '{"odata.error":{"code":"UpdateConditionNotSatisfied"}}'


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        pytest.param(202, "", Temporary, id="nothing"),
        pytest.param(202, part(204) + END, Temporary, id="one of two"),
        pytest.param(202, part(204) + part(204), Temporary, id="cut off"),
        pytest.param(202, part(412, MOVED) + END, VersionMoved, id="one part for the whole changeset"),
        pytest.param(202, part(412, MOVED, "batch") + END_OF_BATCH, VersionMoved, id="one part in its place"),
        pytest.param(503, "", Temporary, id="busy"),
        pytest.param(413, "", Refused, id="too large"),
    ],
)
def test_an_answer_that_is_no_success_is_an_error(status: int, body: str, error: type[Exception]) -> None:
    with answering(status, body) as table, pytest.raises(error) as raised, storage_errors(writing=True):
        table.submit_transaction(TWO)
    if isinstance(raised.value, Temporary):
        assert raised.value.unclear, "it may have been done"


def test_rows_that_the_service_sends_back_are_no_statuses() -> None:
    """Azure echoes what was created, unless told not to."""
    echo = '{"text":"HTTP/1.1 500 Internal","ETag":"x"}'
    with answering(202, part(201, echo) + part(201, echo) + END) as table:
        assert table.submit_transaction(TWO) == [{"etag": 'W/"1"'}] * 2
