"""Lists that never cut a value: columns where they fit, one block per row where a terminal is narrow, plain lines with
tabs where no terminal reads them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sync_core.engine.model.instants import instant_of, instant_text

_GAP = 2  # spaces between columns


def print_rows(out: Console, names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A None is empty. Times (`datetime`) are local and to the minute for people, UTC and whole for programs."""
    if not out.is_terminal:
        for row in (names, *rows):
            out.file.write("\t".join(_line(_whole(cell)) for cell in row) + "\n")  # rich would expand the tabs
        return
    cells = [[_line(_short(cell)) for cell in row] for row in rows]
    widths = [max([len(name), *(len(row[at]) for row in cells)]) for at, name in enumerate(names)]
    if sum(widths) + _GAP * (len(names) - 1) <= out.width:
        table = Table(*names, box=None, pad_edge=False, padding=(0, _GAP, 0, 0))
        for row in cells:
            table.add_row(*map(Text, row))
        out.print(table, soft_wrap=False, no_wrap=True)
        return
    longest = max(map(len, names))
    for number, row in enumerate(cells):
        if number:
            out.out("")
        for name, cell in zip(names, row, strict=True):
            if cell:
                out.out(f"{name:<{longest}}  {cell}", highlight=False)


def moment(text: str | None) -> datetime | None:
    """A time as the app tells it."""
    return instant_of(text) if text else None


def _whole(cell: object) -> str:
    return "" if cell is None else instant_text(cell) if isinstance(cell, datetime) else str(cell)


def _short(cell: object) -> str:
    return cell.astimezone().strftime("%Y-%m-%d %H:%M") if isinstance(cell, datetime) else _whole(cell)


def _line(text: str) -> str:
    """A value of several lines is one; a program splits at tabs and line ends."""
    return " ".join(text.split()) if any(one in text for one in "\t\n\r\v\f\x85\u2028\u2029") else text
