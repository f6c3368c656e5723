"""A record's id in its one spelling: what two places spell differently must not become two records."""

from __future__ import annotations

import re

_SPELT = re.compile(r"[({]?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})[)}]?", re.ASCII)
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def is_guid(text: str) -> bool:
    """With dashes and without braces, in letters of either size."""
    return _GUID.fullmatch(text) is not None


def canonical_id(text: str) -> str:
    """A GUID in small letters, with dashes and without braces; what is none, without the blanks around it."""
    found = _SPELT.fullmatch(text.strip().lower())
    return "-".join(found.groups()) if found else text.strip()


def known_id(value: object) -> str | None:
    """The same; None where it is absent, empty or all zeros: .NET's word for none."""
    known = canonical_id(value) if isinstance(value, str) else ""
    return known if known.strip("0-") else None
