"""The storage emulator's data, over a restart."""

from __future__ import annotations

from pathlib import Path

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueClient

from sandbox.azurite import Azurite


def test_a_data_folder_survives_close_and_start(tmp_path: Path) -> None:
    first = Azurite.start(tmp_path / "data")
    with TableServiceClient.from_connection_string(first.connection_string) as service:
        service.create_table("kept").create_entity({"PartitionKey": "a", "RowKey": "b", "value": "c"})
    with QueueClient.from_connection_string(first.connection_string, "kept", api_version="2025-11-05") as queue:
        queue.create_queue()
        queue.send_message("hello")
    first.close()
    first.close()  # twice is no error
    second = Azurite.start(tmp_path / "data")
    try:
        with TableServiceClient.from_connection_string(second.connection_string) as service:
            assert service.get_table_client("kept").get_entity("a", "b")["value"] == "c"
        with QueueClient.from_connection_string(second.connection_string, "kept", api_version="2025-11-05") as queue:
            assert [message.content for message in queue.peek_messages()] == ["hello"]
    finally:
        second.close()


def test_each_emulator_has_its_own_data(azurite: Azurite, tmp_path: Path) -> None:
    other = Azurite.start(tmp_path / "data")
    try:
        assert other.connection_string != azurite.connection_string
        with TableServiceClient.from_connection_string(other.connection_string) as service:
            service.create_table("onlyhere").create_entity({"PartitionKey": "a", "RowKey": "b"})
    finally:
        other.close()
    with TableServiceClient.from_connection_string(azurite.connection_string) as service:
        table = service.get_table_client("onlyhere")
        with pytest.raises(ResourceNotFoundError):
            table.get_entity("a", "b")
