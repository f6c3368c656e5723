"""Numbers in addresses: texts of digits."""

from __future__ import annotations

LARGEST_ID = 10**15 - 1


def whole_number(text: str) -> int:
    """ValueError for what is no whole number, or a longer one than any id has."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_ID))):
        raise ValueError("no whole number")
    return int(text)
