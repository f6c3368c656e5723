"""A list never cuts a value, whoever reads it."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from cli.listing import print_rows

NAMES = ("contract", "name", "since", "reason")
LONG = "A reason that is longer than any column of a narrow terminal, and that nobody wants to see cut off. " * 2
ROWS = [
    (70001, "Frame agreement", datetime(2026, 3, 12, 23, 30, tzinfo=UTC), LONG),
    (70002, "Two\nlines\t[and] a :tab:", None, None),
]


def shown(width: int, *, terminal: bool) -> str:
    text = io.StringIO()
    print_rows(Console(file=text, width=width, force_terminal=terminal, soft_wrap=True, color_system=None), NAMES, ROWS)
    return text.getvalue()


def test_a_program_gets_one_line_per_row_with_whole_values() -> None:
    head, first, second, end = shown(40, terminal=False).split("\n")
    assert head.split("\t") == list(NAMES) and end == ""
    assert first.split("\t") == ["70001", "Frame agreement", "2026-03-12T23:30:00Z", LONG]
    assert second.split("\t") == ["70002", "Two lines [and] a :tab:", "", ""]


def test_a_wide_terminal_gets_columns() -> None:
    head, first, *_ = shown(400, terminal=True).split("\n")
    assert head.split() == list(NAMES)
    assert LONG.strip() in first and "2026-03-1" in first and "T23" not in first


@pytest.mark.parametrize("width", [20, 60, 120])
def test_a_narrow_terminal_gets_a_block_per_row_and_nothing_is_cut(width: int) -> None:
    first, second = shown(width, terminal=True).split("\n\n")
    assert LONG.strip() in " ".join(first.split("\n")) and "…" not in first
    assert second.split("\n")[:2] == ["contract  70002", "name      Two lines [and] a :tab:"]
    assert "since" not in second
