"""Which version the solution's content is of: it rises with the content, and with nothing else.

`versions.json` remembers the versions that were built for somebody, each with a digest of what it held. Content that is
remembered has its version; any other has the next one, until `make solution` remembers it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from dynamics.description.whole import Whole
from dynamics.files.archive import entries

NOTES, VERSIONS = Path(__file__).resolve().parents[1], "versions.json"
_ANY = "0.0.0.0"  # a version that no content is digested with another


def digest(whole: Whole) -> str:
    """Of everything but the version itself."""
    parts = hashlib.sha256()
    for name, content in sorted(entries(whole, _ANY, managed=False).items()):
        parts.update(f"{name}\0{len(content)}\0".encode())
        parts.update(content)
    return parts.hexdigest()


def known(file: Path = NOTES / VERSIONS) -> dict[str, str]:
    """version -> digest, oldest first."""
    found: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    return found


def version_of(whole: Whole, versions: Mapping[str, str]) -> str:
    """The last remembered one where nothing changed since; a version is never used again for older content."""
    last = list(versions)[-1] if versions else "1.0.1.0"
    if versions and versions[last] == digest(whole):
        return last
    major, minor, build, revision = last.split(".")
    return f"{major}.{minor}.{build}.{int(revision) + 1}"


def remember(whole: Whole, file: Path) -> str:
    """The version, noted in the file."""
    versions = known(file)
    version = version_of(whole, versions)
    versions[version] = digest(whole)
    file.write_text(json.dumps(versions, indent=2) + "\n")
    return version
