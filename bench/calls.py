"""1. Requests and storage operations of each action, counted where they leave the process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from bench.app import App
from bench.latency import Action
from bench.measure import Figure
from bench.parts import Parts
from bench.recording import Sent, path_of

GROUP = "Calls"
# Vendor requests (reads, the caller's right, the write); storage operations (query, transactions, due rows, message).
GOALS = {"push": (4, 6), "fetch": (4, 5), "nothing": (3, 4)}


def measure(parts: Parts, app: App) -> Iterator[Figure]:
    for kind, (most_vendor, most_storage) in GOALS.items():
        action = Action(parts, app, kind)
        (pair,) = app.pairs(1)
        app.push(pair)
        action.record(pair)  # caches are filled
        sent = action.record(pair)
        storage = [one for one in sent if one.is_table or one.is_queue]
        vendor = [one for one in sent if one not in storage]
        yield Figure(GROUP, f"{kind}: vendor requests", len(vendor), most_vendor, note=_words(vendor))
        yield Figure(GROUP, f"{kind}: storage operations", len(storage), most_storage, note=_words(storage))


def _words(sent: list[Sent]) -> str:
    names = (f"{one.method} {_name(one)}" for one in sent)
    return ", ".join(f"{count} x {name}" if count > 1 else name for name, count in Counter(names).items())


def _name(one: Sent) -> str:
    path = path_of(one.url)
    if "RetrievePrincipalAccess" in path:
        return "right"
    for word in ("data_fields", "contracts", "opportunities", "messages"):
        if word in path:
            return word.strip("()")
    return "transaction" if path.endswith("$batch") else path.rsplit("/", 1)[-1].split("(")[0]
