"""With settings missing, health and every function say which, all at once and never with a value."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MISSING = ("ONEFLOW_API_TOKEN", "ONEFLOW_SIGN_KEYS", "DATAVERSE_URL", "DATAVERSE_CLIENT_ID", "AzureWebJobsStorage")

_ASK = """
import json, sys
import azure.functions as func
import function_app
from sandbox.host.http import Front
from sandbox.host.invokers import DirectInvoker
from sandbox.host.model import specs_of
from sandbox.wire import Request

invoker = DirectInvoker("function_app", 4)
specs = specs_of(invoker.functions, {"AzureWebJobsStorage": "only for the check of the host"})
front = Front(specs, "api", invoker, lambda text: None)
answers = {}
for spec in specs:
    if spec.kind != "http" or spec.name in ("openapi", "ui"):
        continue
    path = "/api/" + spec.route.replace("{contract_id}", "7").replace("{", "").replace("}", "")
    method = next(iter(spec.methods))
    headers = {"x-functions-key": front.host_key, "content-type": "application/json", "if-match": "*"}
    answer = front(Request(method, path, (), headers, b"{}", path))
    answers[spec.name] = [answer.status, answer.body.decode()]
print(json.dumps(answers))
"""


def test_every_function_says_which_settings_are_missing() -> None:
    env = {"PATH": "/usr/bin:/bin", "SYNC_LOCAL_USER": "0b1ec700-0000-4000-8000-000000000002,Sync.Admin"}
    env |= {"ONEFLOW_USER_EMAIL": "MARKER-VALUE@example.com", "SYNC_HISTORY_DAYS": "MARKER-DAYS"}
    done = subprocess.run(
        [sys.executable, "-c", _ASK], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=True
    )
    answers = json.loads(done.stdout.splitlines()[-1])
    assert len(answers) > 25
    for name, (status, body) in answers.items():
        assert status == 503, f"{name} answered {status}: {body[:200]}"
        for setting in (*MISSING, "SYNC_HISTORY_DAYS"):
            assert setting in body, f"{name} does not name {setting}"
        assert "MARKER" not in body
