"""What people typed into both sides while the app ran, and what became of each of it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from tests.stories.stage import Stage


class Ledger:
    """Everything that people type is a value of its own. Each place (a contract's field, a record's column) keeps the
    order of what it showed: Oneflow's events tell it there, and a look at each write, under its lock, in Dynamics."""

    def __init__(self, stages: Mapping[int, Stage], fields: Mapping[str, str]) -> None:
        """`stages`: the test's record, by contract; `fields`: Dynamics column, by Oneflow field."""
        self._stages, self._fields = stages, fields
        self._world = next(iter(stages.values())).world
        self._guard = threading.Lock()
        self._typed: dict[str, tuple[str, str]] = {}  # value -> (place, record)
        self._stored: list[tuple[str, str]] = []  # (column, value), in Dynamics' order
        self._world.dataverse.world.plugins.append(self._seen)

    def _seen(self, entity: str, stored: dict[str, Any]) -> dict[str, Any]:
        self._stored += [(name, value) for name, value in stored.items() if name in self._fields.values()]
        return stored

    def type_in_oneflow(self, contract: int, field: str) -> None:
        value = self._new(f"oneflow {contract} {field}", self._stages[contract].record_id)
        self._world.edit_contract(contract, {field: value})

    def type_in_dynamics(self, contract: int, field: str) -> None:
        stage = self._stages[contract]
        column = self._fields[field]
        stage.edit_record(**{column: self._new(f"dynamics {stage.record_id} {column}", stage.record_id)})

    def _new(self, place: str, record_id: str) -> str:
        with self._guard:
            value = f"{place.split()[0]} {len(self._typed)}"
            self._typed[value] = (place, record_id)
            return value

    @property
    def contracts(self) -> list[int]:
        return list(self._stages)

    def stage(self, contract: int) -> Stage:
        return self._stages[contract]

    @property
    def typed(self) -> int:
        return len(self._typed)

    def judged(self) -> Counter[str]:
        """How many values were superseded by somebody who typed, overwritten and kept in the history, are shown, and
        ("lost") none of these."""
        found: Counter[str] = Counter()
        for place, record_id, shown in self._places():
            kept = self._overwritten(place.split()[0], record_id)
            met: set[str] = set()
            for value, after in zip(shown, [*shown[1:], ""], strict=True):
                if value in met or self._typed[value][0] != place:
                    continue  # what the app wrote (or brought back) is judged where it was typed
                met.add(value)
                if not after:
                    found["shown"] += 1
                elif after not in met and self._typed[after][0] == place:
                    found["superseded"] += 1
                else:
                    found["in the history" if value in kept else "lost"] += 1
        return found

    def written_twice(self) -> list[str]:
        """Places that got a value which they showed already."""
        return [
            f"{place}: {value}"
            for place, _, shown in self._places()
            for value, after in pairwise(shown)
            if value == after
        ]

    def _places(self) -> Iterator[tuple[str, str, Sequence[str]]]:
        """(place, record id, the values that it got, in order)."""
        for contract, stage in self._stages.items():
            changes = [one for event in self._world.oneflow.world.state.events[contract] for one in event.changes]
            for field in self._fields:
                values = [str(one.new) for one in changes if one.custom_id == field and one.new in self._typed]
                yield f"oneflow {contract} {field}", stage.record_id, values
        for record_id in {stage.record_id for stage in self._stages.values()}:
            for column in self._fields.values():
                mine = [value for name, value in self._stored if name == column and value in self._typed]
                values = [value for value in mine if self._typed[value][1] == record_id]
                yield f"dynamics {record_id} {column}", record_id, values

    def _overwritten(self, side: str, record_id: str) -> set[str]:
        """What the histories of the record's contracts say was overwritten on a side."""
        return {
            str(line["from"])
            for contract, stage in self._stages.items()
            if stage.record_id == record_id
            for entry in self._world.services._links.history(contract, limit=1000)[0]
            for line in entry.fields
            if line.get("side") == side and line["kind"] in ("written", "unclear", "overwritten")
        }
