"""Counted things in words: "1 job", "2 jobs"."""

from __future__ import annotations


def plural(number: int, one: str, many: str = "") -> str:
    """`many`: where it is not the singular with an s."""
    return f"{number} {one if number == 1 else many or one + 's'}"
