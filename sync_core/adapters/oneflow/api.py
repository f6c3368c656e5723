"""Calling Oneflow: its headers, its error bodies, its pages. https://developer.oneflow.com/docs/endpoints"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import requests
from pydantic import ValidationError

from sync_core.adapters.http import Answer, VendorHttp
from sync_core.adapters.oneflow.addresses import Addresses, AddressNow
from sync_core.adapters.oneflow.models import Wire
from sync_core.adapters.oneflow.pace import Pace
from sync_core.adapters.oneflow.refusals import explain
from sync_core.engine.model.actor import MACHINE, Actor
from sync_core.errors import ConnectionBroken, NoAccount, Temporary

PAGE = 100  # https://developer.oneflow.com/docs/pagination
_HIGHEST_OFFSET = 19_900
_CONTRACTS = "contracts"  # how the paths of what not everybody may see begin
_USERS = 1000  # of the account are looked through for how it spells an address

Model = TypeVar("Model", bound=Wire)


class OneflowApi:
    """`timeout` in seconds for each answer. A machine acts as `user_email`, a person as themselves or not at all
    (`address_now`: see Addresses). `pace` is told of every request.

    `sees_all`: False where that user is known not to see every contract: machines then read contracts as the token
    alone, which does. They write as the user all the same: who writes is in the contract's own log."""

    def __init__(
        self,
        session: requests.Session,
        url: str,
        token: str,
        user_email: str,
        timeout: float,
        pace: Pace | None = None,
        address_now: AddressNow | None = None,
        monotonic: Callable[[], float] = lambda: 0.0,
        sees_all: Callable[[], bool] = lambda: True,
    ) -> None:
        self.sees_all = sees_all
        self._user_email, self._pace, self._monotonic, self._session = user_email, pace, monotonic, session
        self._addresses = Addresses(address_now, self._listed_addresses)
        self.said: tuple[float, datetime | None] = (0.0, None)  # when it last answered, and its own time then
        headers = {"X-Oneflow-API-Token": token}
        self._http = VendorHttp(
            "oneflow", url, session, timeout=(min(5.0, timeout), timeout), headers=lambda: headers, explain=explain
        )

    def call(
        self,
        verb: str,
        path: str,
        actor: Actor,
        *,
        at: Mapping[str, object] | None = None,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
    ) -> Answer:
        if actor.is_machine:
            if verb == "GET" and path.startswith(_CONTRACTS) and not self.sees_all():
                return self.as_token(path, params, at)
            return self._request(verb, path, self._user_email, at=at, params=params, json=json)
        for email in self._addresses.of(actor):
            try:
                return self._request(verb, path, email, at=at, params=params, json=json)
            except ConnectionBroken:
                # One status for a bad token and for an unknown e-mail: whether the token is good, a ping tells.
                self._request("GET", "ping", self._user_email)
        raise NoAccount("Oneflow does not know you.", side="oneflow")  # the addresses end with a better reason

    def listen(self, heard: Callable[..., None]) -> None:
        """From now on `heard` is told of every answer, as a hook of `requests`."""
        self._session.hooks["response"].append(heard)

    def ask(self) -> None:
        """Before each request of a write: RateLimited, with what is left of it, while Oneflow takes no more."""
        if self._pace is not None:
            self._pace.ask()

    def _listed_addresses(self) -> Iterator[str]:
        for row in self.pages("users", MACHINE, most=_USERS):
            if isinstance(row, Mapping) and row.get("active") is not False and isinstance(row.get("email"), str):
                yield row["email"]

    def as_user(self, path: str, at: Mapping[str, object]) -> Answer:
        """Read as the configured user, whatever is known of what they see."""
        return self._request("GET", path, self._user_email, at=at)

    def as_token(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        at: Mapping[str, object] | None = None,
    ) -> Answer:
        """Read as the token alone, so that it can be told from the configured user."""
        return self._paced("GET", path, at=at, params=params)

    def file(self, path: str, at: Mapping[str, object], most: int) -> bytes:
        """A file's bytes, as machines read contracts."""
        headers = {"X-Oneflow-User-Email": self._user_email} if self.sees_all() else {}
        parts: dict[str, Any] = {"at": at, "params": {"download": "true"}, "headers": headers}
        if self._pace is None:
            return self._http.file(path, most, **parts)
        with self._pace.request(patient=True):
            return self._http.file(path, most, **parts)

    def _request(self, verb: str, path: str, email: str, **parts: Any) -> Answer:
        return self._paced(verb, path, headers={"X-Oneflow-User-Email": email}, **parts)

    def _paced(self, verb: str, path: str, **parts: Any) -> Answer:
        if self._pace is None:
            return self._heard(self._http.request(verb, path, **parts))
        with self._pace.request(patient=verb == "GET"):
            answer = self._heard(self._http.request(verb, path, **parts))
        self._pace.told(answer.headers)
        return answer

    def _heard(self, answer: Answer) -> Answer:
        with suppress(ValueError, TypeError):  # an answer without its time, or with one of another form
            self.said = self._monotonic(), parsedate_to_datetime(answer.headers.get("Date") or "")
        return answer

    def pages(
        self, path: str, actor: Actor, params: Mapping[str, str | int] | None = None, most: int = _HIGHEST_OFFSET
    ) -> Iterator[Any]:
        """The rows of a list, page by page, as far as offsets reach."""
        for offset in range(0, most, PAGE):
            data = self.call("GET", path, actor, params={**(params or {}), "limit": PAGE, "offset": offset}).data
            rows = listed(data)
            yield from rows
            if len(rows) < PAGE:
                return


def listed(data: Any) -> list[Any]:
    """The rows of a list, with or without its envelope."""
    if isinstance(data, Mapping):
        data = data.get("data")
    return data if isinstance(data, list) else []


def count_of(data: Any) -> int | None:
    """How many rows a list has in all, where its envelope tells it."""
    count = data.get("count") if isinstance(data, Mapping) else None
    return count if isinstance(count, int) else None


def parsed(model: type[Model], data: Any) -> Model:
    """Temporary where the answer is not what Oneflow owes: an edge or a proxy may have answered."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        places = ", ".join(sorted({".".join(map(str, one["loc"])) for one in error.errors()})[:5])
        raise Temporary(f"oneflow answered with an unexpected shape ({places})", side="oneflow") from None
