"""One thing that was looked at, how it is, and what mends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"  # works today, may not tomorrow
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """`check` is a stable name for pipelines, e.g. "oneflow.token"; never a value or a secret in the texts."""

    check: str
    level: Level
    text: str
    remedy: str = ""

    def to_json(self) -> dict[str, str]:
        return {"check": self.check, "level": str(self.level), "text": self.text, "remedy": self.remedy}


def ok(check: str, text: str) -> Finding:
    return Finding(check, Level.OK, text)


def warning(check: str, text: str, remedy: str) -> Finding:
    return Finding(check, Level.WARNING, text, remedy)


def failed(check: str, text: str, remedy: str) -> Finding:
    return Finding(check, Level.FAILED, text, remedy)


def count(findings: Iterable[Finding], level: Level) -> int:
    return sum(finding.level is level for finding in findings)
