"""`python -m bench --out FOLDER [--docs] [--only NAME ...]`: all measurements, in some ten minutes.

Ends with 1 if a goal was missed or something could not be measured.
"""

from __future__ import annotations

import argparse
import json
import logging
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from bench import (
    backlog,
    calls,
    cold_start,
    contract_rows,
    growth,
    ingest,
    latency,
    outages,
    rate_limit,
    report,
    sdk,
    switching,
)
from bench.app import App
from bench.measure import Figure
from bench.parts import ROOT, Parts

Section = Callable[[Parts, App], Iterator[Figure]]
SECTIONS: dict[str, Section] = {
    "calls": calls.measure,
    "cold_start": lambda parts, app: cold_start.measure(),
    "latency": latency.measure,
    "ingest": lambda parts, app: ingest.measure(parts),
    "sdk": sdk.measure,
    "backlog": backlog.measure,
    "rate_limit": rate_limit.measure,
    "growth": growth.measure,
    "contract_rows": contract_rows.measure,
    "outages": lambda parts, app: outages.measure(),
    "switching": lambda parts, app: switching.measure(),
}


_FIGURE, _FAILED = "FIGURE ", "FAILED "


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--section", choices=SECTIONS, help=argparse.SUPPRESS)
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("/tmp/dynamics-oneflow-bench"),
        help="folder for table and plot, outside the repository",
    )
    parser.add_argument("--docs", action="store_true", help="write the table into docs/performance.md, too")
    parser.add_argument("--only", nargs="*", choices=SECTIONS, help="these sections")
    options = parser.parse_args()
    if options.section:
        return _alone(options.section)
    if options.out.resolve().is_relative_to(ROOT):
        parser.error("--out must be outside the repository")
    figures: list[Figure] = []
    failed: list[str] = []
    began = time.monotonic()
    seconds: dict[str, float] = {}
    for name in options.only or SECTIONS:
        started = time.monotonic()
        failed += [f"{name}: {text}" for text in _section(name, figures, began)]
        seconds[name] = time.monotonic() - started
        report.write(figures, failed, seconds, options.out)
    report.plot(figures, options.out)
    if options.docs:
        report.summarise(figures, failed, seconds, ROOT / "docs" / "performance.md")
    print(f"\n{report.times(seconds)}\nWritten to {options.out}.")
    missed = [one.name for one in figures if one.met is False]
    for text in (*missed, *failed):
        print(f"MISSED  {text}")
    return 1 if missed or failed else 0


def _section(name: str, figures: list[Figure], began: float) -> list[str]:
    """One section in a process of its own, since the app is built once in each; what went wrong with it."""
    command = [sys.executable, "-m", "bench", "--section", name]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        failed = []
        for line in process.stdout:
            if line.startswith(_FIGURE):
                figures.append(Figure(**json.loads(line.removeprefix(_FIGURE))))
                _say(figures[-1], time.monotonic() - began)
            elif line.startswith(_FAILED):
                failed.append(line.removeprefix(_FAILED).strip())
    return failed or ([f"ended with {process.returncode}"] if process.returncode else [])


def _alone(name: str) -> int:
    logging.basicConfig(level=logging.ERROR)
    try:
        with Parts.start() as parts:
            app = App(parts)
            app.map()
            for figure in SECTIONS[name](parts, app):
                print(f"{_FIGURE}{json.dumps(asdict(figure))}", flush=True)
    except Exception as error:  # noqa: BLE001 one section that fails leaves the others
        traceback.print_exc()
        print(f"{_FAILED}{type(error).__name__}: {str(error)[:300]}", flush=True)
        return 1
    return 0


def _say(one: Figure, seconds: float) -> None:
    goal = "" if one.goal is None else f" ({'<=' if one.at_most else '>='} {one.goal:g})"
    mark = {None: "      ", True: "met   ", False: "MISSED"}[one.met]
    of = f"{one.measured} over {one.floor}" if one.floor else one.measured
    said = "; ".join(text for text in (of, one.note) if text)
    print(f"{seconds:5.0f} s  {mark} {one.group}: {one.name}: {one.value:.3f}{goal}; {said}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
