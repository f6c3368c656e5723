"""What a fresh process loads until its first webhook is on the queue: nothing that this webhook does not need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox.azurite import Azurite

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = {
    "ONEFLOW_API_TOKEN": "a" * 40,
    "ONEFLOW_USER_EMAIL": "integration@example.com",
    "ONEFLOW_SIGN_KEYS": "sign-key",
    "PUBLIC_URL": "https://sync.example.com",
    "DATAVERSE_URL": "https://contoso.crm4.dynamics.com",
    "DATAVERSE_TENANT_ID": "00000000-0000-0000-0000-000000000000",
    "DATAVERSE_CLIENT_ID": "00000000-0000-0000-0000-000000000000",
    "DATAVERSE_CLIENT_SECRET": "secret",
}
# Where pydantic builds a model's schema; the package itself may not be there either.
FOREIGN = ("msal", "azure.data.tables", "azure.identity", "pydantic", "pydantic_core", "babel", "tzdata")
_OF_A_JOB = {"sync_core.engine", "sync_core.engine.model"} | {
    f"sync_core.engine.model.{name}" for name in ("contract_id", "ids", "instants", "jobs")
}

_RUN = """
import hashlib, json, sys
import azure.functions as func
import function_app
known = {one.get_function_name(): one for one in function_app.app.get_functions()}
body = {"callback_id": "c", "signature": hashlib.sha1(b"csign-key").hexdigest(), "contract": {"id": 70001},
        "events": [{"type": "data_field:update"}]}
request = func.HttpRequest(method="POST", url="/api/oneflow/webhook", body=json.dumps(body).encode())
answer = known["oneflow_webhook"].get_user_function()(request)
print(json.dumps({"status": answer.status_code, "modules": sorted(sys.modules)}))
"""


@pytest.fixture(scope="module")
def first_webhook(azurite: Azurite) -> Any:
    env = {"PATH": os.environ["PATH"], "AzureWebJobsStorage": azurite.connection_string, **SETTINGS}
    done = subprocess.run(
        [sys.executable, "-c", _RUN], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(done.stdout)


def test_the_first_webhook_is_queued(first_webhook: Any) -> None:
    assert first_webhook["status"] == 200
    assert "azure.storage.queue" in first_webhook["modules"], "what puts the message"


@pytest.mark.parametrize("name", FOREIGN)
def test_the_path_of_a_webhook_loads_no_package_that_it_does_not_need(first_webhook: Any, name: str) -> None:
    assert name not in first_webhook["modules"]


def test_the_path_of_a_webhook_loads_no_sync(first_webhook: Any) -> None:
    ours = {name for name in first_webhook["modules"] if name.startswith("sync_core.")}
    loaded = {name for name in ours if name.startswith(("sync_core.engine", "sync_core.usecases.sync"))}
    assert loaded - _OF_A_JOB == set(), "of the engine only what a message is made of"
    assert "sync_core.adapters.oneflow.client" not in ours and "sync_core.adapters.dataverse.client" not in ours
