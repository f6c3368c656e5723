"""`python -m dynamics`: the solution's zips into dist/, checked, under a version that rises with the content."""

from __future__ import annotations

import sys
from pathlib import Path

from dynamics.build import write
from dynamics.checks.names import IDS, remember_ids
from dynamics.checks.whole import faults
from dynamics.description.whole import Whole
from dynamics.files.version import NOTES, VERSIONS, remember


def main(folder: Path, notes: Path = NOTES) -> int:
    """`notes`: where versions and ids are noted."""
    whole = Whole()
    version = remember(whole, notes / VERSIONS)
    for managed in (False, True):
        made = write(folder, version, managed, whole)
        found = faults(made.read_bytes())
        for fault in found:
            print(f"{made}: {fault}", file=sys.stderr)
        if found:
            return 1
        remember_ids(made.read_bytes(), notes / IDS)
        print(f"{made}: version {version}, {made.stat().st_size // 1024} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("dist")))
