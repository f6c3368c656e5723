"""What a sandbox keeps of its last start: ports and keys."""

from __future__ import annotations

import json
import secrets
import socket
from datetime import UTC, datetime
from pathlib import Path

_PORTS = {"app": 7071, "oneflow": 7081, "dataverse": 7082, "identity": 7083}


class Known:
    """Ports and keys of the last start, so that addresses given out then are good still."""

    def __init__(self, path: Path, fixed: bool) -> None:
        try:
            content = json.loads(path.read_text())
        except (OSError, ValueError):
            content = {}
        names = ("oneflow_webhook", "dynamics_events")
        self.keys: dict[str, str] = content.get("keys") or {name: secrets.token_urlsafe(24) for name in names}
        self._ports = {name: _usable(port) for name, port in (content.get("ports") or _PORTS).items()} if fixed else {}
        if fixed:
            stamp = datetime.now(UTC).isoformat()
            path.write_text(json.dumps({"keys": self.keys, "ports": self._ports, "started": stamp}))

    def port(self, name: str) -> int:
        return self._ports.get(name, 0)


def _usable(port: int) -> int:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return free_port()
    return port


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
