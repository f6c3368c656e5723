"""5b. A backlog with Oneflow's limit on, its window scaled to 200 requests in 30 s."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from bench.app import App
from bench.backlog import Backlog
from bench.measure import Figure
from bench.parts import NO_LIMIT, Parts

GROUP = "Rate limit"
LIMIT, WINDOW = 200, 30
_WINDOWS = 2


def measure(parts: Parts, app: App) -> Iterator[Figure]:
    backlog = Backlog(parts, app)
    for processes in (1, 2):
        windows, more = (_WINDOWS, 0.2) if processes == 1 else (1, 0.1)
        pairs, text = backlog.fill(int(LIMIT * (windows + more)))  # more than the limit lets through
        parts.oneflow.act("switch", rate_limit=LIMIT, rate_window=float(WINDOW))
        parts.forget()
        with ExitStack() as stack:
            setting = {"ONEFLOW_RATE_LIMIT": f"{LIMIT}/{WINDOW}"}
            hosts = [stack.enter_context(parts.host(triggers=["sync_jobs"], **setting)) for _ in range(processes)]
            if processes == 1:
                threading.Event().wait(WINDOW * (windows + 0.1))
            else:
                backlog.await_empty()
            answers = parts.oneflow.act("count")["times"]
            logs = [Path(host._log).read_text(errors="replace") for host in hosts]
        parts.oneflow.act("switch", rate_limit=NO_LIMIT)
        done = backlog.result(pairs, text)
        backlog.queue.clear_messages()
        begun = answers[0][0]
        inside = [status for moment, status in answers if moment < begun + windows * WINDOW]
        refused = sum(status == 429 for status in inside)
        used = (len(inside) - refused) / (LIMIT * windows)
        spent = sum(log.count("job.retried") + log.count("job.dead") for log in logs)
        note = f"{len(inside)} answers in {windows * WINDOW} s, {refused} of them 429; {spent} attempts spent"
        of = f"{LIMIT} in {WINDOW} s"
        if processes == 1:
            rate = f"{len(inside) - refused} in {windows * WINDOW} s"
            yield Figure(GROUP, "limit used, 1 process", used, 0.9, False, measured=rate, floor=of, note=note)
            yield Figure(GROUP, "share of answers 429, 1 process", refused / max(1, len(inside)), 0.02, note=note)
        else:
            name = f"edits lost and attempts spent, {processes} processes on one token"
            yield Figure(GROUP, name, float(done.lost + spent), 0.0, note=f"{len(pairs)} contracts; {note}")
