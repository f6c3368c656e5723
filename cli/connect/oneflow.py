"""Our webhooks in Oneflow: one for all template types, or one for each of some.

Oneflow may not show a webhook's sign key; then a mark in our own storage tells which one it was given.
https://developer.oneflow.com/reference/create-a-webhook
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cli.connect.items import Change, Found, Kind, Verb
from cli.connect.wanted import fingerprint, webhook_name
from sync_core.adapters.oneflow.models import WebhookBody
from sync_core.adapters.oneflow.subscriptions import EVENTS, Subscriptions, events_of
from sync_core.bootstrap.operator import Operator
from sync_core.errors import Gone

ALL_EVENTS = frozenset(EVENTS)
# The mark of the events that Oneflow took of ours where it did not take all.
TAKEN = "oneflow:webhook_events"


class OneflowPart:
    def __init__(self, operator: Operator, signed_with: str) -> None:
        """`signed_with`: the name of the mark."""
        self._operator, self._signed_with = operator, signed_with
        self._there: dict[str, WebhookBody] = {}

    @property
    def _webhooks(self) -> Subscriptions:
        return self._operator.contracts.subscriptions

    @property
    def _url(self) -> str:
        return self._operator.callback_url or ""

    def read(self) -> list[Found]:
        """By template type; a second one of the same type is told apart, and not wanted."""
        marks = self._operator.marks.all()
        noted, taken = marks.get(self._signed_with, ""), marks.get(TAKEN)
        self._there = {}
        for one in self._webhooks.ours(self._url):
            name = webhook_name(one.template_group_id)
            self._there[f"{name}, again ({one.id})" if name in self._there else name] = one
        return [
            Found(Kind.WEBHOOK, name, str(one.id), _columns(one, noted, taken)) for name, one in self._there.items()
        ]

    def types(self) -> Sequence[int]:
        """The template types that there are webhooks for now; empty for all, or for none at all."""
        found = [one.template_group_id for one in self._webhooks.ours(self._url)]
        return [] if None in found else [kind for kind in found if kind is not None]

    def apply(self, change: Change) -> None:
        if change.verb is Verb.DELETE:
            assert change.found is not None, "only what was found can go"
            self._webhooks.delete(int(change.found.id))
            return
        assert change.wanted is not None, "only a delete has nothing that is wanted"
        key = change.wanted.secret["sign_key"]
        if change.verb is Verb.CREATE:
            self._webhooks.create(self._url, key, change.wanted.fixed["template_group_id"])
        else:
            webhook = self._there.get(change.name)
            if webhook is None:
                raise Gone(f"The webhook {change.name} no longer exists.", side="oneflow")
            self._webhooks.put(webhook, self._url, key)
        self._operator.marks.set(TAKEN, "" if self._webhooks.taken == EVENTS else _named(self._webhooks.taken))

    def note(self, key: str) -> None:
        """All webhooks have this key now."""
        self._operator.marks.set(self._signed_with, fingerprint(key))


def _named(events: Iterable[str]) -> str:
    """`none`: it names no event and hears of all."""
    return ",".join(sorted(events)) or "none"


def _columns(webhook: WebhookBody, noted: str, taken: str | None) -> Mapping[str, object]:
    """Events count as they should be where Oneflow took no more of them."""
    events = events_of(webhook)
    named = "" if webhook.filters and not events else _named(events)
    return {
        "address": fingerprint(webhook.callback_url or ""),
        "events": tuple(sorted(ALL_EVENTS if taken and named == taken else events)),
        "sign key": fingerprint(webhook.sign_key) if webhook.sign_key else noted,
        "template_group_id": webhook.template_group_id,
    }
