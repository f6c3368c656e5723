"""3. From a webhook to its 200, over a function that only puts one message on the queue; and under 16 senders."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import requests
from azure.core.exceptions import ResourceExistsError
from azure.storage.queue import QueueClient

from bench.measure import Figure, Subject, interleaved, quantile, ratio
from bench.parts import WEBHOOK_KEY, Parts
from bench.recording import bare_session
from bench.webhooks import notification

GROUP = "Ingest"
_SENDERS = 16


def measure(parts: Parts, turns: int = 150) -> Iterator[Figure]:
    queues = [_emptied(parts, name) for name in ("sync-jobs", "floor-jobs")]
    with parts.host() as app, parts.host("bench.floor_app") as floor:
        ours = f"{app.url}/api/oneflow/webhook?code={WEBHOOK_KEY}"
        theirs = f"{floor.url}/api/floor?code={WEBHOOK_KEY}"
        body, session = notification(70001), bare_session()
        app_times, floor_times = interleaved(
            [Subject(lambda: _post(session, ours, body)), Subject(lambda: _post(session, theirs, body))], turns, warm=20
        )
        note = f"{app_times.median * 1000:.1f} ms over {floor_times.median * 1000:.1f} ms"
        yield Figure(GROUP, "webhook to 200, over one message put", ratio(app_times, floor_times), 1.25, note=note)
        taken, took = _crowd(ours, body), _crowd(theirs, body)
        p50, p99 = quantile(taken, 0.5), quantile(taken, 0.99)
        floors = quantile(took, 0.99) / quantile(took, 0.5)
        note = f"p99 {p99 * 1000:.0f} ms, median {p50 * 1000:.0f} ms; the floor's own {floors:.2f}"
        yield Figure(GROUP, f"p99 over median with {_SENDERS} senders", p99 / p50, 3.0, note=note)
        floor_p50 = quantile(took, 0.5)
        note = f"{p50 * 1000:.0f} ms over {floor_p50 * 1000:.0f} ms"
        yield Figure(GROUP, f"median with {_SENDERS} senders, over one message put", p50 / floor_p50, note=note)
    for queue in queues:
        queue.clear_messages()


def _post(session: requests.Session, url: str, body: bytes) -> None:
    answer = session.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=30)
    if answer.status_code != 200:
        raise RuntimeError(f"a webhook was answered {answer.status_code}")


def _crowd(url: str, body: bytes, each: int = 60) -> list[float]:
    """Each sender on a connection of its own, one webhook after the other; the first few are not counted."""
    start = threading.Barrier(_SENDERS)

    def send(_: int) -> list[float]:
        session, taken = bare_session(), []
        _post(session, url, body)
        start.wait()
        for _ in range(each):
            began = time.perf_counter()
            _post(session, url, body)
            taken.append(time.perf_counter() - began)
        return taken[5:]

    with ThreadPoolExecutor(_SENDERS) as pool:
        return [one for taken in pool.map(send, range(_SENDERS)) for one in taken]


def _emptied(parts: Parts, name: str) -> QueueClient:
    queue = QueueClient.from_connection_string(parts.env["AzureWebJobsStorage"], name, api_version="2025-11-05")
    try:
        queue.create_queue()
    except ResourceExistsError:
        queue.clear_messages()
    return queue
