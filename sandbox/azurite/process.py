"""One running Azurite."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path

from sandbox.azurite.install import NotInstalled, installed

# The emulator's well-known account: public, and good for nothing else.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_PATIENCE = 60.0


class Azurite:
    """Use `Azurite.start()`. `connection_string` is for tables, queues and blobs."""

    def __init__(self, process: subprocess.Popen[bytes], ports: tuple[int, int, int]) -> None:
        self._process = process
        blob, queue, table = ports
        self.connection_string = (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
            f"BlobEndpoint=http://127.0.0.1:{blob}/{ACCOUNT};"
            f"QueueEndpoint=http://127.0.0.1:{queue}/{ACCOUNT};"
            f"TableEndpoint=http://127.0.0.1:{table}/{ACCOUNT};"
        )

    @classmethod
    def start(cls, folder: Path | None = None) -> Azurite:
        """Keep data in `folder`, or in memory. Returns when all three services answer."""
        command = installed()
        ports = _free_ports()
        for name, port in zip(("blob", "queue", "table"), ports, strict=True):
            command += [f"--{name}Host", "127.0.0.1", f"--{name}Port", str(port)]
        command += ["--silent", "--disableTelemetry", "--skipApiVersionCheck"]
        if folder is None:
            command.append("--inMemoryPersistence")
        else:
            folder.mkdir(parents=True, exist_ok=True)
            command += ["--location", str(folder)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        azurite = cls(process, ports)
        azurite._await(ports)
        return azurite

    def close(self) -> None:
        """SIGTERM lets it write its files; SIGKILL would lose the last seconds."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(timeout=20)
        if self._process.stderr:
            self._process.stderr.close()

    def _await(self, ports: tuple[int, int, int]) -> None:
        end = time.monotonic() + _PATIENCE
        for port in ports:
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if self._process.poll() is not None:
                        assert self._process.stderr
                        text = self._process.stderr.read().decode(errors="replace")
                        raise NotInstalled(f"Azurite ended at once: {text.strip()[-500:]}") from None
                    if time.monotonic() > end:
                        self.close()
                        raise NotInstalled("Azurite did not answer in time.") from None
                    time.sleep(0.05)


def _free_ports() -> tuple[int, int, int]:
    """All three are held until all are known, so that no two are the same."""
    sockets = [socket.socket() for _ in range(3)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        first, second, third = (int(one.getsockname()[1]) for one in sockets)
    finally:
        for one in sockets:
            one.close()
    return first, second, third
