"""Our webhook subscription in Oneflow. https://developer.oneflow.com/reference/create-a-webhook"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from sync_core.adapters.oneflow.api import OneflowApi, listed, parsed
from sync_core.adapters.oneflow.models import WebhookBody
from sync_core.engine.model.actor import MACHINE
from sync_core.engine.model.contracts import Subscription
from sync_core.errors import Refused

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
_FILTERS = [{"filter_rules": [{"type": "EVENT_TYPE", "values": list(EVENTS)}]}]


class Subscriptions:
    def __init__(self, api: OneflowApi, sign_keys: Sequence[str]) -> None:
        self._api, self._sign_keys = api, sign_keys

    def find(self, callback_url: str) -> Subscription | None:
        """Ours are told by their address, without the key in it: a rotated key is the same subscription. There may be
        one per template type; they are current when all are."""
        ours = self.ours(callback_url)
        if not ours:
            return None
        current = all(one.callback_url == callback_url and events_of(one) == set(EVENTS) for one in ours)
        exact = next((one for one in ours if one.callback_url == callback_url), ours[0])
        return Subscription(_id(exact), exact.callback_url or "", current)

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
        body = _body(callback_url, sign_key) | {"template_group_id": template_type_id}
        data = self._api.call("POST", "webhooks", MACHINE, json=body).data
        return parsed(WebhookBody, data).id if data else None

    def put(self, webhook: WebhookBody, callback_url: str, sign_key: str) -> None:
        """Address, events and key; its template type stays."""
        self._api.call("PUT", "webhooks/{id}", MACHINE, at={"id": _id(webhook)}, json=_body(callback_url, sign_key))

    def delete(self, webhook_id: int) -> None:
        self._api.call("DELETE", "webhooks/{id}", MACHINE, at={"id": webhook_id})


def _body(callback_url: str, sign_key: str) -> dict[str, Any]:
    return {"callback_url": callback_url, "sign_key": sign_key, "filters": _FILTERS}


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
