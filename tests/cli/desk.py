"""An operator's desk: runs commands, and puts the world back in order."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

from cli.app import app
from cli.connect.oneflow import TAKEN
from cli.connect.registration import ConnectRequest, Registration
from cli.failures import failures_told
from sandbox.administrator import Administrator
from sandbox.dataverse import seed
from sandbox.dataverse.callers import give_roles
from sandbox.story import MAPPING
from sandbox.world import World
from sync_core.bootstrap.operator import QUEUES, TABLES, Operator
from sync_core.engine.model.probed import AT, PREFIX
from sync_core.handlers.mapping import entity_mapping
from sync_core.place import SIGNS
from sync_core.usecases.administration.connection import SIGNED_WITH

APP = "msdynce_saleshub"
# What a world's vendors hold once they are connected: Dataverse's rows, Oneflow's webhooks, the mark of their key.
_CONNECTED: WeakKeyDictionary[World, tuple[Any, dict[int, Any], str]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Desk:
    """`env` are the settings that the next command finds."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.as_app = False
        self.env = self._usual()
        self._tables = deepcopy(world.dataverse.world.tables)

    # --- commands -----------------------------------------------------------------------------------------------------

    def run(self, *arguments: str, answer: str = "") -> Done:
        """The command in this process, as `python -m cli` would end. The administrator runs it, signed in through the
        Azure CLI, or the application where `as_app` says so."""
        signed_in = () if self.as_app else ("--sign-in", "az")
        out, err = io.StringIO(), io.StringIO()
        code: int | str | None = 0
        with self.settings(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _typed(answer):
            try:
                with failures_told():
                    app([*signed_in, *arguments], prog_name="python -m cli")
            except SystemExit as end:
                code = end.code
        return Done(code if isinstance(code, int) else 1, out.getvalue(), err.getvalue())

    @contextlib.contextmanager
    def settings(self) -> Iterator[None]:
        with clean_environment():
            for name in (self.world.env.keys() | SIGNS) & os.environ.keys() - self.env.keys():
                del os.environ[name]
            os.environ.update({**self.env, "COLUMNS": "160"})
            yield

    def _usual(self) -> dict[str, str]:
        key = self.world.function_keys["dynamics_events"]
        path = f"{self.world.programs}{os.pathsep}{os.environ['PATH']}"
        return {**self.world.env, "DYNAMICS_EVENTS_KEY": key, "PATH": path}

    # --- the world ----------------------------------------------------------------------------------------------------

    @property
    def operator(self) -> Operator:
        return Operator.of(self.env)

    @property
    def administrator(self) -> Operator:
        """The same, as the administrator who installs."""
        return Operator.of(self.env, Administrator(self.world.identity))

    def set_up(self) -> None:
        """Storage, mapping, registrations, an app with notifications; the timer has just run."""
        with self.settings():
            operator = self.operator
            for name in TABLES:
                operator.store.table(name)
            for name in QUEUES:
                operator.store.queue(name).clear_messages()
            self.map(MAPPING)
            operator.marks.set("last_reconcile", datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
            self.connect()
            self.world.dataverse.people.switch_notifications_on(APP)

    def connect(self) -> None:
        """As `connect` leaves both vendors; what it did for the first desk of a world is kept for the others."""
        rows, hooks = self.world.dataverse.world.rows, self.world.oneflow.world.state.webhooks
        known = _CONNECTED.get(self.world)
        if known:
            self.world.dataverse.world.rows = deepcopy(known[0])
            hooks.update(known[1])
            self.operator.marks.set(SIGNED_WITH, known[2])
            return
        operator = Operator.of(self.env, Administrator(self.world.identity))
        registration = Registration(operator, self.env, ConnectRequest())
        registration.look()
        list(registration.apply())
        _CONNECTED[self.world] = (deepcopy(rows), dict(hooks), self.operator.marks.all()[SIGNED_WITH])

    def map(self, rows: Sequence[tuple[Any, ...]], entity: str = "opportunity", **settings: Any) -> None:
        """Each row a column, a field, a direction and, where it says True, that labels are resolved."""
        names = ("dynamics_column", "oneflow_field", "direction", "resolve_labels")
        fields = [dict(zip(names, row, strict=False)) for row in rows]
        with self.settings():
            self.operator.mappings.put(entity_mapping(entity, {"fields": fields, **settings}), "*")

    def bare(self) -> None:
        """Nothing is registered. New contracts get new ids: storage still knows the old ones."""
        contracts = self.world.oneflow.world.state.counters["contract"]
        self.world.oneflow.reset()
        self.world.oneflow.world.state.counters["contract"] = contracts
        dataverse = self.world.dataverse.world
        dataverse.rows = {}
        dataverse.fill(seed.rows())
        give_roles(dataverse)

    def restore(self) -> None:
        """The vendors as they start, and no mapping but the usual one."""
        self.env, self.as_app = self._usual(), False
        self.world.dataverse.faults.clear()
        self.world.dataverse.world.tables = self._tables
        self.bare()
        for entity in ("quote", "nosuchtable"):
            self.map([], entity)
        with self.settings():
            marks = self.operator.marks
            for name in marks.all():
                if name.startswith(PREFIX) or name in (AT, TAKEN):
                    marks.set(name, "")
            for letter in self.operator.dead_letters.list(None)[0]:
                self.operator.dead_letters.discard(letter["id"])


@contextlib.contextmanager
def clean_environment() -> Iterator[None]:
    """Whatever is set inside is as before afterwards."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _typed(text: str) -> Iterator[None]:
    """What a person types when they are asked."""
    before = sys.stdin
    sys.stdin = io.StringIO(text)
    try:
        yield
    finally:
        sys.stdin = before
