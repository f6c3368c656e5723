"""A notification: its signature's check, as it is written (no test can time it), and whom it may be about."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json

import pytest

from sync_core.adapters.oneflow import notification
from sync_core.errors import Unreadable


def test_a_signature_is_compared_in_constant_time_and_nowhere_else() -> None:
    tree = ast.parse(inspect.getsource(notification))
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert calls.count("hmac.compare_digest") == 1
    compared = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Compare)]
    assert not [text for text in compared if "signature" in text or "wanted" in text], "no == that ends at a difference"


def signed(contract_id: object) -> bytes:
    signature = hashlib.sha1(b"callback-key").hexdigest()
    return json.dumps({"callback_id": "callback-", "signature": signature, "contract": {"id": contract_id}}).encode()


@pytest.mark.parametrize("contract_id", [10**4000, 2**53, 0, -7])
def test_a_number_that_no_contract_has_is_refused_at_the_door(contract_id: int) -> None:
    with pytest.raises(Unreadable, match="contract id"):
        notification.read_notification(signed(contract_id), ["key"])


def test_a_contracts_number_is_taken() -> None:
    assert notification.read_notification(signed(2**53 - 1), ["key"]).contract_id == 2**53 - 1
