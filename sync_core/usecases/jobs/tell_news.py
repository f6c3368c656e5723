"""The `news` job: tell a record's owner of one event, in the app and, by a setting, on the record's timeline.

Each is written under an id of its own that was stored with the event, and only where nothing stands there yet: however
often the job is run, it is told once.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sync_core.engine.model.history import HistoryLine
from sync_core.engine.model.instants import instant_of, instant_text
from sync_core.engine.model.jobs import NewsJob
from sync_core.engine.model.link import Link
from sync_core.engine.model.news import News, Notify
from sync_core.engine.model.words import Side
from sync_core.engine.showing.news import worded
from sync_core.errors import Gone, NotAllowed, Refused, SyncError
from sync_core.usecases.ports import Clock, Notifications
from sync_core.usecases.stores import Jobs, Links, Mappings, Marks, noted

log = logging.getLogger(__name__)

MARK = "notifications"
_LOOKS, _NEXT_LOOK = 2, 60.0  # seconds
_ASKED_EVERY = timedelta(hours=1)
_LOOK_AGAIN = timedelta(minutes=10)


class TellNews:
    """`connected`: another answer after each run of `connect`."""

    def __init__(
        self,
        links: Links,
        mappings: Mappings,
        jobs: Jobs,
        marks: Marks,
        channel: Notifications,
        clock: Clock,
        connected: Callable[[Mapping[str, str]], str | None] = lambda marks: None,
    ) -> None:
        self._links, self._mappings, self._jobs, self._marks = links, mappings, jobs, marks
        self._channel, self._clock, self._connected = channel, clock, connected

    def run(self, job: NewsJob) -> None:
        """Temporary, and what is wrong with the connection as a whole: it is put back."""
        link = self._links.link(job.contract_id)
        if link is None:
            return
        news = next((one for one in link.news if one.id == job.news), None)
        if news is None:
            # Its closing is under way, or came to nothing.
            if job.looks < _LOOKS:
                self._jobs.put(replace(job, looks=job.looks + 1), delay=_NEXT_LOOK * 10**job.looks)
            return
        mapping = self._mappings.get(link.entity)
        if mapping is None or not mapping.notify.tells(news.kind):
            return
        lines = self._lines(link, news) if mapping.notify_values else ()
        title, text = worded(news, link, lines, self._channel.swedish())
        if mapping.timeline_notes:
            self._note(link, news, title, text)
        self._notify(link, news, title, text)

    def _lines(self, link: Link, news: News) -> Sequence[HistoryLine]:
        entries = (self._links.entry(link.contract_id, number) for number in news.entries)
        return [line for entry in entries if entry for line in entry.fields if line.side is Side.DYNAMICS]

    def _note(self, link: Link, news: News, title: str, text: str) -> None:
        note_id = str(uuid.uuid5(uuid.UUID(news.id), "note"))
        try:
            self._channel.note(note_id, link.entity, link.record_id, title, text)
        except (Gone, NotAllowed, Refused) as error:
            log.warning(
                "news.not_noted contract_id=%s kind=%s error=%s missing=%s",
                *(link.contract_id, news.kind, type(error).__name__, getattr(error, "missing", "")),
            )

    def _notify(self, link: Link, news: News, title: str, text: str) -> None:
        kind, _, owner = (link.owner or "").partition(":")
        if kind == "systemuser":
            self._send(news.id, owner, news.kind, title, text, link.record, link.contract_id)

    # --- what is no link's news ---------------------------------------------------------------------------------------

    def swedish(self) -> bool:
        """The language that people are told in."""
        return self._channel.swedish()

    def tell(self, news_id: str, user_id: str, kind: str, title: str, text: str, record: tuple[str, str]) -> None:
        """This user, of what they asked for from the record; not where its table's owners are told of nothing."""
        mapping = self._mappings.get(record[0])
        if mapping is None or mapping.notify is not Notify.OFF:
            self._send(news_id, user_id, kind, title, text, record, None)

    def _send(
        self,
        news_id: str,
        user_id: str,
        kind: str,
        title: str,
        text: str,
        record: tuple[str, str],
        contract_id: int | None,
    ) -> None:
        if self._lacking():
            return
        try:
            told = self._channel.notify(news_id, user_id, kind, title, text, record)
        except (Gone, NotAllowed, Refused) as error:
            # It may be of this user alone, who cannot receive any.
            self._remember(*(self._channel.lacks() or (None, None)))
            name = type(error).__name__
            log.warning("news.not_told contract_id=%s kind=%s error=%s", contract_id, kind, name)
            return
        if told:
            log.info("news.told contract_id=%s kind=%s", contract_id, kind)

    # --- what is lacking ----------------------------------------------------------------------------------------------

    def _lacking(self) -> bool:
        """Asked of Dynamics once an hour at most, every ten minutes while something lacks, after each `connect`."""
        marks = self._marks.all()
        known = noted(marks, MARK)
        every = _LOOK_AGAIN if known.get("what") else _ASKED_EVERY
        is_of_now = known and known.get("connect") == self._connected(marks)
        if is_of_now and self._clock.now() < instant_of(known["asked_at"]) + every:
            return bool(known.get("what"))
        what, name = self._channel.lacks() or (None, None)
        self._remember(what, name)
        return what is not None

    def _remember(self, what: str | None, name: str | None) -> None:
        marks = self._marks.all()
        known, now = noted(marks, MARK), instant_text(self._clock.now())
        since = known.get("at") if known.get("what") == what else now
        if what and known.get("what") != what:
            log.warning("news.lacks what=%s name=%s", what, name)
        content = {"what": what, "name": name, "at": since, "asked_at": now, "connect": self._connected(marks)}
        self._marks.set(MARK, json.dumps(content))

    def show(self, marks: Mapping[str, str]) -> dict[str, Any]:
        """`on`: whether anybody is told of anything."""
        known = noted(marks, MARK)
        try:
            on = any(one.fields and one.notify is not Notify.OFF for one in self._mappings.all())
        except SyncError:
            on = True
        what = known.get("what") if on else None
        return {
            "on": on, "lacks": what, "missing": known.get("name") if what else None,
            "since": known.get("at") if what else None,
        }  # fmt: skip
