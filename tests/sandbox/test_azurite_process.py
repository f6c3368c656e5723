"""A running Azurite: its three services, which ports it takes, and that it never outlives what started it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueServiceClient

from sandbox.azurite import Azurite
from sandbox.azurite.install import NotInstalled
from sandbox.azurite.process import Ports, free_ports

ROOT = Path(__file__).resolve().parents[2]
_START = """
import time
from sandbox.azurite import Azurite
print(Azurite.start().pid, flush=True)
time.sleep(600)
"""


def test_all_three_services_answer_at_its_own_addresses(azurite: Azurite) -> None:
    parts = dict(part.split("=", 1) for part in azurite.connection_string.strip(";").split(";"))
    for service in ("Blob", "Queue", "Table"):
        answer = requests.get(parts[f"{service}Endpoint"], timeout=10)
        assert answer.headers["Server"].startswith(f"Azurite-{service}/3.37.0")


def test_an_idle_connection_is_not_ended_under_a_request(azurite: Azurite) -> None:
    parts = dict(part.split("=", 1) for part in azurite.connection_string.strip(";").split(";"))
    for service in ("Queue", "Table"):
        assert requests.get(parts[f"{service}Endpoint"], timeout=10).headers["Keep-Alive"] == "timeout=3600"


def test_the_newest_protocol_version_of_the_sdk_is_taken(azurite: Azurite) -> None:
    """Newer SDKs send a version that Azurite does not know."""
    with QueueServiceClient.from_connection_string(azurite.connection_string) as queues:
        queue = queues.create_queue("newest-protocol")
        queue.send_message("kept")
        assert [message.content for message in queue.receive_messages()] == ["kept"]


def test_two_in_memory_share_nothing_and_leave_no_file(
    azurite: Azurite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    other = Azurite.start()
    with TableServiceClient.from_connection_string(other.connection_string) as tables:
        tables.create_table("onlyinone")
    with TableServiceClient.from_connection_string(azurite.connection_string) as tables:
        assert "onlyinone" not in {table.name for table in tables.list_tables()}
    other.close()
    other.close()  # twice is no error
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_somebody_took_meanwhile_is_chosen_anew() -> None:
    """The table's is the last that Azurite opens: the other two answer by then."""
    chosen: list[Ports] = []
    with socket.create_server(("127.0.0.1", 0)) as taken:

        def choose() -> Ports:
            blob, queue, table = free_ports()
            chosen.append((blob, queue, table if chosen else taken.getsockname()[1]))
            return chosen[-1]

        azurite = Azurite.start(choose=choose)
    azurite.close()
    assert len(chosen) == 2
    assert all(f":{port}/" in azurite.connection_string for port in chosen[1])


def test_ports_that_stay_taken_are_an_error_that_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        _, queue, table = free_ports()
        with pytest.raises(NotInstalled, match="ports"):
            Azurite.start(choose=lambda: (taken.getsockname()[1], queue, table))


def test_it_ends_when_the_process_that_started_it_is_killed() -> None:
    starter = subprocess.Popen([sys.executable, "-c", _START], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert starter.stdout
    pid = int(starter.stdout.readline())
    assert _runs(pid)
    starter.send_signal(signal.SIGKILL)
    starter.wait(timeout=10)
    starter.stdout.close()
    end = time.monotonic() + 20
    while _runs(pid):
        assert time.monotonic() < end, "it outlives what started it"
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A process that nobody has waited for yet is over all the same.
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
