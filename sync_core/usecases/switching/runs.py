"""Doing the lines of a plan, chunk by chunk: what is done is kept, so that a run that was killed goes on."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from sync_core.engine.model.words import Reason
from sync_core.engine.switching.plan_lines import Chosen
from sync_core.errors import ConnectionBroken, SyncError, Temporary
from sync_core.usecases.stores import Operations
from sync_core.usecases.switching.patience import Patience
from sync_core.usecases.switching.troubles import told

CHUNK = 50


class Became(StrEnum):
    """What became of a line."""

    DONE = "done"
    BEFORE = "before"  # the same run had done it already
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class LeftField:
    """A field that was not settled, or not put back."""

    oneflow_field: str
    why: str
    why_code: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    became: Became
    why: str = ""
    fields: int = 0  # that were written or put back
    why_code: str = ""
    left_fields: tuple[LeftField, ...] = ()

    @classmethod
    def left(cls, why: Reason) -> Outcome:
        return cls(Became.LEFT, why.text, why_code=why.code)

    @classmethod
    def of_fields(cls, became: Became, left: Sequence[LeftField], fields: int) -> Outcome:
        """Of a contract of which some fields may be left."""
        why = ", ".join(f"{one.oneflow_field} ({one.why})" for one in left)
        return cls(Became.LEFT if left else became, why, fields, left_fields=tuple(left))


@dataclass(frozen=True, slots=True)
class Left:
    """A line that was not done. `line` is where it stands in the plan's file; `fields` are those of it that are left,
    where it is about fields."""

    line: int
    contract_id: int
    why: str
    why_code: str = ""
    fields: tuple[LeftField, ...] = ()

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Left:
        return cls(**{**content, "fields": tuple(LeftField(**one) for one in content.get("fields", ()))})


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: the first `done` of `total` units, each a contract, are behind it."""

    total: int
    done: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    fields: int = 0
    left: tuple[Left, ...] = ()
    decided: str = ""  # which lines these are: a plan that is decided otherwise is another run

    @property
    def is_over(self) -> bool:
        return self.done >= self.total

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Progress:
        return cls(**{**content, "left": tuple(Left.from_json(one) for one in content["left"])})


Unit = Sequence[Chosen]  # of one contract


class Runs:
    """`pool` does the units of a chunk side by side. What a unit did is known by the links themselves; the progress
    that is kept beside only saves looking at them again."""

    def __init__(self, kept: Operations, pool: Executor, patience: Patience) -> None:
        self._kept, self._pool, self._patience = kept, pool, patience

    def stop(self) -> None:
        self._patience.stop()

    def go(
        self,
        name: str,
        opposite: str,
        lines: Sequence[Chosen],
        act: Callable[[Unit], Outcome],
        stopped: Callable[[], bool],
    ) -> Iterator[Progress]:
        """How far it is, first and after each chunk. A run that is over begins anew: what it did is found done. What is
        known of the run that does the opposite no longer holds."""
        units, key = _units(lines), f"switch-{name}"
        self._kept.forget(f"switch-{opposite}")
        now = self._known(key, Progress(len(units), decided=_digest(lines)))
        yield now
        while not now.is_over:
            if stopped():
                self._patience.stop()
            self._patience.look()
            chunk = units[now.done : now.done + CHUNK]
            outcomes = list(self._pool.map(lambda unit: self._one(unit, act), chunk))
            now = _after(now, chunk, outcomes)
            self._kept.finish(key, asdict(now))
            yield now

    def is_known(self, name: str) -> bool:
        return self._kept.result(f"switch-{name}") is not None

    def _known(self, key: str, anew: Progress) -> Progress:
        kept = self._kept.result(key)
        known = Progress.from_json(kept) if kept else anew
        return anew if known.is_over or known.decided != anew.decided else known

    def _one(self, unit: Unit, act: Callable[[Unit], Outcome]) -> Outcome:
        """A failure of one contract leaves the others; one of the whole connection ends the run."""
        try:
            return self._patience.work(lambda: act(unit))
        except ConnectionBroken:
            raise
        except Temporary as failure:
            if failure.side in ("oneflow", "dynamics", "storage") and failure.status is None:
                raise  # no answer at all, for minutes
            return Outcome.left(told(failure))
        except SyncError as failure:
            self._patience.look()
            return Outcome.left(told(failure))


def _units(lines: Sequence[Chosen]) -> list[Unit]:
    """The lines of each contract together, in the order of the first of them."""
    found: dict[int, list[Chosen]] = {}
    for one in lines:
        found.setdefault(one.contract_id, []).append(one)
    return list(found.values())


def _after(now: Progress, chunk: Sequence[Unit], outcomes: Sequence[Outcome]) -> Progress:
    counts = Counter(now.counts)
    counts.update(str(one.became) for one in outcomes)
    left = [
        Left(unit[0].line, unit[0].contract_id, one.why, one.why_code, one.left_fields)
        for unit, one in zip(chunk, outcomes, strict=True)
        if one.why
    ]
    fields = now.fields + sum(one.fields for one in outcomes)
    return replace(now, done=now.done + len(chunk), counts=dict(counts), fields=fields, left=(*now.left, *left))


def _digest(lines: Sequence[Chosen]) -> str:
    text = json.dumps([[one.line, one.contract_id, one.record_id, one.oneflow_field, one.seen] for one in lines])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
