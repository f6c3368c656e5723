"""The connection to both vendors: what it is, whether it lives, and Oneflow's webhooks on or off."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from sync_core.engine.model.instants import instant_text
from sync_core.engine.model.mapping import EntityMapping
from sync_core.engine.model.probed import AT, QUESTIONS, answers_of, verdict_of
from sync_core.errors import ConfigurationError, SyncError
from sync_core.usecases.administration.registrations import registrations
from sync_core.usecases.ports import Clock, Contracts, Records
from sync_core.usecases.stores import Marks

log = logging.getLogger(__name__)

# The mark under which the command-line tool notes the fingerprint of the sign key that the webhooks were given.
SIGNED_WITH = "webhooks_signed_with"


Telling = Callable[[], Sequence[Mapping[str, Any]]]


class Connection:
    """`callback_url` is where Oneflow sends its webhooks, function key included; None without PUBLIC_URL. `lacks`: what
    the application user lacks at either side. `secrets`: digests of those that the functions without a route use."""

    def __init__(
        self,
        records: Records,
        contracts: Contracts,
        marks: Marks,
        environment: str,
        callback_url: str | None,
        lacks: Telling = list,
        secrets: Telling = list,
        mappings: Callable[[], Sequence[EntityMapping]] = tuple,
        rows: Callable[[Mapping[str, str]], Mapping[str, Any]] = dict,
    ) -> None:
        """`rows`: what is known of the contracts' table, by the marks."""
        self._rows = rows
        self._records, self._contracts, self._marks, self._mappings = records, contracts, marks, mappings
        self._environment, self._callback_url, self._lacks = environment, callback_url, lacks
        self._secrets = secrets

    def show(self) -> dict[str, Any]:
        """Both accounts; a part that does not answer says so and hides no other."""
        marks = self._marks.all()
        return {
            "environment": self._environment,
            "dynamics": _part(self._records.identity),
            "oneflow": _part(self._contracts.account),
            "webhooks": _part(self._webhooks),
            "registrations": registrations(marks, self._mappings()),
            "last_event": marks.get("last_event"),
            "last_reconcile": marks.get("last_reconcile"),
            "lacks": self._lacks(),
            "contract_table": self._rows(marks),
            "secrets_by_function": self._secrets(),
            "probe": _probe(marks),
            "drift": int(marks.get("drift") or 0),  # changes that reconcile found and no event announced
        }

    def webhooks_on(self) -> dict[str, Any]:
        """Create Oneflow's subscription to us, or bring it up to date."""
        if self._callback_url is None:
            raise ConfigurationError(["PUBLIC_URL is missing: Oneflow's webhooks need to know where to call."])
        subscription = self._contracts.subscribe(self._callback_url)
        self._marks.set(SIGNED_WITH, "")  # what the command-line tool noted may not hold any more
        log.info("webhooks.on subscription_id=%s", subscription.id)
        return self._webhooks()

    def webhooks_off(self) -> dict[str, Any]:
        if self._callback_url is not None:
            self._contracts.unsubscribe(self._callback_url)
            log.info("webhooks.off")
        return self._webhooks()

    def _webhooks(self) -> dict[str, Any]:
        if self._callback_url is None:
            return {"on": False, "callback_url": None, "current": False, "reason": "PUBLIC_URL is missing."}
        found = self._contracts.subscription(self._callback_url)
        shown = _without_key(self._callback_url)
        if found is None:
            return {"on": False, "callback_url": shown, "current": False, "reason": None}
        reason = (found.said or None) if found.current else _OUT_OF_DATE
        return {"on": True, "callback_url": shown, "current": found.current, "reason": reason}


_OUT_OF_DATE = "The subscription is out of date; switch webhooks on again to repair it."


class LastEvent:
    """Remembers when the last webhook came, at most once in `every` seconds of this process."""

    def __init__(self, marks: Marks, clock: Clock, every: float = 30.0) -> None:
        self._marks, self._clock, self._every = marks, clock, every
        self._next, self._guard = 0.0, threading.Lock()

    def heard(self) -> None:
        with self._guard:
            if self._clock.monotonic() < self._next:
                return
            self._next = self._clock.monotonic() + self._every
        self._marks.set("last_event", instant_text(self._clock.now()))


class Health:
    """Per dependency, by name only, no more often than every 30 s."""

    def __init__(
        self,
        checks: Mapping[str, Callable[[], Any]],
        clock: Clock,
        pool: Executor,
        keep: float = 30.0,
        lacks: Telling = list,
        secrets: Telling = list,
        answers: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._answers = answers
        self._checks, self._clock, self._pool, self._keep = checks, clock, pool, keep
        self._lacks, self._secrets = lacks, secrets
        self._known: tuple[float, bool, dict[str, Any]] | None = None

    def check(self) -> tuple[bool, dict[str, Any]]:
        """Whether all is well, and what each dependency says."""
        known = self._known
        if known and self._clock.monotonic() < known[0]:
            return known[1], known[2]
        asked = {name: self._pool.submit(_state, check) for name, check in self._checks.items()}
        states = {name: future.result() for name, future in asked.items()}
        well = all(state == "ok" for state in states.values())
        body = {
            "status": "ok" if well else "failing",
            "dependencies": states,
            # Without times: anybody may look at health.
            "lacks": _only(self._lacks, "side", "code", "missing"),
            "secrets_by_function": _only(self._secrets, "function", "secrets"),
            "probe": self._probed(),
        }
        self._known = (self._clock.monotonic() + self._keep, well, body)
        return well, body

    def _probed(self) -> dict[str, str]:
        """What a probe saw that is not as assumed, by question."""
        try:
            answers = self._answers()
        except SyncError:
            return {}
        return {name: position for name, position in answers.items() if verdict_of(name, position) == "no"}


def _only(tell: Telling, *names: str) -> list[dict[str, Any]]:
    try:
        return [{name: one[name] for name in names} for one in tell()]
    except SyncError:
        return []  # storage says so itself


def _state(check: Callable[[], Any]) -> str:
    try:
        check()
    except SyncError as error:
        log.warning("health.failing error=%s", error)
        return type(error).__name__
    return "ok"


def _probe(marks: Mapping[str, str]) -> dict[str, Any]:
    """What a probe saw of the account: a line for each question that it has an answer to."""
    answers = [
        {"question": name, "text": QUESTIONS[name].text, "verdict": verdict_of(name, position), "seen": position}
        for name, position in answers_of(marks).items()
    ]
    return {"at": marks.get(AT), "answers": answers}


def _part(read: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    try:
        return dict(read())
    except SyncError as error:
        return {"error": str(error)}


def _without_key(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(query=""))
