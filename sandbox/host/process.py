"""The app as a process that a test may kill at any moment."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from sandbox.host.local import ROOT
from sandbox.host.queues import LEASE
from sync_core.place import SIGNS

_PATIENCE = 30.0


class HostProcess:
    """Starts at once; `url` when it listens. `kill()` is SIGKILL, by its pid."""

    def __init__(
        self,
        env: Mapping[str, str],
        log: Path,
        port: int = 0,
        invoker: str = "direct",
        app: str = "function_app",
        lease: int = LEASE,
    ) -> None:
        self._log = log
        self._ending = threading.Lock()
        self._file = log.open("wb")
        command = [sys.executable, "-m", "sandbox.host", "--app", app, "--invoker", invoker, "--port", str(port)]
        command += ["--lease", str(lease)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env={**_elsewhere(), **env}, stdout=self._file, stderr=subprocess.STDOUT
        )
        self.url = self._await()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.returncode

    def kill(self) -> None:
        with self._ending:  # a killer's thread and the test may come at once
            self._process.kill()
            self._process.wait(timeout=10)
            self._file.close()

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(timeout=10)
        self._file.close()

    def _await(self) -> str:
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            text = self._log.read_text(errors="replace")
            for line in text.splitlines(keepends=True):
                if line.startswith("host.ready url=") and line.endswith("\n"):  # whole, not still being written
                    return line.removeprefix("host.ready url=").strip()
            if self._process.poll() is not None:
                raise RuntimeError(f"the host ended at once: {text[-1000:]}")
            time.sleep(0.02)
        self.kill()
        raise RuntimeError("the host did not become ready")


def _elsewhere() -> dict[str, str]:
    """This process's environment without what marks an instance in Azure: a container here may bear a name too."""
    return {name: value for name, value in os.environ.items() if name not in SIGNS}
