"""The storage emulator: installed once, data kept over a restart."""

from __future__ import annotations

from pathlib import Path

from azure.data.tables import TableServiceClient

from sandbox.azurite import Azurite, installed


def test_a_second_install_finds_the_first() -> None:
    assert installed() == installed()


def test_a_data_folder_survives_a_restart(tmp_path: Path) -> None:
    first = Azurite.start(tmp_path)
    service = TableServiceClient.from_connection_string(first.connection_string)
    service.create_table("kept").create_entity({"PartitionKey": "a", "RowKey": "b", "value": "c"})
    first.close()
    second = Azurite.start(tmp_path)
    table = TableServiceClient.from_connection_string(second.connection_string).get_table_client("kept")
    assert table.get_entity("a", "b")["value"] == "c"
    second.close()
