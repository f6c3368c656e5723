"""What an HTTP header can carry: characters that are seen, and blanks between them.

https://www.rfc-editor.org/rfc/rfc9110#section-5.5: what lies beyond ASCII arrives as nobody can foretell, and a line
break would begin another header.
"""

from __future__ import annotations

import re

_NOT_CARRIED = re.compile(r"[^\x20-\x7e]")


def not_carried(text: str) -> str | None:
    """The first character that no header carries, by its code point (`U+200B`); None where the text can be sent."""
    found = _NOT_CARRIED.search(text)
    return f"U+{ord(found[0]):04X}" if found else None
