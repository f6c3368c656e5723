"""Measures as they leave the process: read by a server that stands where Application Insights' ingestion does."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.wire import Request, Response, Server
from sync_core.adapters.azure_monitor import AzureMonitorMetrics
from sync_core.telemetry import metrics

ROOT = Path(__file__).resolve().parents[2]
KEY = "00000000-0000-0000-0000-000000000001"


class Ingestion:
    """Takes what is tracked."""

    def __init__(self) -> None:
        self.envelopes: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.status = 200

    def __call__(self, request: Request) -> Response:
        self.paths.append(request.path)
        body = request.body
        content = json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
        self.envelopes += content
        count = len(content)
        answer = {"itemsReceived": count, "itemsAccepted": count if self.status == 200 else 0, "errors": []}
        return Response(self.status, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def points(self, name: str) -> list[dict[str, Any]]:
        found = []
        for envelope in self.envelopes:
            data = envelope["data"]["baseData"]
            found += [{**point, "of": data.get("properties") or {}, "tags": envelope["tags"]}
                      for point in data["metrics"] if point["name"] == name]  # fmt: skip
        return found


@pytest.fixture
def ingestion() -> Iterator[tuple[Ingestion, str]]:
    taken = Ingestion()
    server = Server(taken, 0)
    yield taken, f"InstrumentationKey={KEY};IngestionEndpoint={server.url}/"
    server.close()


def test_measures_arrive_with_their_attributes_and_the_apps_name(ingestion: tuple[Ingestion, str]) -> None:
    taken, connection = ingestion
    sink = AzureMonitorMetrics(connection, role="func-sync", instance="7", patience=0)
    for seconds in (2.0, 4.0):
        sink(metrics.WEBHOOK_TO_WRITTEN, seconds, {})
    for _ in range(3):
        sink(metrics.VENDOR_CALLS, 1, {"side": "oneflow", "call": "GET contracts/{id}", "status": "200"})
    sink(metrics.QUEUE_LENGTH, 5, {"queue": "sync-jobs-poison"})
    sink.close()
    (written,) = taken.points("sync.webhook_to_written")
    assert (written["count"], written["value"], written["min"], written["max"]) == (2, 6, 2, 4)
    (calls,) = taken.points("sync.vendor_calls")
    assert calls["value"] == 3
    assert calls["of"] == {"side": "oneflow", "call": "GET contracts/{id}", "status": "200"}
    assert taken.points("sync.queue_length")[0]["value"] == 5
    assert written["tags"]["ai.cloud.role"] == "func-sync"
    assert written["tags"]["ai.cloud.roleInstance"] == "7"


def test_an_ingestion_that_refuses_disturbs_nobody(ingestion: tuple[Ingestion, str]) -> None:
    taken, connection = ingestion
    taken.status = 400
    sink = AzureMonitorMetrics(connection, patience=0)
    sink(metrics.DRIFT, 1, {})
    sink.close()
    sink(metrics.DRIFT, 1, {})
    assert taken.paths


def test_an_app_without_application_insights_sends_nothing() -> None:
    assert AzureMonitorMetrics.of({}) is None


def test_the_identity_that_writes_is_the_one_that_azure_names() -> None:
    env = {
        "APPLICATIONINSIGHTS_CONNECTION_STRING": f"InstrumentationKey={KEY}",
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "ClientId=abc;Authorization=AAD",
        "WEBSITE_SITE_NAME": "func-sync",
        "WEBSITE_POD_NAME": "pod-7",
    }
    found = AzureMonitorMetrics.of(env)
    assert found is not None and (found._client_id, found._role, found._instance) == ("abc", "func-sync", "pod-7")


def test_who_measures_loads_nothing() -> None:
    code = f"""
import sys
from sync_core.adapters.azure_monitor import AzureMonitorMetrics
from sync_core.telemetry import metrics
metrics.send_to(AzureMonitorMetrics("InstrumentationKey={KEY}", patience=600))
metrics.record(metrics.DRIFT)
assert not [name for name in sys.modules if name.startswith(("opentelemetry", "azure"))]
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
