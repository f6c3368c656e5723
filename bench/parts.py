"""What is measured, each part in a process of its own: storage emulator, both vendors, the app."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import requests

from sandbox import dataverse, oneflow
from sandbox.azurite import Azurite
from sandbox.host.process import HostProcess
from sandbox.identity import Certificate
from sandbox.identity.simulator import CLIENT_ID, CLIENT_SECRET, TENANT
from sync_core.place import SIGNS

ROOT = Path(__file__).resolve().parents[1]
SIGN_KEY = "bench-sign-key"
WEBHOOK_KEY = "bench-function-key"
NO_LIMIT = 900_000  # requests in Oneflow's window, unless a part measures with a limit
_TRIGGERS = ("sync_jobs", "sync_jobs_poison", "reconcile", "purge_history")


class Vendor:
    """A simulator's process; `act(name, ...)` is one of its bulk controls."""

    def __init__(self, stack: ExitStack, kind: str, *arguments: str) -> None:
        command = [sys.executable, "-m", "bench.vendors", kind, *arguments]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        stack.callback(_end, self.process)
        assert self.process.stdout
        self.ready: Mapping[str, str] = json.loads(self.process.stdout.readline())
        self.url = self.ready["url"]
        self._session = requests.Session()
        stack.callback(self._session.close)

    def act(self, what: str, **body: Any) -> Any:
        answer = self._session.post(f"{self.url}/_bench/{what}", json=body, timeout=120)
        answer.raise_for_status()
        return answer.json()


class Parts:
    """Use `Parts.start()`. `env` is what the app's processes get; it is set in this process, too."""

    def __init__(self, stack: ExitStack) -> None:
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        certificate = Certificate.make(self.folder / "certificates")
        self.azurite = Azurite.start()
        stack.callback(self.azurite.close)
        self.oneflow = Vendor(stack, "oneflow")
        self.dataverse = Vendor(stack, "dataverse", str(self.folder / "certificates"))
        self.env = {
            "AzureWebJobsStorage": self.azurite.connection_string,
            "ONEFLOW_API_URL": f"{self.oneflow.url}/v1",
            "ONEFLOW_API_TOKEN": oneflow.seed.TOKEN,
            "ONEFLOW_USER_EMAIL": oneflow.seed.SELLER,
            "ONEFLOW_RATE_LIMIT": f"{NO_LIMIT}/300",
            "ONEFLOW_SIGN_KEYS": SIGN_KEY,
            "PUBLIC_URL": "http://127.0.0.1:1",
            "DATAVERSE_URL": self.dataverse.url,
            "DATAVERSE_TENANT_ID": TENANT,
            "DATAVERSE_CLIENT_ID": CLIENT_ID,
            "DATAVERSE_CLIENT_SECRET": CLIENT_SECRET,
            "DATAVERSE_AUTHORITY": f"{self.dataverse.ready['identity']}/{TENANT}",
            "REQUESTS_CA_BUNDLE": str(certificate.authority),
            "SYNC_LOCAL_USER": f"{dataverse.seed.SELLER_OID},Sync.Admin",
            "PYTHON_THREADPOOL_THREAD_COUNT": "16",
            "SANDBOX_FUNCTION_KEYS": json.dumps({"oneflow_webhook": WEBHOOK_KEY, "floor": WEBHOOK_KEY}),
            "SYNC_RECONCILE_SCHEDULE": "0 0 0 1 1 *",
        }
        for name in SIGNS:  # a container here may bear a name too, and is not in Azure for that
            os.environ.pop(name, None)
        os.environ.update(self.env)
        self.oneflow.act("switch", rate_limit=NO_LIMIT)
        self._hosts = itertools.count(1)

    @classmethod
    @contextmanager
    def start(cls) -> Iterator[Parts]:
        with ExitStack() as stack:
            yield cls(stack)

    @contextmanager
    def host(self, app: str = "function_app", triggers: Sequence[str] = (), **env: str) -> Iterator[HostProcess]:
        """The app's process; of its queue and timer functions only `triggers` are on."""
        off = {f"AzureWebJobs.{name}.Disabled": "true" for name in _TRIGGERS if name not in triggers}
        log = self.folder / f"host-{next(self._hosts)}.log"
        started = HostProcess({**self.env, **off, **env}, log, app=app)
        try:
            yield started
        finally:
            started.close()

    def delay(self, seconds: float) -> None:
        """Both vendors answer this much later."""
        for vendor in (self.oneflow, self.dataverse):
            vendor.act("delay", seconds=seconds)

    def forget(self) -> None:
        for vendor in (self.oneflow, self.dataverse):
            vendor.act("forget")


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.wait(timeout=20)
