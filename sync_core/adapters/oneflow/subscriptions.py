"""Our webhook subscription in Oneflow. https://developer.oneflow.com/reference/create-a-webhook"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from sync_core.adapters.oneflow.api import OneflowApi, listed, parsed
from sync_core.adapters.oneflow.models import WebhookBody
from sync_core.adapters.oneflow.observed import Observed
from sync_core.engine.model.actor import MACHINE
from sync_core.engine.model.contracts import Subscription
from sync_core.errors import Refused

log = logging.getLogger(__name__)

# Everything after which a field, a signature or the state may be another.
EVENTS = (
    "data_field:update",
    "contract:content_update",
    "contract:publish",
    "contract:sign",
    "contract:decline",
    "contract:delete",
    "contract:signature_reset",
    "contract:signing_period_expire",
    "contract:signing_period_revive",
    "participant:sign",
)
# Those of them that Oneflow's own connector asks for: they are taken if any are.
_CONNECTORS = tuple(one for one in EVENTS if one not in ("contract:content_update", "participant:sign"))
# What a subscription may name, where Oneflow does not take all: fewer, then nothing, which hears everything.
FORMS: tuple[tuple[str, ...], ...] = (EVENTS, _CONNECTORS, ())
_PROBED = {"all": 0, "connector": 1, "refused": 2}  # which of them a probe saw to be taken
FEWER = "Oneflow takes fewer event types than asked for; changes without one are found at the next look."
UNFILTERED = "Oneflow takes no filter for this subscription: it sends every event, also of contracts without a link."
_SAID = {frozenset(EVENTS): "", frozenset(_CONNECTORS): FEWER, frozenset[str](): UNFILTERED}


class Subscriptions:
    def __init__(self, api: OneflowApi, sign_keys: Sequence[str], observed: Observed) -> None:
        self._api, self._sign_keys, self._observed = api, sign_keys, observed
        self.taken: tuple[str, ...] = EVENTS  # what the last subscription that was made or brought up to date names

    def find(self, callback_url: str) -> Subscription | None:
        """Ours are told by their address, without the key in it: a rotated key is the same subscription. There may be
        one per template type; they are current when all are."""
        ours = self.ours(callback_url)
        if not ours:
            return None
        current = all(one.callback_url == callback_url and _said(one) is not None for one in ours)
        exact = next((one for one in ours if one.callback_url == callback_url), ours[0])
        return Subscription(_id(exact), exact.callback_url or "", current, _said(exact) or "")

    def subscribe(self, callback_url: str) -> Subscription:
        """Make it, or bring ours up to date; the sign key is set anew each time: it cannot be read back surely."""
        ours = self.ours(callback_url)
        for one in ours:
            self.put(one, callback_url, self._sign_keys[0])
        if not ours:
            self.create(callback_url, self._sign_keys[0])
        made = self.find(callback_url)
        if made is None:
            raise Refused("oneflow accepted the webhook subscription but does not list it", side="oneflow")
        return made

    def unsubscribe(self, callback_url: str) -> None:
        """Every subscription to our address goes: a second one would only double the notifications."""
        for one in self.ours(callback_url):
            self.delete(_id(one))

    # --- one at a time ------------------------------------------------------------------------------------------------

    def ours(self, callback_url: str) -> list[WebhookBody]:
        rows = [parsed(WebhookBody, row) for row in listed(self._api.call("GET", "webhooks", MACHINE).data)]
        return [one for one in rows if one.id is not None and _bare(one.callback_url or "") == _bare(callback_url)]

    def create(self, callback_url: str, sign_key: str, template_type_id: int | None = None) -> int | None:
        """For contracts of one template type, or of all; its id, where the answer tells it."""
        body = {"callback_url": callback_url, "sign_key": sign_key, "template_group_id": template_type_id}
        data = self._filtered(lambda filters: self._api.call("POST", "webhooks", MACHINE, json=body | filters).data)
        return parsed(WebhookBody, data).id if data else None

    def put(self, webhook: WebhookBody, callback_url: str, sign_key: str) -> None:
        """Address, events and key; its template type stays."""
        body, at = {"callback_url": callback_url, "sign_key": sign_key}, {"id": _id(webhook)}
        self._filtered(lambda filters: self._api.call("PUT", "webhooks/{id}", MACHINE, at=at, json=body | filters))

    def _filtered(self, send: Callable[[dict[str, Any]], Any]) -> Any:
        """With all our events; where Oneflow refuses them with fewer, then with no filter at all."""
        for events in FORMS[_PROBED.get(self._observed.position("webhook_filters") or "", 0) :]:
            rules = [{"filter_rules": [{"type": "EVENT_TYPE", "values": list(events)}]}]
            try:
                answer = send({"filters": rules if events else None})
            except Refused as refused:
                if not events or not _is_about_filters(refused):
                    raise
                log.warning("webhook.filters_refused events=%s code=%s", len(events), refused.code)
            else:
                self.taken = events
                return answer
        raise AssertionError("the last form is sent or raises")

    def delete(self, webhook_id: int) -> None:
        self._api.call("DELETE", "webhooks/{id}", MACHINE, at={"id": webhook_id})


def _is_about_filters(refused: Refused) -> bool:
    return refused.status == 400 and (
        not refused.fields or any(place.startswith("filters") for place in refused.fields)
    )


def _said(webhook: WebhookBody) -> str | None:
    """What there is to say of the events that it names; None where they are none that we would ask for."""
    if webhook.filters and not events_of(webhook):
        return None
    return _SAID.get(frozenset(events_of(webhook)))


def _id(webhook: WebhookBody) -> int:
    assert webhook.id is not None, "only those with an id are ours"
    return webhook.id


def _bare(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(query="", fragment=""))


def events_of(webhook: WebhookBody) -> set[str]:
    """Empty where it is restricted in another way."""
    rules = [rule for one in webhook.filters or () for rule in one.get("filter_rules", ())]
    if any(rule.get("type") != "EVENT_TYPE" for rule in rules):
        return set()
    return {value for rule in rules for value in rule.get("values", ())}
