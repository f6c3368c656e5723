"""What many worlds showed, added up; and a file of parts, so that a million worlds may take several evenings."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.torture.catalogue import FEWEST
from tests.torture.run import Outcome

PART = 500  # worlds
_ROOT = Path(__file__).resolve().parents[2]
_PLAYED = ("sync_core", "sandbox", "tests/torture")  # a change elsewhere changes no world


@dataclass
class Played:
    """`failed`: seed -> the first promise that was broken. `few`: worlds that too few different faults met."""

    worlds: int = 0
    steps: int = 0
    few: int = 0
    seconds: float = 0.0
    failed: dict[int, str] = field(default_factory=dict)
    met: Counter[tuple[str, str]] = field(default_factory=Counter)
    accounted: Counter[str] = field(default_factory=Counter)
    window: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        self.worlds += 1
        self.steps += outcome.steps
        self.few += len(outcome.met) < FEWEST
        self.met += outcome.met
        self.accounted += outcome.accounted
        self.window += outcome.window
        if outcome.broken:
            self.failed[outcome.seed] = outcome.broken[0]

    def add_all(self, other: Played) -> None:
        self.worlds += other.worlds
        self.steps += other.steps
        self.few += other.few
        self.seconds += other.seconds
        self.met += other.met
        self.accounted += other.accounted
        self.window += other.window
        self.failed |= other.failed

    def to_json(self) -> dict[str, Any]:
        return {
            "worlds": self.worlds,
            "steps": self.steps,
            "few": self.few,
            "seconds": round(self.seconds, 1),
            "failed": self.failed,
            "met": [[kind, step, count] for (kind, step), count in sorted(self.met.items())],
            "accounted": self.accounted,
            "window": self.window,
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Played:
        return cls(
            kept["worlds"],
            kept["steps"],
            kept["few"],
            kept["seconds"],
            {int(seed): broken for seed, broken in kept["failed"].items()},
            Counter({(kind, step): count for kind, step, count in kept["met"]}),
            Counter(kept["accounted"]),
            Counter(kept["window"]),
        )


class Results:
    """One line a part: the tree that it was played on, its first seed, and what it showed. Parts of another tree stay
    in the file and do not count."""

    def __init__(self, path: Path, tree: str) -> None:
        self._path, self._tree = path, tree

    def parts(self) -> dict[int, Played]:
        """By first seed. A line that a killed process left half written is left out: its part is played again."""
        found = {}
        for line in self._path.read_text(encoding="utf-8").splitlines() if self._path.exists() else ():
            try:
                part = json.loads(line)
            except ValueError:
                continue
            if part["tree"] == self._tree:
                found[int(part["first"])] = Played.from_json(part)
        return found

    def keep(self, first: int, played: Played) -> None:
        line = json.dumps({"tree": self._tree, "first": first, **played.to_json()})
        begins = self._path.exists() and not self._path.read_bytes().endswith(b"\n")
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{chr(10) if begins else ''}{line}\n")


def missing(seeds: range, known: dict[int, Played]) -> Iterator[range]:
    """The parts of these seeds that were not played yet."""
    for first in range(seeds.start, seeds.stop, PART):
        part = range(first, min(first + PART, seeds.stop))
        if first not in known or known[first].worlds < len(part):
            yield part


def tree(root: Path = _ROOT) -> str:
    """Names what the worlds are made of. ValueError where it is not committed: nobody could play it again."""
    if _git(root, "status", "--porcelain", "--", *_PLAYED):
        raise ValueError(f"Commit what is changed in {', '.join(_PLAYED)} first: the results name what was played.")
    return " ".join(_git(root, "rev-parse", f"HEAD:{part}")[:12] for part in _PLAYED)


def _git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True).stdout.strip()
