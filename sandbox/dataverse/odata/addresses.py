"""The path of an address: `accounts(key)/name`, cut at slashes that stand in no quotes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox.dataverse.odata.refusals import bad
from sandbox.dataverse.odata.tokens import GUID, Literal, Token, literal, tokens

_SEGMENT = re.compile(r"([\w.$]+)(?:\((.*)\))?", re.ASCII | re.DOTALL)
_GUID = re.compile(GUID)


@dataclass(frozen=True)
class Segment:
    """`key`: a record's id, or the columns of an alternate key; None where there are no brackets."""

    name: str
    key: str | dict[str, Literal] | None = None


def segments(path: str) -> tuple[Segment, ...]:
    """Problem where a segment cannot be read."""
    return tuple(segment(part) for part in cut(path, "/"))


def segment(text: str) -> Segment:
    match = _SEGMENT.fullmatch(text)
    if match is None:
        raise bad(f"Syntax error in the address at '{text}'.")
    name, inside = match.groups()
    return Segment(name, None if inside is None else _key(inside))


def cut(text: str, mark: str) -> list[str]:
    """At this mark, outside quotes and brackets."""
    parts, depth, quoted = [""], 0, False
    for one in text:
        quoted ^= one == "'"
        depth += 0 if quoted else (one == "(") - (one == ")")
        if one == mark and not quoted and depth == 0:
            parts.append("")
        else:
            parts[-1] += one
    return parts


def _key(text: str) -> str | dict[str, Literal]:
    if _GUID.fullmatch(text):
        return text.lower()
    words = tokens(text, "the key")[:-1]
    found: dict[str, Literal] = {}
    while words:
        name, equals, value, *words = words if len(words) >= 3 else [Token("end", text)] * 3
        given = literal(value)
        if name.kind != "name" or not equals.is_mark("=") or given is None or name.text in found:
            raise bad(f"Bad Request - Error in query syntax: the key '{text}' cannot be read.")
        found[name.text] = given
        if words and not words.pop(0).is_mark(","):
            raise bad(f"Bad Request - Error in query syntax: the key '{text}' cannot be read.")
    return found
