"""Every law over as many generated cases of each column type as asked for, on several cores, counted.

A case is a generated column with a row's options, a value that its record shows and a text that somebody types; it
counts when every law that speaks about it has held. Each part of a run has a seed, which is printed where it fails.
"""

from __future__ import annotations

import io
import time
import traceback
import zoneinfo
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from sync_core.engine.model.words import ColumnType
from sync_core.engine.values import NUMBERS, understood
from tests.laws import laws
from tests.laws.columns import Case, cases

PART = 5_000  # cases that one process plays before it takes the next part
WRITINGS = st.sampled_from(sorted(laws.WRITINGS))


@dataclass(frozen=True, slots=True)
class Tally:
    """What was played of a type: cases in all, and those that had a text read or a number with both signs."""

    kind: ColumnType
    cases: int = 0
    typed: int = 0
    signs: int = 0
    seconds: float = 0.0  # of the processor
    failure: str | None = None

    def and_(self, other: Tally) -> Tally:
        numbers = (self.cases + other.cases, self.typed + other.typed, self.signs + other.signs)
        return Tally(self.kind, *numbers, self.seconds + other.seconds, self.failure or other.failure)


def play(kind: ColumnType, wanted: int, number: int) -> Tally:
    """All laws over at least so many new cases, drawn from this seed."""
    played = {"cases": 0, "typed": 0, "signs": 0}

    @seed(number)
    @settings(
        max_examples=wanted,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases(kind), laws.ways(kind), WRITINGS if kind in NUMBERS else st.none())
    def law(case: Case, way: laws.Way, writing: str | None) -> None:
        shown = laws.out_and_back_unchanged_means_the_same_and_writes_nothing(case)
        typed = understood(case[0]) and laws.typed_text_is_understood_exactly_or_refused_with_a_reason(
            case, laws.text_for(case, way)
        )
        signs = writing is not None and laws.a_number_with_both_signs_is_understood_in_every_locale(case, writing)
        played["cases"] += shown or typed
        played["typed"] += typed
        played["signs"] += signs

    said, started = io.StringIO(), time.process_time()
    failure = None
    try:
        with redirect_stdout(said):
            law()
    except Exception:  # noqa: BLE001 whatever a law falls over is what the run is for
        failure = f"{kind}, seed {number}:\n{said.getvalue()}{traceback.format_exc()}"
    return Tally(kind, **played, seconds=time.process_time() - started, failure=failure)


def _start() -> None:
    zoneinfo.reset_tzpath(to=())  # as in the app: the pinned zones


def run(kinds: Sequence[ColumnType], wanted: int, first_seed: int, workers: int) -> list[Tally]:
    """Every type in parts, until so many of its cases were counted or a law failed."""
    tallies = {kind: Tally(kind) for kind in kinds}
    with ProcessPoolExecutor(workers, initializer=_start) as pool:
        number = first_seed
        while missing := [one for one in tallies.values() if one.cases < wanted and not one.failure]:
            parts = []
            for one in missing:
                for size in _sizes(wanted - one.cases):
                    parts.append(pool.submit(play, one.kind, size, number))
                    number += 1
            for part in parts:
                tally = part.result()
                tallies[tally.kind] = tallies[tally.kind].and_(tally)
                if tallies[tally.kind].cases >= wanted or tally.failure:
                    _tell(tallies[tally.kind])
    return list(tallies.values())


def _sizes(missing: int) -> list[int]:
    whole, rest = divmod(missing, PART)
    return [PART] * whole + ([max(rest, 50)] if rest else [])


def _tell(one: Tally) -> None:
    print(f"{one.kind:18} {one.cases:>9,} {one.typed:>9,} {one.signs:>9,} {one.seconds:>8.0f} s", flush=True)
