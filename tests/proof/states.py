"""What outlives a process in the world of one link, and when two such states are the same but for names.

Values are tokens like `d7`: typed seventh, by somebody in Dynamics (`o7`: in Oneflow). Times are seconds of one day.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

_TIME = re.compile(r'"(\d{4}-[^"]+Z)"')
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
_TOKEN = re.compile(r'"[odt]\d+"')


def time_after(seconds: int) -> str:
    """Oneflow's time so many seconds after the beginning."""
    return (_BEGINNING + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _seconds(time: str) -> int:
    return int((datetime.fromisoformat(time) - _BEGINNING).total_seconds())


@dataclass
class State:
    """`typed` counts the values that anybody typed so far, `troubles` what the path to here has met."""

    oneflow: dict[str, str]
    dynamics: dict[str, str]
    times: dict[str, str]
    bases: dict[str, Any] = field(default_factory=dict)
    intent: dict[str, Any] | None = None
    typed: int = 0
    clock: int = 0
    late: dict[str, str] = field(default_factory=dict)  # writes to Oneflow that are still on their way
    by_hand: dict[str, bool] = field(default_factory=dict)  # "oneflow a": a person typed what is shown there
    owed: dict[str, str] = field(default_factory=dict)  # "oneflow a": overwritten, and not yet in the history
    troubles: int = 0

    def copy(self) -> State:
        return replace(
            self,
            oneflow=dict(self.oneflow),
            dynamics=dict(self.dynamics),
            times=dict(self.times),
            bases=dict(self.bases),
            late=dict(self.late),
            by_hand=dict(self.by_hand),
            owed=dict(self.owed),
        )

    def tick(self) -> str:
        """A later time of Oneflow."""
        self.clock += 1
        return time_after(self.clock)

    def edit(self, side: str, key: str) -> None:
        """Somebody types something new there."""
        self.typed += 1
        self.by_hand[f"{side} {key}"] = True
        if side == "dynamics":
            self.dynamics[key] = f"d{self.typed}"
        else:
            self.oneflow[key], self.times[key] = f"o{self.typed}", self.tick()

    def arrive(self, key: str) -> None:
        """A write that nobody answered comes through after all."""
        self.oneflow[key], self.times[key] = self.late.pop(key), self.tick()
        self.by_hand[f"oneflow {key}"] = False

    def key(self, alike: Sequence[Sequence[str]]) -> str:
        """The state up to renaming. Values and times of one field are only ever compared with each other, so each
        field's are named by their order; `alike`: groups of fields that may change places."""
        fields = {name: self._field(name) for name in self.oneflow}
        parts = [min("".join(fields[name] for name in order) for order in permutations(group)) for group in alike]
        intent = self.intent and [self.intent["action"], self.intent["cause"]]
        return f"{self.troubles}{intent}{''.join(parts)}"

    def _field(self, name: str) -> str:
        intent = [
            {part: value for part, value in one.items() if part not in ("key", "column")}
            for one in (self.intent or {}).get("fields", ())
            if one["key"] == name
        ]
        base = {part: value for part, value in self.bases.get(name, {}).items() if part != "identity"}
        sides = ("oneflow", "dynamics")
        parts = [
            *(self.oneflow[name], self.dynamics[name], self.times[name], base, intent, self.late.get(name)),
            *(self.by_hand.get(f"{side} {name}", False) for side in sides),
            *(self.owed.get(f"{side} {name}") for side in sides),
        ]
        text = json.dumps(parts, sort_keys=True).replace("\\n", '" "')  # a mark may hold two values
        text = _TIME.sub(lambda match: f'"t{_seconds(match.group(1))}"', text)
        ranks: dict[tuple[str, int], int] = {}
        for letter in "odt":
            found = sorted({int(token[2:-1]) for token in _TOKEN.findall(text) if token[1] == letter})
            ranks |= {(letter, number): rank for rank, number in enumerate(found)}

        def renamed(match: re.Match[str]) -> str:
            letter, number = match.group()[1], int(match.group()[2:-1])
            return f'"{letter}{ranks[letter, number]}"'

        return _TOKEN.sub(renamed, text)
