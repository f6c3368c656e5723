"""2. A push, a fetch and a look that finds nothing, over their own requests sent bare; and their CPU time over the
vendors' client packages."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator

from azure.data.tables import TableServiceClient

from bench.app import App, Pair
from bench.measure import Figure, Subject, interleaved, ratio
from bench.packages import Packages
from bench.parts import Parts
from bench.recording import Replay, Sent, recorded

GROUP = "Latency over the floor"
_TEXTS = ("First name of the customer", "Other name of the customer")
_OVERLAP = 0.05  # seconds that answers take while a recording is made, so that it shows what runs side by side


class Action:
    """A kind of sync, prepared so that each turn has something to write (or nothing)."""

    def __init__(self, parts: Parts, app: App, kind: str) -> None:
        self._parts, self._app, self.kind = parts, app, kind
        self._texts: defaultdict[Pair, Iterator[str]] = defaultdict(lambda: itertools.cycle(_TEXTS))

    def prepare(self, pair: Pair) -> None:
        if self.kind == "push":
            self._parts.dataverse.act("edit", records=[pair.record_id], columns={"name": next(self._texts[pair])})
        elif self.kind == "fetch":
            fields = {"customer_name": next(self._texts[pair])}
            self._parts.oneflow.act("edit", contracts=[pair.contract_id], fields=fields)

    def run(self, pair: Pair) -> None:
        outcome = self._app.fetch(pair) if self.kind == "fetch" else self._app.push(pair)
        wanted = "unchanged" if self.kind == "nothing" else "synced"
        if outcome != wanted:
            raise RuntimeError(f"the {self.kind} ended {outcome}, not {wanted}")

    def record(self, pair: Pair) -> list[Sent]:
        self.prepare(pair)
        with recorded() as sent:
            self.run(pair)
        return sent


def measure(parts: Parts, app: App, turns: int = 40) -> Iterator[Figure]:
    tables = TableServiceClient.from_connection_string(parts.env["AzureWebJobsStorage"])
    for kind in ("push", "fetch", "nothing"):
        action = Action(parts, app, kind)
        ours, theirs = app.pairs(2)
        for pair in (ours, theirs):
            app.push(pair)  # what a template fills differently is settled
            action.prepare(pair)
            action.run(pair)
        parts.delay(_OVERLAP)
        recordings = [action.record(theirs), action.record(theirs)]
        for milliseconds in (0, 80):
            parts.delay(milliseconds / 1000)
            replay = Replay(theirs, *recordings)
            app_times, floor = interleaved(
                [
                    Subject(_bind(action.run, ours), _bind(action.prepare, ours)),
                    Subject(replay.run, _bind(replay.prepare, tables)),
                ],
                turns if milliseconds == 0 else turns // 2,
            )
            yield Figure(
                GROUP,
                f"{kind}, vendors at {milliseconds} ms",
                ratio(app_times, floor),
                1.15 if milliseconds and kind != "nothing" else None,
                measured=f"{app_times.median * 1000:.1f} ms",
                floor=f"{floor.median * 1000:.1f} ms",
                note=f"{replay.requests} requests",
            )
        parts.delay(0)
        packages = Packages(parts.env, *recordings)
        app_times, floor = interleaved(
            [Subject(_bind(action.run, ours), _bind(action.prepare, ours)), Subject(packages.run, packages.prepare)],
            turns,
        )
        yield Figure(
            GROUP,
            f"{kind}, CPU time over the vendors' packages",
            app_times.cpu_mean / floor.cpu_mean,
            1.5,
            measured=f"{app_times.cpu_mean * 1000:.1f} ms",
            floor=f"{floor.cpu_mean * 1000:.1f} ms",
        )


def _bind(act: Callable[..., None], *values: object) -> Callable[[], None]:
    return lambda: act(*values)
