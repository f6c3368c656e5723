"""Sends webhook notifications by themselves, for a simulator that is served over HTTP."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from sandbox.oneflow.webhooks.delivery import Delivery

WORKERS = 4
LONGEST_WAIT, SHORTEST_WAIT = 0.25, 0.01  # seconds


class Sender:
    """A thread that watches for what is due and a few that send it, so that one slow receiver holds up no other."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self._closing = threading.Event()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="oneflow-webhook")
        self._thread = threading.Thread(target=self._run, name="oneflow-sender", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; what is not delivered stays pending."""
        self._closing.set()
        self._thread.join(timeout=5)
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._delivery.release()

    def _run(self) -> None:
        while not self._closing.is_set():
            now = self._delivery.world.now()
            for note in self._delivery.take_due(now):
                self._pool.submit(self._delivery.deliver, note)
            due = self._delivery.next_due()
            wait = LONGEST_WAIT if due is None else (due - now).total_seconds()
            self._delivery.wait_for_change(min(LONGEST_WAIT, max(SHORTEST_WAIT, wait)))
