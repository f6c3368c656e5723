"""The words of an OData expression."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sandbox.dataverse.odata.refusals import bad

GUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_KINDS = {
    "space": r"\s+",
    "guid": rf"{GUID}\b",
    "instant": r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})",
    "date": r"\d{4}-\d{2}-\d{2}(?![\dT-])",
    "number": r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.-])",
    "enum": r"[A-Za-z_][\w.]*'[^']*'",
    "name": r"[A-Za-z_@][\w.]*",
    "text": r"'(?:[^']|'')*'",
    "quoted": r'"[^"]*"',
    "mark": r"[(),/=:\[\]]",
}
_TOKEN = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _KINDS.items()), re.ASCII)


@dataclass(frozen=True)
class Token:
    kind: str
    text: str

    def is_mark(self, text: str) -> bool:
        return self.kind == "mark" and self.text == text

    def is_word(self, *texts: str) -> bool:
        return self.kind == "name" and self.text in texts


END = Token("end", "the end")


def tokens(text: str, what: str) -> list[Token]:
    """`what`: the option that is read, as a refusal names it."""
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise bad(f"Syntax error in {what} at position {at}: '{text[at : at + 40]}'.")
        if match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match.group()))
        at = match.end()
    return [*found, END]


@dataclass(frozen=True)
class Literal:
    """A value with its type: "Edm.Guid"; of an enumeration the type's own name."""

    edm: str
    value: Any


def literal(token: Token) -> Literal | None:
    """None where the token is no literal."""
    text = token.text
    if token.kind == "text":
        return Literal("Edm.String", text[1:-1].replace("''", "'"))
    if token.kind == "guid":
        return Literal("Edm.Guid", text.lower())
    if token.kind == "number":
        whole = re.fullmatch(r"-?\d+", text)
        return Literal("Edm.Int64" if whole else "Edm.Decimal", Decimal(text))
    if token.kind == "enum":
        kind, _, member = text.partition("'")
        return Literal(kind, member[:-1])
    if token.is_word("true", "false"):
        return Literal("Edm.Boolean", text == "true")
    if token.is_word("null"):
        return Literal("null", None)
    try:
        if token.kind == "instant":
            return Literal("Edm.DateTimeOffset", datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC))
        if token.kind == "date":
            return Literal("Edm.Date", date.fromisoformat(text))
    except ValueError:
        raise bad(f"'{text}' is no date.") from None
    return None
