"""Licences of all dependencies, by licence, and known vulnerabilities of those that are deployed.

Fails where a licence is none of those below, or a vulnerability is known. Where the vulnerability service does not
answer for a package, it says so loudly and does not fail: nothing is known then, neither good nor bad.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
BAR = "#" * 78

# May be used in a product without duties beyond keeping the text. MPL: certifi and a few tools, used unchanged.
ALLOWED = re.compile(r"MIT|Apache|BSD|ISC|PSF|Python Software Foundation|MPL|Mozilla|Unlicense|CC0|0BSD|Zlib", re.I)
FORBIDDEN = re.compile(r"\bA?GPL|General Public|SSPL|BUSL|Commons Clause|Proprietary", re.I)
# Packages whose metadata name no licence, looked up in their source by hand.
BY_HAND = {"axe-playwright-python": "MIT"}


def deployed() -> set[str]:
    """Names in requirements.txt."""
    return {_name(one) for one in re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text(), re.M)}


def licences() -> int:
    done = _run("pip-licenses", "--from=mixed", "--format=json", "--with-system")
    found: dict[str, list[str]] = defaultdict(list)
    bad = 0
    runs = deployed()
    for one in json.loads(done.stdout):
        name = _name(one["Name"])
        text = BY_HAND.get(name, one["License"]).replace("\n", " ")[:60]
        found[text].append(f"{name}*" if name in runs else name)
        if not ALLOWED.search(text) or FORBIDDEN.search(text):
            print(f"licences: {name} has a licence that is not on the list: {text}", file=sys.stderr)
            bad += 1
    for one in json.loads((ROOT / "web/vendor/vendored.json").read_text()):
        found[one["licence"]].append(f"{one['package']} (in web/vendor)*")
        bad += not ALLOWED.search(one["licence"])
    for text, names in sorted(found.items()):
        print(f"  {text}: {', '.join(sorted(names))}")
    print(f"licences: {sum(map(len, found.values()))} packages (* is deployed), {bad} refused")
    return bad


def vulnerabilities() -> int:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = ("--disable-pip", "--require-hashes", "-r", "requirements.txt", "--progress-spinner", "off")
        _run("pip-audit", *command, "--format", "json", "--output", str(report))
        try:
            packages: list[dict[str, Any]] = json.loads(report.read_text())["dependencies"]
        except (OSError, ValueError, KeyError):
            packages = []
    known = [one for one in packages if "vulns" in one]
    if len(known) < len(deployed()):
        left = f"{len(deployed()) - len(known)} of {len(deployed())} packages"
        print(f"{BAR}\n## NOT RUN for {left}: the look for known vulnerabilities.", file=sys.stderr)
        print(f"## Its service did not answer for them.\n{BAR}", file=sys.stderr)
    hit = [one for one in known if one["vulns"]]
    for one in hit:
        fixes = sorted({fix for each in one["vulns"] for fix in each["fix_versions"]})
        ids = ", ".join(each["id"] for each in one["vulns"])
        mended = f"fixed in {', '.join(fixes)}: raise it in requirements.in, make lock" if fixes else "no fix yet"
        print(f"pip-audit: {one['name']} {one['version']}: {ids}; {mended}", file=sys.stderr)
    print(f"pip-audit: {len(known)} packages looked up, {len(hit)} with known vulnerabilities")
    return len(hit)


def _run(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BIN / tool, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def _name(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


if __name__ == "__main__":
    sys.exit(1 if licences() + vulnerabilities() else 0)
