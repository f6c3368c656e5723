"""The whole simulator in one JSON file, so that a restart goes on where it was."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from sandbox.oneflow.account.model import State
from sandbox.oneflow.codec import build, plain
from sandbox.oneflow.simulator import OneflowSimulator
from sandbox.oneflow.webhooks.delivery import Notification

SAVE_EVERY = 0.1  # seconds between looks for something to save


class Store:
    """Writes the file atomically. What has not changed since the last save is not encoded again."""

    def __init__(self, simulator: OneflowSimulator, path: Path) -> None:
        self._simulator = simulator
        self._path = path
        self._encoded: dict[tuple[str, int], tuple[Any, str]] = {}
        self._saved = -1

    def load(self) -> bool:
        """Whether there was a file to go on with."""
        if not self._path.exists():
            return False
        data = json.loads(self._path.read_text(encoding="utf-8"))
        sim = self._simulator
        with sim.lock:
            sim.switches.update(data["switches"])
            sim.world.load(build(State, data["state"]))
            sim.delivery.restore(build(list[Notification], data["pending"]))
            self._saved = sim.world.mutations
        return True

    def save(self) -> bool:
        """Whether anything had to be saved."""
        sim = self._simulator
        with sim.lock:
            mutations = sim.world.mutations
            if mutations == self._saved:
                return False
            # The members are immutable: copies of the containers are a snapshot.
            state = replace(sim.world.state, **_copies(sim.world.state))
            pending = sim.delivery.snapshot()
            switches = sim.switches.as_dict()
        text = self._encode(state, pending, switches)
        temporary = self._path.with_name(self._path.name + ".new")
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, self._path)
        self._saved = mutations
        return True

    def _encode(self, state: State, pending: list[Notification], switches: dict[str, Any]) -> str:
        members = []
        for member in fields(state):
            value = getattr(state, member.name)
            if member.name in ("contracts", "events"):
                rows = ",".join(f'"{key}":{self._row(member.name, key, one)}' for key, one in value.items())
                members.append(f'"{member.name}":{{{rows}}}')
            else:
                members.append(f'"{member.name}":{_text(value)}')
        for kind, key in [k for k in self._encoded if k[1] not in getattr(state, k[0])]:
            del self._encoded[kind, key]
        return f'{{"state":{{{",".join(members)}}},"pending":{_text(pending)},"switches":{_text(switches)}}}'

    def _row(self, kind: str, key: int, value: Any) -> str:
        known = self._encoded.get((kind, key))
        if known is None or known[0] is not value:
            known = self._encoded[kind, key] = (value, _text(value))
        return known[1]


def _text(value: Any) -> str:
    return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))


def _copies(state: State) -> dict[str, Any]:
    values = {member.name: getattr(state, member.name) for member in fields(state)}
    return {name: value.copy() for name, value in values.items() if isinstance(value, (dict, list))}


class Saver:
    """Saves from a thread whenever something changed; `close` saves once more."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="oneflow-saver", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        self._store.save()

    def _run(self) -> None:
        while not self._closing.wait(SAVE_EVERY):
            self._store.save()
