"""The figures as a table (Markdown), a plot (PNG, SVG) and the summary in docs/performance.md."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from bench.measure import Figure

_BEGIN, _END = "<!-- figures: written by make bench DOCS=1 -->", "<!-- end of figures -->"


def table(figures: Sequence[Figure]) -> str:
    lines = ["| | measured | goal | |", "|---|---|---|---|"]
    group = ""
    for one in figures:
        if one.group != group:
            group = one.group
            lines.append(f"| **{group}** | | | |")
        goal = "" if one.goal is None else f"{'at most' if one.at_most else 'at least'} {_number(one.goal)}"
        mark = {None: "", True: "met", False: "**missed**"}[one.met]
        lines.append(f"| {one.name} | {_number(one.value)} | {goal} {mark} | {one.note} |")
    return "\n".join(lines)


def machine() -> str:
    load = os.getloadavg()[0]
    now = datetime.now(UTC)
    return (
        f"{now:%d %B %Y}, {os.cpu_count()} processors, Python {platform.python_version()}, everything on one machine "
        f"(load average at the end {load:.1f})."
    )


def write(figures: Sequence[Figure], failed: Sequence[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    content = [asdict(one) | {"met": one.met} for one in figures]
    (folder / "figures.json").write_text(json.dumps({"machine": machine(), "figures": content}, indent=1))
    text = f"{machine()}\n\n{table(figures)}\n" + "".join(f"\nNot measured: {one}\n" for one in failed)
    (folder / "figures.md").write_text(text)
    plot(figures, folder)


def plot(figures: Sequence[Figure], folder: Path) -> None:
    """Each figure in proportion to its goal: left of the line is met for both kinds of goal."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    shown = [one for one in figures if one.goal]
    shares = [one.value / one.goal if one.at_most else one.goal / one.value for one in shown if one.goal]
    names = [f"{one.group}: {one.name}" for one in shown]
    colours = ["#0f6cbd" if one.met else "#c50f1f" for one in shown]
    picture, axes = pyplot.subplots(figsize=(11, 0.32 * len(shown) + 1.2), layout="constrained")
    axes.barh(names, shares, color=colours)
    axes.axvline(1.0, color="black", linewidth=1)
    axes.invert_yaxis()
    axes.set_xlabel("measured, as a share of what the goal allows (1 = just met)")
    for kind in ("png", "svg"):
        picture.savefig(folder / f"figures.{kind}", dpi=150)


def summarise(figures: Sequence[Figure], failed: Sequence[str], page: Path) -> None:
    """Puts the table between the page's two marks."""
    text = page.read_text()
    missing = "".join(f"\n\nNot measured in this run: {one}" for one in failed)
    written = f"{_BEGIN}\n{machine()}\n\n{table(figures)}{missing}\n{_END}"
    page.write_text(re.sub(re.escape(_BEGIN) + ".*?" + re.escape(_END), lambda _: written, text, flags=re.DOTALL))


def _number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"
