"""Oneflow's webhook notification: its signature and the ids in it, nothing else is believed.

The signature is sha1(callback_id + sign key); it proves knowledge of a key, not the body's content.
https://developer.oneflow.com/docs/webhook-and-event
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync_core.engine.model.contract_id import is_contract_id
from sync_core.errors import NotAuthentic, Unreadable
from sync_core.untrusted_json import untrusted_json

LARGEST = 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Notification:
    contract_id: int | None
    callback_id: str
    event_types: tuple[str, ...] = ()


def read_notification(body: bytes, sign_keys: Sequence[str]) -> Notification:
    """Unreadable, or NotAuthentic where no sign key fits."""
    content = _object(body)
    callback_id = content.get("callback_id")
    events = [one for one in content.get("events") or () if isinstance(one, Mapping)]
    signature = content.get("signature") or next((one["signature"] for one in events if one.get("signature")), None)
    if not isinstance(callback_id, str) or not isinstance(signature, str):
        raise NotAuthentic("The notification carries no callback_id with a signature.")
    # Every key is tried, in constant time each.
    fits = [_fits(signature, callback_id, key) for key in sign_keys]
    if not any(fits):
        raise NotAuthentic("The notification's signature fits none of the sign keys in ONEFLOW_SIGN_KEYS.")
    return Notification(_contract_id(content), callback_id, tuple(str(one.get("type")) for one in events))


def _contract_id(content: Mapping[str, Any]) -> int | None:
    contract = content.get("contract")
    contract_id = contract.get("id") if isinstance(contract, Mapping) else None
    if not isinstance(contract_id, int) or isinstance(contract_id, bool):
        return None
    if not is_contract_id(contract_id):
        raise Unreadable("The notification's contract id is none that a contract can have.")
    return contract_id


def _object(body: bytes) -> Mapping[str, Any]:
    if len(body) > LARGEST:
        raise Unreadable(f"The notification is longer than {LARGEST} bytes.")
    try:
        content = untrusted_json(body)
    except ValueError as error:
        raise Unreadable("The notification is not JSON.") from error
    if not isinstance(content, Mapping) or not isinstance(content.get("events") or [], list):
        raise Unreadable("The notification is not an object with a contract and events.")
    return content


def _fits(signature: str, callback_id: str, key: str) -> bool:
    # Oneflow's own formula; the digest is no safeguard of ours to choose.
    wanted = hashlib.sha1((callback_id + key).encode(), usedforsecurity=False).hexdigest()
    return hmac.compare_digest(signature.lower().encode(), wanted.encode())
