"""Builds what is deployed: a zip in dist/ that holds what runs and nothing else, the same bytes from the same sources.

`az functionapp deployment source config-zip` takes it, and `azd deploy --from-package`; the platform installs
requirements.txt itself. `.funcignore` leaves the same files to tools that pack the folder by themselves.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_TOP = ("function_app.py", "host.json", "requirements.txt")
# Of the pages: what is served, and the licences of libraries among it.
_WEB = (".html", ".css", ".js", ".licence.txt")
_WHEN = (1980, 1, 1, 0, 0, 0)  # a zip's beginning of time: no build differs by its clock


def names() -> Iterator[str]:
    """Every file of the package, by its path in the repository. Only what git knows: no stray file gets in."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in sorted(filter(None, listed.split("\0"))):
        top = name.partition("/")[0]
        if name in _TOP or (top == "sync_core" and name.endswith(".py")) or (top == "web" and name.endswith(_WEB)):
            yield name


def build(folder: Path) -> Path:
    """The zip's path."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"dynamics-oneflow-sync-{version}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for name in names():
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(entry, (ROOT / name).read_bytes())
    return target


if __name__ == "__main__":
    made = build(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("dist"))
    with zipfile.ZipFile(made) as package:
        print(f"{made}: {len(package.namelist())} files, {made.stat().st_size // 1024} KiB")
