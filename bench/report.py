"""The figures as a table (Markdown), a plot (PNG, SVG) and the summary in docs/performance.md."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from bench.measure import Figure
from sandbox.azurite.install import VERSION

_LOAD = os.getloadavg()[0]  # when the run began
_WIDEST = 1.5  # a bar further beyond its goal is cut off
_BEGIN, _END = "<!-- figures: written by make bench DOCS=1 -->", "<!-- end of figures -->"


def table(figures: Sequence[Figure]) -> str:
    lines = ["| | figure | floor | ratio | goal | | |", "|---|---|---|---|---|---|---|"]
    group = ""
    for one in figures:
        if one.group != group:
            group = one.group
            lines.append(f"| **{group}** | | | | | | |")
        goal = "" if one.goal is None else f"{'≤' if one.at_most else '≥'} {_number(one.goal)}"
        mark = {None: "", True: "met", False: "**missed**"}[one.met]
        figure, ratio = (one.measured, _number(one.value)) if one.measured else (_number(one.value), "")
        lines.append(f"| {one.name} | {figure} | {one.floor} | {ratio} | {goal} | {mark} | {one.note} |")
    return "\n".join(lines)


def machine() -> str:
    """Date, machine and versions; the load says what else ran."""
    packages = ("azure-functions", "azure-data-tables", "azure-storage-queue", "msal", "requests")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in packages)
    return (
        f"{datetime.now(UTC):%d %B %Y}, {os.cpu_count()} processors, everything on one machine, "
        f"whose load was {_LOAD:.1f} before. Python {platform.python_version()}, {versions}, Azurite {VERSION}."
    )


def times(seconds: Mapping[str, float]) -> str:
    parts = ", ".join(f"{name.replace('_', ' ')} {taken:.0f} s" for name, taken in seconds.items())
    return f"{sum(seconds.values()) / 60:.1f} minutes in all: {parts}."


def write(figures: Sequence[Figure], failed: Sequence[str], seconds: Mapping[str, float], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    content = [asdict(one) | {"met": one.met} for one in figures]
    (folder / "figures.json").write_text(json.dumps({"machine": machine(), "figures": content}, indent=1))
    text = f"{machine()}\n\n{table(figures)}\n\n{times(seconds)}\n"
    text += "".join(f"\nNot measured: {one}\n" for one in failed)
    (folder / "figures.md").write_text(text)


def plot(figures: Sequence[Figure], folder: Path) -> None:
    """Each figure in proportion to its goal: left of the line is met for both kinds of goal."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    shown = [one for one in figures if one.goal and one.value]
    rows: list[Figure | str] = []
    for one in shown:
        if one.group not in rows:
            rows.append(one.group)
        rows.append(one)
    picture, axes = pyplot.subplots(figsize=(12, 0.3 * len(rows) + 1.3), layout="constrained")
    for place, row in enumerate(rows):
        if isinstance(row, str):
            axes.text(-0.01, place, row, transform=axes.get_yaxis_transform(), ha="right", va="center", weight="bold")
            continue
        assert row.goal
        share = row.value / row.goal if row.at_most else row.goal / row.value
        axes.barh(place, min(share, _WIDEST), color="#0f6cbd" if row.met else "#c50f1f", height=0.7)
        text = f"{_number(row.value)} ({'≤' if row.at_most else '≥'} {_number(row.goal)})"
        axes.text(min(share, _WIDEST) + 0.01, place, text, va="center", fontsize=8,
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
        axes.text(-0.01, place, row.name, transform=axes.get_yaxis_transform(), ha="right", va="center", fontsize=9)
    axes.axvline(1.0, color="black", linewidth=1)
    axes.set(xlim=(0, _WIDEST + 0.2), ylim=(len(rows) - 0.4, -0.6), yticks=[])
    axes.set_xlabel("share of what the goal allows: left of the line is met; beside each bar its value and its goal")
    axes.spines[["top", "right"]].set_visible(False)
    for kind in ("png", "svg"):
        picture.savefig(folder / f"figures.{kind}", dpi=150)
    pyplot.close(picture)


def summarise(figures: Sequence[Figure], failed: Sequence[str], seconds: Mapping[str, float], page: Path) -> None:
    """Puts the table between the page's two marks."""
    text = page.read_text()
    missing = "".join(f"\n\nNot measured in this run: {one}" for one in failed)
    written = f"{_BEGIN}\n{machine()}\n\n{table(figures)}{missing}\n\n{times(seconds)}\n{_END}"
    page.write_text(re.sub(re.escape(_BEGIN) + ".*?" + re.escape(_END), lambda _: written, text, flags=re.DOTALL))


def _number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"
