"""When a link is looked at again, when a hint is judged, when fighting systems pause it. Storage times only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sync_core.engine.model.words import ContractState

# A hint older than this against the last look's query was already answered by that look (times have whole seconds).
HINT_MARGIN = timedelta(seconds=2)
HINT_QUIET = timedelta(seconds=4)
# So many events in a row may bring nothing new (the vendors tell of much that is not mapped); each one more doubles
# the quiet time, so that replayed or useless events cannot spend the rate limit.
_IDLE_HINTS = 10
_QUIET_LONGEST = timedelta(seconds=60)
LATER_LOOKS = (timedelta(seconds=15), timedelta(seconds=60))

# A job is tried again for this long before it is given up.
PATIENCE = timedelta(hours=72)
_RETRY_FIRST = timedelta(seconds=5)
_RETRY_LONGEST = timedelta(minutes=30)

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
AT_ONCE = _EPOCH  # a link that waits for nothing but the next sweep
_GRID = timedelta(seconds=75)

_SOON = timedelta(seconds=30)  # plus the sweep's own 30 s: within a minute
_DAY = timedelta(days=1)
_IDLE_SHARE = 60  # an idle link is looked at every sixtieth of its idle time

PAUSE_WRITES = 10
PAUSE_WINDOW = timedelta(minutes=10)
_PAUSE_FIRST = timedelta(hours=1)


class Hint(StrEnum):
    DROP = "drop"
    WAIT = "wait"
    RUN = "run"


def judge_hint(
    put_at: datetime, looked_at: datetime | None, now: datetime, idle_hints: int = 0
) -> tuple[Hint, timedelta]:
    """What becomes of a hint put at `put_at`, the last closed sync having queried at `looked_at` (DESIGN 3, bursts).

    `idle_hints`: how many before it brought nothing. With WAIT comes how long.
    """
    if looked_at is None:
        return Hint.RUN, timedelta(0)
    if put_at < looked_at - HINT_MARGIN:
        return Hint.DROP, timedelta(0)
    grown: timedelta = HINT_QUIET * (1 << min(max(idle_hints - _IDLE_HINTS, 0), 5))
    quiet_until = looked_at + min(grown, _QUIET_LONGEST)
    return (Hint.WAIT, quiet_until - now) if now < quiet_until else (Hint.RUN, timedelta(0))


def next_check(
    state: ContractState, broken: bool, state_before: str, touched_at: datetime, now: datetime
) -> datetime | None:
    """When reconcile looks at a link again; None: it rests (signed, and looked at once more since)."""
    idle = max(now - touched_at, timedelta(0))
    if broken or state in (ContractState.DECLINED, ContractState.OVERDUE):
        return now + (_DAY if idle < timedelta(days=30) else timedelta(days=7))
    if state is ContractState.SIGNED:
        return None if state_before == state else now + _SOON
    return now + max(_SOON, min(_DAY, idle / _IDLE_SHARE)) if idle > timedelta(hours=1) else now + _SOON


def recent_writes(writes: tuple[datetime, ...], now: datetime) -> tuple[datetime, ...]:
    """The automatic writes that still count towards a pause."""
    return tuple(moment for moment in writes if now - moment < PAUSE_WINDOW)


def pause(writes: tuple[datetime, ...], pauses: int, now: datetime) -> datetime | None:
    """Until when a link is paused after these automatic writes: an hour, doubling up to a day. None: it is not."""
    if len(recent_writes(writes, now)) <= PAUSE_WRITES:
        return None
    doubled: timedelta = _PAUSE_FIRST * (1 << min(pauses, 5))
    return now + min(_DAY, doubled)


def waits_until(contract_id: int, wait: timedelta, now: datetime) -> datetime:
    """When a link that cannot be synced now is looked at again: not before `wait` is over, and at a moment of a grid of
    its own, so that whatever waits about as long for one link waits for the same moment, in one row."""
    step = _GRID
    while 4 * step <= wait:
        step *= 2
    earliest = now + wait
    phase = timedelta(seconds=contract_id * 7919 % int(step.total_seconds()))
    slots = -((_EPOCH + phase - earliest) // step)
    return _EPOCH + phase + slots * step


def retry_delay(attempts: int, retry_after: float | None, chance: float) -> timedelta:
    """How long a job waits after its `attempts`-th failure: growing, jittered by `chance` (0 to 1), never early."""
    grown = min(_RETRY_LONGEST, _RETRY_FIRST * (1 << min(attempts - 1, 10)))
    jittered: timedelta = grown * (0.75 + 0.5 * chance)
    return max(jittered, timedelta(seconds=(retry_after or 0) * (1 + 0.1 * chance)))
