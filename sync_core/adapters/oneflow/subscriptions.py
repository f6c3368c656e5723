"""Our webhook subscription in Oneflow. https://developer.oneflow.com/reference/create-a-webhook"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from sync_core.adapters.oneflow.api import OneflowApi, listed, parsed
from sync_core.adapters.oneflow.models import WebhookBody
from sync_core.engine.parties import MACHINE, Subscription
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
        """Ours is told by its address, without the key in it: a rotated key is the same subscription."""
        ours = [one for one in self._all() if _bare(one.callback_url or "") == _bare(callback_url)]
        exact = [one for one in ours if one.callback_url == callback_url]
        best = next(iter([*exact, *ours]), None)
        if best is None or best.id is None:
            return None
        current = best.callback_url == callback_url and _events(best) == set(EVENTS) and best.template_group_id is None
        return Subscription(best.id, best.callback_url or "", current)

    def subscribe(self, callback_url: str) -> Subscription:
        """Make it, or bring it up to date; the sign key is set anew each time, since it cannot be read back surely."""
        body: dict[str, Any] = {"callback_url": callback_url, "sign_key": self._sign_keys[0], "filters": _FILTERS}
        found = self.find(callback_url)
        if found is None:
            self._api.call("POST", "webhooks", MACHINE, json=body)
        else:
            self._api.call("PUT", "webhooks/{id}", MACHINE, at={"id": found.id}, json=body)
        made = self.find(callback_url)
        if made is None:
            raise Refused("oneflow accepted the webhook subscription but does not list it", side="oneflow")
        return made

    def unsubscribe(self, callback_url: str) -> None:
        """Every subscription to our address goes: a second one would only double the notifications."""
        for one in self._all():
            if one.id is not None and _bare(one.callback_url or "") == _bare(callback_url):
                self._api.call("DELETE", "webhooks/{id}", MACHINE, at={"id": one.id})

    def _all(self) -> list[WebhookBody]:
        return [parsed(WebhookBody, row) for row in listed(self._api.call("GET", "webhooks", MACHINE).data)]


def _bare(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(query="", fragment=""))


def _events(webhook: WebhookBody) -> set[str]:
    rules = [rule for one in webhook.filters or () for rule in one.get("filter_rules", ())]
    if any(rule.get("type") != "EVENT_TYPE" for rule in rules):
        return set()
    return {value for rule in rules for value in rule.get("values", ())}
