"""The tokens that were issued: to whom, for which audience, until when. Another audience's token opens nothing."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Token:
    holder: str
    audience: str
    until: float


class Tokens:
    def __init__(self) -> None:
        self._issued: dict[str, Token] = {}
        self._guard = threading.Lock()

    def issue(self, holder: str, audience: str, lifetime: float) -> str:
        text = secrets.token_urlsafe(32)
        with self._guard:
            self._issued[text] = Token(holder, audience.rstrip("/"), time.monotonic() + lifetime)
        return text

    def holder(self, text: str, audience: str | None) -> str | None:
        with self._guard:
            token = self._issued.get(text)
        if token is None or token.until <= time.monotonic():
            return None
        return token.holder if audience is None or token.audience == audience.rstrip("/") else None

    def revoke(self) -> None:
        with self._guard:
            self._issued.clear()
