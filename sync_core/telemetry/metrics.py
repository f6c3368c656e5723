"""What is measured, by name; docs/operate.md says what each tells. Where nobody listens a measure costs nothing.

Names and attributes only: never a value of a field, a name of a person, or an id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instrument:
    """`kind`: "counter" (added up), "histogram" (count, sum, least, most) or "gauge" (the last one holds)."""

    name: str
    kind: str
    unit: str
    description: str


WEBHOOK_TO_WRITTEN = Instrument("sync.webhook_to_written", "histogram", "s", "From a webhook's arrival to its write")
QUEUE_AGE = Instrument("sync.queue_age", "histogram", "s", "How long a job had been due when it ran")
QUEUE_LENGTH = Instrument("sync.queue_length", "gauge", "{message}", "Messages in a queue, hidden ones included")
JOBS = Instrument("sync.jobs", "counter", "{job}", "Jobs by what became of them")
DRIFT = Instrument("sync.drift", "counter", "{change}", "Changes that no event announced")
CONFLICTS = Instrument("sync.conflicts", "counter", "{field}", "Fields that came to wait for a person's decision")
EDITS = Instrument("sync.edits", "counter", "{field}", "Fields written to either side, by whom: a person or by itself")
REFUSALS = Instrument("sync.refusals", "counter", "{field}", "Fields whose write came to be refused")
DEAD_LETTERS = Instrument("sync.dead_letters", "counter", "{job}", "Jobs given up, by cause")
LINKS_WAITING = Instrument(
    "sync.links_waiting", "gauge", "{link}", "Links that have asked for a person for longer than a day, by standing"
)
VENDOR_CALLS = Instrument("sync.vendor_calls", "counter", "{request}", "Requests to a vendor, by operation")
VENDOR_TIME = Instrument("sync.vendor_time", "histogram", "s", "How long a vendor took to answer")
RATE_LIMIT_USED = Instrument("sync.rate_limit_used", "gauge", "1", "This process's share of Oneflow's rate limit")

ALL = (
    WEBHOOK_TO_WRITTEN, QUEUE_AGE, QUEUE_LENGTH, JOBS, DRIFT, CONFLICTS, EDITS, REFUSALS, DEAD_LETTERS, LINKS_WAITING,
    VENDOR_CALLS, VENDOR_TIME, RATE_LIMIT_USED,
)  # fmt: skip

Sink = Callable[[Instrument, float, Mapping[str, str]], None]
_sink: Sink | None = None


def send_to(sink: Sink | None) -> Sink | None:
    """Who gets every measure of this process; it must return at once and never raise. Returns who got them before."""
    global _sink
    before, _sink = _sink, sink
    return before


def record(instrument: Instrument, value: float = 1, **attributes: str) -> None:
    """Add `value` to a counter, or take it as a histogram's or gauge's next one."""
    if _sink is not None:
        _sink(instrument, value, attributes)
