"""A text in every language that the solution speaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

ENGLISH, SWEDISH = 1033, 1053
LANGUAGES = (ENGLISH, SWEDISH)


@dataclass(frozen=True, slots=True)
class Text:
    en: str
    sv: str

    def __iter__(self) -> Iterator[tuple[str, int]]:
        """Each with its language's number."""
        yield self.en, ENGLISH
        yield self.sv, SWEDISH
