"""One running Azurite."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from sandbox.azurite.install import NotInstalled, installed
from sandbox.environment import ask_directly

# The emulator's well-known account: public, and good for nothing else.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_PATIENCE = 60.0
_ATTEMPTS = 3
_READY = "Azurite Table service is successfully listening"  # the last of the three
_WITH_PARENT = Path(__file__).with_name("with_parent.js")

Ports = tuple[int, int, int]


class _PortTaken(Exception):
    """Somebody took a port between our look and Azurite's."""


def free_ports() -> Ports:
    """For blob, queue and table. All three are held until all are known, so that no two are the same."""
    sockets = [socket.socket() for _ in range(3)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        first, second, third = (int(one.getsockname()[1]) for one in sockets)
    finally:
        for one in sockets:
            one.close()
    return first, second, third


class Azurite:
    """Use `Azurite.start()`. `connection_string` is for tables, queues and blobs.

    It ends with `close()`, at the latest with the process that started it.
    """

    def __init__(self, process: subprocess.Popen[bytes], ports: Ports, said: IO[bytes]) -> None:
        self._process = process
        self._said = said
        blob, queue, table = ports
        self.connection_string = (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
            f"BlobEndpoint=http://127.0.0.1:{blob}/{ACCOUNT};"
            f"QueueEndpoint=http://127.0.0.1:{queue}/{ACCOUNT};"
            f"TableEndpoint=http://127.0.0.1:{table}/{ACCOUNT};"
        )

    @classmethod
    def start(cls, folder: Path | None = None, choose: Callable[[], Ports] = free_ports) -> Azurite:
        """Keep data in `folder`, or in memory. Returns when all three services answer. NotInstalled."""
        ask_directly()
        for _ in range(_ATTEMPTS):
            try:
                return cls._started(folder, choose())
            except _PortTaken:
                continue
        raise NotInstalled(f"Azurite found its ports taken {_ATTEMPTS} times.")

    @classmethod
    def _started(cls, folder: Path | None, ports: Ports) -> Azurite:
        node, main = installed()
        command = [node, "--require", str(_WITH_PARENT), main]
        for name, port in zip(("blob", "queue", "table"), ports, strict=True):
            command += [f"--{name}Host", "127.0.0.1", f"--{name}Port", str(port)]
            # A connection that it ends after its own five seconds may be the one that a request is just sent on.
            command += [f"--{name}KeepAliveTimeout", "3600"]
        command += ["--silent", "--disableTelemetry", "--skipApiVersionCheck"]
        if folder is None:
            command.append("--inMemoryPersistence")
        else:
            folder.mkdir(parents=True, exist_ok=True)
            command += ["--location", str(folder)]
        env = {**os.environ, "SANDBOX_PARENT": str(os.getpid())}
        # A file: a pipe that nobody reads would stop it when full. `close()` closes it.
        said = tempfile.TemporaryFile()  # noqa: SIM115
        azurite = cls(subprocess.Popen(command, stdout=said, stderr=said, env=env), ports, said)
        azurite._await()
        return azurite

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        """SIGTERM lets it write its files; SIGKILL would lose the last seconds."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(timeout=20)
        self._said.close()

    def _await(self) -> None:
        """Its own word counts: at a port that it did not get, somebody else would answer."""
        end = time.monotonic() + _PATIENCE
        while _READY not in (text := self._text()):
            if self._process.poll() is not None:
                text = self._text().strip()
                self.close()
                if "EADDRINUSE" in text:
                    raise _PortTaken
                raise NotInstalled(f"Azurite ended at once: {text[-500:]}")
            if time.monotonic() > end:
                self.close()
                raise NotInstalled(f"Azurite did not start in time: {text.strip()[-500:]}")
            time.sleep(0.05)

    def _text(self) -> str:
        # Read by position, since both processes share the file's: moving it would make Azurite write elsewhere.
        return os.pread(self._said.fileno(), 65536, 0).decode(errors="replace")
