"""Oneflow's notifications, signed as it signs them."""

from __future__ import annotations

import hashlib
import json
import secrets

from bench.parts import SIGN_KEY


def notification(contract_id: int) -> bytes:
    callback_id = secrets.token_hex(20)
    signature = hashlib.sha1((callback_id + SIGN_KEY).encode(), usedforsecurity=False).hexdigest()
    event = {"id": 1, "type": "data_field:update", "created_time": "2026-03-12T10:00:00+0000"}
    content = {"callback_id": callback_id, "signature": signature, "contract": {"id": contract_id}, "events": [event]}
    return json.dumps(content).encode()
