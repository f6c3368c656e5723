"""What no page may do while a test looks at it: write to the console, break its policy, or send a function key."""

from __future__ import annotations

import re
from collections.abc import Collection

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError

# The browser's own line for an answer of 400 and above; a test names the statuses that it provokes.
_STATUS = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")

_UNREACHABLE = 0


class Watch:
    """Collects what is wrong in all pages of a context."""

    def __init__(self, context: BrowserContext, keys: Collection[str]) -> None:
        self._keys = tuple(keys)
        self._allowed: set[int] = set()
        self._texts: list[str] = []
        self._wrong: list[str] = []
        self._ended = False
        context.on("console", self._said)
        context.on("weberror", self._raised)
        context.on("request", self._asked)

    def expect_status(self, *statuses: int) -> None:
        """The test provokes such answers; the browser notes each of them in the console."""
        self._allowed.update(statuses)

    def expect_unreachable(self) -> None:
        """The test lets requests fail before there is an answer; the browser notes that too."""
        self._allowed.add(_UNREACHABLE)

    def expect_text(self, text: str) -> None:
        """A library that is not ours says this in the console."""
        self._texts.append(text)

    @property
    def wrong(self) -> list[str]:
        return list(self._wrong)

    def end(self) -> None:
        """From here on the pages are closed: what they still asked for is no fault of theirs."""
        self._ended = True

    def forget(self) -> None:
        """For tests of the watch itself."""
        self._wrong.clear()

    def _said(self, message: ConsoleMessage) -> None:
        if self._ended:
            return
        if message.text.startswith("Failed to load resource: net::") and _UNREACHABLE in self._allowed:
            return
        if any(text in message.text for text in self._texts):
            return
        found = _STATUS.match(message.text)
        if found and int(found.group(1)) in self._allowed:
            return
        self._wrong.append(f"console {message.type}: {message.text} ({message.location.get('url', '')})")

    def _raised(self, error: WebError) -> None:
        if not self._ended:
            self._wrong.append(f"uncaught: {error.error}")

    def _asked(self, request: Request) -> None:
        sent = f"{request.url}\n{request.headers}\n{request.post_data or ''}"
        if "x-functions-key" in request.headers or any(key in sent for key in self._keys):
            self._wrong.append(f"a function key was sent: {request.method} {request.url.split('?')[0]}")


def watched(page: Page) -> Watch:
    """The watch of a page's context."""
    watch: Watch = page.context.__dict__["watch"]
    return watch
