"""Queue triggers: leases that are renewed, dequeue counts, the poison queue, back-off while there is nothing to do.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger
"""

from __future__ import annotations

import base64
import contextlib
import json
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.queue import QueueClient, QueueMessage

from sandbox.host.invokers import Failed, Invoker
from sandbox.host.model import FunctionSpec, HostSettings

LEASE = 600  # seconds
_API_VERSION = "2025-11-05"
_SHORTEST_POLL = 0.05
_POISON = "-poison"


class Listener:
    """One function's queue, until `close()`."""

    def __init__(
        self,
        spec: FunctionSpec,
        connection: str,
        host: HostSettings,
        invoker: Invoker,
        say: Callable[[str], None],
        lease: int = LEASE,
    ) -> None:
        self._spec, self._host, self._invoker, self._say = spec, host, invoker, say
        self._connection, self._lease = connection, lease
        self._queue = QueueClient.from_connection_string(connection, spec.queue, api_version=_API_VERSION)
        self._closing = threading.Event()
        self._dice = random.Random()  # its own: the module's are shared by the whole process
        self._running = self._taken = 0
        self._guard = threading.Condition()
        most = host.batch_size + host.new_batch_threshold
        self._pool = ThreadPoolExecutor(most, thread_name_prefix=spec.name)
        self._thread = threading.Thread(target=self._listen, name=f"queue {spec.queue}", daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        with self._guard:
            return self._running > 0

    @property
    def taken(self) -> int:
        """Messages since the start."""
        with self._guard:
            return self._taken

    def close(self) -> None:
        """Waits for what is running; what is leased comes back when its lease ends."""
        self._closing.set()
        with self._guard:
            self._guard.notify_all()
        self._thread.join(timeout=10)
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._queue.close()

    def _listen(self) -> None:
        wait = _SHORTEST_POLL
        while not self._closing.is_set():
            room = self._room()
            if room <= 0:
                with self._guard:
                    self._guard.wait(0.5)
                continue
            try:
                # Counted as running before they are taken, so that nobody sees an idle listener with a message in hand.
                with self._guard:
                    self._running += 1
                try:
                    messages = list(self._queue.receive_messages(max_messages=room, visibility_timeout=self._lease))
                    with self._guard:
                        self._running += len(messages)
                        self._taken += len(messages)
                finally:
                    with self._guard:
                        self._running -= 1
            except ResourceNotFoundError:
                messages = []
            except Exception as error:  # noqa: BLE001 with this thread's end nobody would hear the queue any more
                self._say(f"queue.unreachable queue={self._spec.queue} error={type(error).__name__}")
                messages = []
            for message in messages:
                self._pool.submit(self._one, message)
            wait = _SHORTEST_POLL if messages else min(self._host.max_polling, wait * 1.5)
            if not messages:
                self._closing.wait(wait * self._dice.uniform(0.8, 1.2))

    def _room(self) -> int:
        """The next batch is taken when few enough are left running."""
        with self._guard:
            if self._running > self._host.new_batch_threshold:
                return 0
            return min(32, self._host.batch_size)

    def _one(self, message: QueueMessage) -> None:
        try:
            self._handle(message)
        except Exception as error:  # noqa: BLE001 nobody else would hear of it: the message comes back after its lease
            self._say(f"queue.lost_message queue={self._spec.queue} error={type(error).__name__}")
        finally:
            with self._guard:
                self._running -= 1
                self._guard.notify_all()

    def _handle(self, message: QueueMessage) -> None:
        count = int(message.dequeue_count or 0)
        if count > self._host.max_dequeue_count:
            self._poison(message)  # a crash loop: it is not tried again
            return
        text = self._decoded(message)
        if text is None:
            self._poison(message)
            return
        renewal = _Renewal(self._queue, message, self._lease)
        try:
            self._invoker.call(
                self._spec.name, self._spec.argument, self._invoker.datum(text, "string"), self._metadata(message)
            )
        except Failed as failed:
            self._say(f"function.failed name={self._spec.name} dequeue_count={count} {failed}")
            message = renewal.stop()
            if count >= self._host.max_dequeue_count:
                self._poison(message)
            else:
                timeout = int(self._host.visibility_timeout)
                with contextlib.suppress(HttpResponseError):
                    self._queue.update_message(message, visibility_timeout=timeout)
            return
        self._delete(renewal.stop())

    def _poison(self, message: QueueMessage) -> None:
        if self._spec.queue.endswith(_POISON):
            with contextlib.suppress(HttpResponseError):  # a poison queue has none of its own
                self._queue.update_message(message, visibility_timeout=self._lease)
            return
        poison = QueueClient.from_connection_string(
            self._connection, self._spec.queue + _POISON, api_version=_API_VERSION
        )
        with contextlib.suppress(HttpResponseError):
            poison.create_queue()
        poison.send_message(message.content, time_to_live=-1)
        poison.close()
        self._say(f"queue.poisoned queue={self._spec.queue}")
        self._delete(message)

    def _delete(self, message: QueueMessage) -> None:
        with contextlib.suppress(HttpResponseError):  # its lease was lost: somebody else has it
            self._queue.delete_message(message)

    def _decoded(self, message: QueueMessage) -> str | None:
        content = str(message.content)
        if not self._host.base64:
            return content
        try:
            return base64.b64decode(content, validate=True).decode()
        except ValueError:  # no ASCII, no base64 or no UTF-8
            return None

    def _metadata(self, message: QueueMessage) -> dict[str, Any]:
        make = self._invoker.datum
        return {
            "Id": make(str(message.id), "string"),
            "DequeueCount": make(json.dumps(message.dequeue_count), "json"),
            "InsertionTime": make(_time(message.inserted_on), "json"),
            "ExpirationTime": make(_time(message.expires_on), "json"),
            "NextVisibleTime": make(_time(message.next_visible_on), "json"),
            "PopReceipt": make(str(message.pop_receipt), "string"),
        }


class _Renewal:
    """Renews a message's lease at half-time while its function runs; tried again soon when storage does not answer."""

    def __init__(self, queue: QueueClient, message: QueueMessage, lease: int) -> None:
        self._queue, self._message, self._lease = queue, message, lease
        self._guard = threading.Lock()
        self._stopped = False
        self._start(lease / 2)

    def stop(self) -> QueueMessage:
        """The message with its latest receipt, which no renewal will change any more."""
        with self._guard:
            self._stopped = True
            self._timer.cancel()
            return self._message

    def _start(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._renew)
        self._timer.daemon = True
        self._timer.start()

    def _renew(self) -> None:
        with self._guard:
            if self._stopped:
                return
            try:
                self._message = self._queue.update_message(self._message, visibility_timeout=self._lease)
            except Exception as error:  # noqa: BLE001 unrenewed, the message would be given to another meanwhile
                if isinstance(error, HttpResponseError) and (error.status_code or 500) < 500:
                    return  # the lease is lost: somebody else has the message
                self._start(self._lease / 10)
            else:
                self._start(self._lease / 2)


def _time(moment: datetime | None) -> str:
    return json.dumps(moment.isoformat() if moment else None)
