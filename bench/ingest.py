"""3. From a webhook to its 200, over a function that only puts one message on the queue; and under 16 senders."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import urlsplit

from azure.core.exceptions import ResourceExistsError
from azure.storage.queue import QueueClient

from bench.measure import Figure, Subject, interleaved, quantile, ratio
from bench.parts import WEBHOOK_KEY, Parts
from bench.webhooks import notification

GROUP = "Ingest"
SENDERS, EACH = 16, 25  # webhooks that each sends in a round


def measure(parts: Parts, turns: int = 120, rounds: int = 7) -> Iterator[Figure]:
    queues = [_emptied(parts, name) for name in ("sync-jobs", "floor-jobs")]
    with parts.host() as app, parts.host("bench.floor_app") as floor:
        ours = f"{app.url}/api/oneflow/webhook?code={WEBHOOK_KEY}"
        theirs = f"{floor.url}/api/floor?code={WEBHOOK_KEY}"
        body = notification(70001)
        one, other = Sender(ours, body), Sender(theirs, body)
        app_times, floor_times = interleaved([Subject(one.send), Subject(other.send)], turns, warm=20)
        yield Figure(
            GROUP,
            "webhook to 200, over one message put",
            ratio(app_times, floor_times),
            1.25,
            measured=f"{app_times.median * 1000:.1f} ms",
            floor=f"{floor_times.median * 1000:.1f} ms",
        )
        for url in (ours, theirs):
            _crowd(url, body)
        crowds = [(_crowd(ours, body), _crowd(theirs, body)) for _ in range(rounds)]
    for queue in queues:
        queue.clear_messages()
    p50, p99 = (statistics.median(quantile(taken, share) for taken, _ in crowds) for share in (0.5, 0.99))
    floor_p50, floor_p99 = (statistics.median(quantile(took, share) for _, took in crowds) for share in (0.5, 0.99))
    spread = statistics.median(quantile(taken, 0.99) / quantile(taken, 0.5) for taken, _ in crowds)
    yield Figure(
        GROUP,
        f"p99 over its own median, {SENDERS} senders",
        spread,
        3.0,
        measured=f"p99 {p99 * 1000:.0f} ms, median {p50 * 1000:.0f} ms",
        floor=f"p99 {floor_p99 * 1000:.0f} ms, median {floor_p50 * 1000:.0f} ms",
        note=f"median of {rounds} rounds of {SENDERS * EACH} webhooks",
    )
    yield Figure(
        GROUP,
        f"median with {SENDERS} senders, over one message put",
        p50 / floor_p50,
        measured=f"{p50 * 1000:.0f} ms",
        floor=f"{floor_p50 * 1000:.0f} ms",
    )


class Sender:
    """One kept connection. Not `requests`: sixteen of them would be measured with what they measure."""

    def __init__(self, url: str, body: bytes) -> None:
        parts = urlsplit(url)
        self._connection = HTTPConnection(parts.netloc, timeout=30)
        self._path, self._body = f"{parts.path}?{parts.query}", body

    def send(self) -> None:
        self._connection.request("POST", self._path, self._body, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"a webhook was answered {answer.status}")


def _crowd(url: str, body: bytes) -> list[float]:
    """Each sender sends one webhook after the other."""
    start = threading.Barrier(SENDERS)

    def send(_: int) -> list[float]:
        sender, taken = Sender(url, body), []
        sender.send()
        start.wait()
        for _ in range(EACH):
            began = time.perf_counter()
            sender.send()
            taken.append(time.perf_counter() - began)
        return taken

    with ThreadPoolExecutor(SENDERS) as pool:
        return [one for taken in pool.map(send, range(SENDERS)) for one in taken]


def _emptied(parts: Parts, name: str) -> QueueClient:
    queue = QueueClient.from_connection_string(parts.env["AzureWebJobsStorage"], name, api_version="2025-11-05")
    try:
        queue.create_queue()
    except ResourceExistsError:
        queue.clear_messages()
    return queue
