"""5 and 7. A backlog of webhooks, drained by one, two and four processes, over a floor that makes the same calls."""

from __future__ import annotations

import base64
import json
import random
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import requests
from azure.storage.queue import QueueClient

from bench import ceilings
from bench.app import App, Pair
from bench.ceilings import Ceilings
from bench.load import Load
from bench.measure import Figure
from bench.parts import WEBHOOK_KEY, Parts
from bench.recording import Replay, Sent, bare_session, recorded
from bench.webhooks import notification

GROUP = "Backlog and scale-out"
LATENCY = 0.3  # seconds that each vendor takes
JOBS = 4  # at a time in each process, as host.json says
_PATIENCE = 240.0
_WARM = 2.0  # seconds until a process has made its first syncs


@dataclass(frozen=True)
class Drained:
    """`rate` in syncs a second, without the first and the last twentieth of them."""

    rate: float
    writes: int
    most_writes: int  # to one record
    lost: int  # edits that did not reach Dynamics
    ours: float = 0.0  # share of the processors that all parts of it had
    others: float = 0.0  # and what else ran on the machine


class Backlog:
    """Each round has contracts of its own: every one was edited once, and told of twice, in any order."""

    def __init__(self, parts: Parts, app: App) -> None:
        self._parts, self._app = parts, app
        self.queue = QueueClient.from_connection_string(
            parts.env["AzureWebJobsStorage"], "sync-jobs", api_version="2025-11-05"
        )
        app.services._queue.ping()  # the queue is made
        self._round = 0

    def fill(self, contracts: int) -> tuple[list[Pair], str]:
        """The pairs, and the text that each record has to show in the end."""
        self._round += 1
        text = f"Backlog {self._round}"
        self._parts.delay(0)
        self.queue.clear_messages()
        pairs = self._app.pairs(contracts)
        self._parts.oneflow.act("edit", contracts=[one.contract_id for one in pairs], fields={"customer_name": text})
        told = [one.contract_id for one in pairs] * 2
        random.Random(self._round).shuffle(told)
        with self._parts.host() as ingest, ThreadPoolExecutor(8) as senders:
            url, session = f"{ingest.url}/api/oneflow/webhook?code={WEBHOOK_KEY}", bare_session()
            for _ in senders.map(lambda one: _post(session, url, one), told):
                pass
        time.sleep(3)  # all hints are older than the margin of times with whole seconds
        self._parts.forget()
        return pairs, text

    def drain(self, pairs: Sequence[Pair], text: str, processes: int) -> Drained:
        """All processes start at once; the rate is counted from when the last was ready."""
        with ExitStack() as stack, ThreadPoolExecutor(processes) as starters:
            self._parts.delay(LATENCY)
            made = [self._parts.host(triggers=["sync_jobs"]) for _ in range(processes)]
            hosts = list(starters.map(lambda host: host.__enter__(), made))
            for host in made:
                stack.push(host)
            ready = time.time() + _WARM
            parts = self._parts
            fixed = (parts.azurite.pid, parts.oneflow.process.pid, parts.dataverse.process.pid)
            load = Load([*fixed, *(host.pid for host in hosts)])
            self.await_empty()
            ours, others = load.shares()
            logs = [Path(host._log).read_text(errors="replace") for host in hosts]
        spent = [line for log in logs for line in log.splitlines() if "job.retried" in line or "job.dead" in line]
        if spent:
            raise RuntimeError(f"{len(spent)} attempts were spent: {spent[0]}")
        return replace(self.result(pairs, text, ready), ours=ours, others=others)

    def result(self, pairs: Sequence[Pair], text: str, since: float = 0.0) -> Drained:
        self._parts.delay(0)
        records = [one.record_id for one in pairs]
        shown = self._parts.dataverse.act("show", records=records, column="name")
        writes = self._parts.dataverse.act("count")
        moments = sorted(writes["written_at"])
        cut = len(moments) // 20
        inside = [moment for moment in moments[cut : len(moments) - cut] if moment >= since]
        if len(inside) < 20:
            raise RuntimeError("the backlog was drained before all processes were ready: it needs to be longer")
        rate = (len(inside) - 1) / (inside[-1] - inside[0])
        each = writes["writes"]
        lost = sum(one != text for one in shown)
        return Drained(rate, sum(each.values()), max(each.values()), lost)

    def await_empty(self) -> None:
        end = time.monotonic() + _PATIENCE
        while self.queue.get_queue_properties().approximate_message_count:
            if time.monotonic() > end:
                raise TimeoutError("the backlog was not drained")
            time.sleep(0.5)


class Floor:
    """Four threads that take a message, make the calls of a sync (or the query that drops a hint), and delete it."""

    def __init__(self, backlog: Backlog, replay: Replay, pairs: Sequence[Pair]) -> None:
        self._backlog, self._replay = backlog, replay
        self._pairs = {one.contract_id: one for one in pairs}
        self._done: set[int] = set()
        self._guard = threading.Lock()

    def drain(self) -> None:
        with ThreadPoolExecutor(JOBS) as pool:
            for _ in pool.map(lambda _: self._work(), range(JOBS)):
                pass

    def _work(self) -> None:
        queue = self._backlog.queue
        while (message := queue.receive_message(visibility_timeout=600)) is not None:
            contract_id = json.loads(base64.b64decode(message.content))["contract_id"]
            with self._guard:
                first = contract_id not in self._done
                self._done.add(contract_id)
            if first:
                self._replay.run(self._pairs[contract_id])
            else:
                self._replay.open(self._pairs[contract_id])
            queue.delete_message(message)


def record(parts: Parts, app: App) -> tuple[Pair, list[Sent]]:
    """The requests of one automatic sync that writes Dynamics."""
    _, warm, pair = app.pairs(3)  # the very first was looked at just now
    for one in (warm, pair):
        parts.oneflow.act("edit", contracts=[one.contract_id], fields={"customer_name": "Recorded"})
    app.job(warm)
    parts.delay(0.05)
    with recorded() as sent:
        app.job(pair)
    parts.delay(0)
    return pair, sent


def measure(parts: Parts, app: App, each: int = 150, whole: int = 1000) -> Iterator[Figure]:
    """`each` contracts for the floor and for each process; the last round is the `whole` backlog."""
    backlog = Backlog(parts, app)
    pair, sent = record(parts, app)
    replay = Replay(pair, sent)
    storage = sum(one.is_table or one.is_queue for one in sent) + 2  # the message is taken and deleted

    pairs, text = backlog.fill(each)
    parts.delay(LATENCY)
    Floor(backlog, replay, pairs).drain()
    floor = backlog.result(pairs, "Recorded")
    parts.delay(0)
    most = ceilings.measured(pair, sent, pairs, parts.oneflow.url, parts.dataverse.url)
    rates: dict[int, float] = {}
    for processes in (1, 2, 4):
        pairs, text = backlog.fill(whole if processes == 4 else each * processes)
        done = backlog.drain(pairs, text, processes)
        rates[processes] = done.rate
        if done.lost or done.most_writes > 1 or done.writes != len(pairs):
            raise RuntimeError(f"{done.lost} edits lost, {done.writes} writes, {done.most_writes} to one record")
        yield Figure(
            GROUP,
            "drain rate of 1 process, over the floor" if processes == 1 else f"{processes} processes, over one",
            done.rate / (floor.rate if processes == 1 else rates[1]),
            {1: 0.8, 2: 1.8, 4: 3.2}[processes],
            False,
            measured=f"{done.rate:.1f} syncs/s",
            floor=f"{floor.rate if processes == 1 else rates[1]:.1f} syncs/s",
            note=f"{2 * len(pairs):,} webhooks for {len(pairs):,} contracts; nothing lost, no record written twice; "
            f"it had {done.ours:.0%} of the processors, what else ran {done.others:.0%}",
        )
    # Beside each sync runs a second hint: taken, its link queried, deleted.
    used = Ceilings(rates[4] * (storage + 3), rates[4], rates[4] * 2)
    for name, share, ceiling in (
        ("storage emulator", used.storage, most.storage),
        ("Oneflow's simulator", used.oneflow, most.oneflow),
        ("Dataverse's simulator", used.dataverse, most.dataverse),
    ):
        yield Figure(
            GROUP,
            f"{name}: of its ceiling, 4 processes",
            share / ceiling,
            1.0,
            measured=f"{share:.0f} requests/s",
            floor=f"{ceiling:.0f} requests/s",
            note="not what limits the rate while below 1",
        )


def _post(session: requests.Session, url: str, contract_id: int) -> Any:
    answer = session.post(url, data=notification(contract_id), timeout=30)
    if answer.status_code != 200:
        raise RuntimeError(f"a webhook was answered {answer.status_code}")
