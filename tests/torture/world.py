"""A world: both vendors' models, one storage account, two app processes, people and faults; all from a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from sandbox.dataverse import seed as dataverse_seed
from sandbox.dataverse.callers import give_roles
from sandbox.dataverse.events import Events
from sandbox.dataverse.people import People as DataversePeople
from sandbox.dataverse.rows.views import MASK
from sandbox.dataverse.switches import Switches as DataverseSwitches
from sandbox.dataverse.world import World as Dataverse
from sandbox.oneflow.account.model import Webhook
from sandbox.oneflow.account.people import People as OneflowPeople
from sandbox.oneflow.account.seed import seeded_state
from sandbox.oneflow.account.world import World as Account
from sandbox.oneflow.switches import Switches
from sandbox.oneflow.webhooks.delivery import Delivery
from sandbox.role import give_role
from sync_core.engine.model.news import Notify
from sync_core.engine.showing.contract_row import ContractRow
from sync_core.errors import SyncError
from tests.torture.catalogue import ALWAYS, FEWEST
from tests.torture.crowd import Crowd
from tests.torture.faults import Faults
from tests.torture.mapping import mapping_of
from tests.torture.memory import Store
from tests.torture.play import Player
from tests.torture.post import Post
from tests.torture.process import SIGN_KEY, Process
from tests.torture.schedule import START, Scheduler
from tests.torture.script import Step
from tests.torture.truth import Truth

MOST_SKEW = 540  # seconds
_TIMER = 30.0
# How long it is waited, and swept, after the faults have stopped: seconds.
_CALM = (40.0, 100.0, 700.0, 4_000.0, 30_000.0, 90_000.0)
_CALM_AGAIN = (40.0, 700.0, 90_000.0)  # after a replay: a contract's log may be asked for through a whole day
_SWEEPS = 2  # of each of these
_SWEPT = 90.0  # seconds: a look that does not believe what it read looks again after 15 and 60


class NullLock:
    """One thread, one task at a time: there is nothing to lock."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


class World:
    """`play` runs a script; the closing claims are claims.py's."""

    def __init__(self, seed: int, plain: bool = False) -> None:
        """`plain`: without what worlds were given since the first scripts were found in them."""
        self.seed = seed
        self.chance = random.Random(f"world {seed}")
        self.jitter = random.Random(seed)  # the app's own
        self.scheduler = Scheduler(START)
        self.faults = Faults(self.chance)
        self.store = Store(self.scheduler.now)
        self.store.queue.arrived = self.store.poison.arrived = self._arrived
        self.truth = Truth(self)
        self.crashers: set[int] = set()
        self.swapped: set[int] = set()
        # A secured column reads as null or as a mask, and may be written all the same or not.
        self.secured_reads_as = self.chance.choice((None, MASK))
        self.secured_refuses = self.chance.random() < 0.5
        # Whether Oneflow takes one data field in a request: its form for many is not documented beyond doubt.
        form = random.Random(f"form {seed}")
        self.one_by_one = form.random() < 0.25
        self.many_form = form.choice((0, 0, 1))  # which of the documented forms it takes
        self.form_refused_with = form.choice((405, 404, 400))
        self.refusals_name_fields = form.random() < 0.5
        self.time_forms = form.random() < 0.5  # whether times are written in changing forms
        self.time_form = form
        self.trims = form.random() < 0.25
        self.strangers: set[int] = set()  # contracts of other people, of the same name as one of ours
        self.foreign: set[str] = set()  # messages of another installation, by what tells them apart
        # How many fields' news one transaction of storage takes: mostly all that there are.
        self.store.room = random.Random(f"room {seed}").choice((None, None, None, 1, 2))
        # Whether contracts have rows in Dynamics, and what becomes of them: by a chance of its own.
        self.rows: dict[int, ContractRow] = {}
        self.rows_chance = random.Random(f"rows {seed}")
        self.shows_rows = self.rows_chance.random() < 0.5
        # The signed documents on those rows, by their contracts.
        self.documents: dict[int, bytes] = {}
        self.documents_chance = random.Random(f"documents {seed}")
        self.keeps_documents = self.shows_rows and self.documents_chance.random() < 0.5
        # What owners of records are told, by the news' ids.
        self.told: dict[str, tuple[str, str]] = {}
        self.news_chance = random.Random(f"news {seed}")
        self.notifies = self.news_chance.choice((Notify.OFF, Notify.DECISIONS, Notify.EVERYTHING))
        if plain:
            self.shows_rows, self.notifies, self.keeps_documents = False, Notify.OFF, False
            self.time_forms = self.trims = False
            self.many_form, self.store.room = 0, None
        self._oneflow()
        self._dataverse()
        self.crowd = Crowd(self)
        self.mapping = replace(mapping_of(self.chance), notify=self.notifies)
        self.store.mappings["opportunity"] = self.mapping
        self.truth.mapped(self.mapping)
        give_role(self.dataverse, self.mapping)
        self.timer_every = _TIMER
        self.processes: list[Process] = [self._start(name) for name in ("first", "second")]
        self.scheduler.spawn(self._timer, name="timer", delay=self.chance.random() * _TIMER)

    def _oneflow(self) -> None:
        chance = self.chance
        switches = Switches(
            data_field_update_fires_for_drafts=chance.random() < 0.5,
            one_event_per_field=chance.random() < 0.5,
            events_identify_field=chance.random() < 0.5,
            events_carry_changes=chance.random() < 0.9,
            omit_updated_time=chance.random() < 0.1,
            signing_periods_expire=False,
            trims_values=self.trims,
        )
        self.account = Account(seeded_state(), self.scheduler.now, switches)
        self.account.state.webhooks[1] = Webhook(1, "https://sync.example/api/oneflow/webhook", SIGN_KEY)
        self.oneflow_people = OneflowPeople(self.account, NullLock())  # type: ignore[arg-type]
        self.delivery = Delivery(self.account)
        self.post = Post(self)
        self.delivery.send = self.post.send
        self.account.on_events = self.post.announced

    def _dataverse(self) -> None:
        self.dataverse = Dataverse(self.scheduler.now)
        self.dataverse.fill(dataverse_seed.rows())
        give_roles(self.dataverse)
        self.dataverse_people = DataversePeople(self.dataverse)
        self.dataverse_events = Events(self.dataverse, DataverseSwitches())
        self.dataverse.on_change = self.post.changed
        first = next(iter(self.dataverse.rows["opportunity"].values())).values
        for place in (1, 2):
            record_id = f"0bb00000-0000-4000-8000-{place:012d}"
            self.dataverse.add("opportunity", {**first, "name": f"d{-place}"}, dataverse_seed.APPLICATION, record_id)
        self.records = [row.id for row in self.dataverse.rows["opportunity"].values()][:2]

    # --- processes ----------------------------------------------------------------------------------------------------

    def _start(self, name: str) -> Process:
        off = self.chance.randint(-MOST_SKEW, MOST_SKEW) if self.chance.random() < 0.5 else 0
        process = Process(self, name, timedelta(seconds=off))
        self.scheduler.spawn(process.worker.run, process, f"worker of {name}", delay=self.chance.random())
        return process

    def restart(self, dead: Process) -> None:
        place = self.processes.index(dead)

        def start() -> None:
            self.processes[place] = self._start(dead.name)

        self.scheduler.spawn(start, name="restart", delay=self.chance.uniform(1, 40))

    def any_process(self) -> Process | None:
        up = [process for process in self.processes if process.alive]
        return self.chance.choice(up) if up else None

    def _arrived(self, moment: Any) -> None:
        at = self.scheduler.seconds(moment)
        for process in getattr(self, "processes", ()):
            if process.alive and process.worker.task is not None:
                self.scheduler.wake(process.worker.task, max(self.scheduler.time, at))

    def _timer(self) -> None:
        while True:
            process = self.any_process()
            if process is not None:
                self.scheduler.spawn(partial(_swept, process), process, "reconcile")
            self.scheduler.sleep(self.timer_every)

    # --- running ------------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Three links, two of them of one record, made by the product itself; nothing goes wrong yet."""
        for record_id in (self.records[0], self.records[0], self.records[1]):
            self.crowd.create(record_id)
            self.scheduler.run(self.scheduler.time + 5)
        for contract_id in list(self.account.state.contracts)[: self.chance.choice((2, 3))]:
            self.oneflow_people.publish(contract_id)
        self.scheduler.run(self.scheduler.time + 5)

    def play(self, script: Sequence[Step], stirred: bool = False) -> None:
        """`stirred`: enough must go wrong."""
        player = Player(self)
        self.begin()
        director = self.scheduler.spawn(lambda: player.play(script), name="director")
        while not director.greenlet.dead:
            self.scheduler.run(self.scheduler.time + 10)
        if stirred:
            self._stir()
        self.heal(player)
        self.calm()

    def _stir(self) -> None:
        for kind, step in ALWAYS:
            if len(self.faults.met) >= FEWEST:
                return
            self.faults.arm(kind, step, 0)
            self.scheduler.run(self.scheduler.time + 2.5 * self.timer_every)

    def heal(self, player: Player) -> None:
        """Nothing goes wrong from here on; administrators mend what they would mend."""
        self.faults.heal()
        player.mend()
        self.post.heal()

    def calm(self) -> None:
        """Time passes, and the sweeps go on, until nothing is left to do."""
        for seconds in _CALM:
            self._pass(seconds)
        if self.store.letters:
            self.replay_dead_letters()
            self._calm_again()

    def _calm_again(self) -> None:
        for seconds in _CALM_AGAIN:
            self._pass(seconds)

    def _pass(self, seconds: float) -> None:
        self.timer_every = max(_TIMER, seconds / _SWEEPS)
        self.scheduler.run(self.scheduler.time + seconds)

    def replay_dead_letters(self) -> None:
        process = self.processes[0]
        letters, _ = process.dead_letters.list(None)
        for letter in letters:
            try:
                process.dead_letters.replay(letter["id"])
            except SyncError:
                process.dead_letters.discard(letter["id"])  # never readable

    def sweep(self) -> None:
        """Everything is due, and looked at; what follows from waking a link that rested for good takes its time."""
        now, made = self.scheduler.now(), self.truth.attempts
        process = self.processes[0]
        for contract_id, partition in list(self.store.partitions.items()):
            if partition.link is not None:
                self.store.due[f"sweep-{contract_id}"] = _due(contract_id, now)
        _swept(process)
        self.scheduler.run(self.scheduler.time + _SWEPT)
        if self.truth.attempts != made:
            self._calm_again()


def _swept(process: Process) -> None:
    try:
        process.reconcile.run()
    except SyncError:
        return


def _due(contract_id: int, now: Any) -> Any:
    from sync_core.engine.model.link import DueRow

    return DueRow(f"sweep-{contract_id}", contract_id, now)
