"""The check of a notification's signature, as it is written: no test can time it."""

from __future__ import annotations

import ast
import inspect

from sync_core.adapters.oneflow import notification


def test_a_signature_is_compared_in_constant_time_and_nowhere_else() -> None:
    tree = ast.parse(inspect.getsource(notification))
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert calls.count("hmac.compare_digest") == 1
    compared = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Compare)]
    assert not [text for text in compared if "signature" in text or "wanted" in text], "no == that ends at a difference"
