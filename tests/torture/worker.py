"""The host's queue trigger in one process: leases, five tries, the poison queue; and the reconcile timer."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from sync_core.engine.model.jobs import SyncJob, content_of, parsed_job
from sync_core.errors import SyncError, Temporary, Unreadable
from tests.torture.queue import Message, Queue
from tests.torture.schedule import Crash, Task

if TYPE_CHECKING:
    from tests.torture.process import Process

MOST_TAKEN = 5  # host.json: maxDequeueCount
SHOWN_AGAIN = timedelta(seconds=30)  # host.json: visibilityTimeout
ANOTHER = "addresses-of-another"  # the stamp of the installation that shares the queue
_POLL = 2.0  # seconds between looks while storage is away


class Worker:
    """Takes one message at a time from either queue."""

    def __init__(self, process: Process) -> None:
        self._process, self._world = process, process.world
        self.task: Task | None = None
        self.busy = False

    def run(self) -> None:
        while True:
            try:
                queue, message = self._process.reach("queue.get", self._take)
            except Temporary:
                self._world.scheduler.sleep(_POLL)
                continue
            if message is None:
                self._wait()
                continue
            self.busy = True
            self._handle(queue, message, message.receipt)
            self.busy = False

    def _take(self, kind: str | None) -> tuple[Queue, Message | None]:
        world, store = self._world, self._world.store
        if kind == "poison_unreadable":
            world.faults.meet(kind, "queue.get")
            store.queue.put("no job {")
        if kind == "message_of_another":
            world.faults.meet(kind, "queue.get")
            mark = f"foreign-{len(world.foreign) + 1}"
            world.foreign.add(mark)
            contract_id = next(iter(world.account.state.contracts), 70001)
            job = SyncJob(contract_id, "webhook", correlation_id=mark, installation=ANOTHER)
            store.queue.put(json.dumps(content_of(job)))
        if kind == "taken_by_another" and (ours := store.queue.take()) is not None:
            self._handed_over(ours)
        for queue in (store.queue, store.poison):
            message = queue.take()
            if message is None:
                continue
            if kind == "poison_crasher" and queue is store.queue:
                world.faults.meet(kind, "queue.get")
                world.crashers.add(message.number)
            if kind == "taken_twice":
                world.faults.meet(kind, "queue.get")
                queue.show(message, timedelta(0))
            return queue, message
        return store.queue, None

    def _handed_over(self, message: Message) -> None:
        """As another installation's app does with what is not its own."""
        world, queue = self._world, self._world.store.queue
        world.faults.meet("taken_by_another", "queue.get")
        try:
            job = parsed_job(message.text).taken(message.inserted_at)
        except Unreadable:
            queue.show(message, timedelta(0))
            return
        queue.put(json.dumps(content_of(job)), timedelta(seconds=world.chance.uniform(15, 60)))
        queue.delete(message, message.receipt)

    def _handle(self, queue: Queue, message: Message, receipt: int) -> None:
        store = self._world.store
        if queue is store.queue and message.taken > MOST_TAKEN:
            store.poison.put(message.text)
            queue.delete(message, receipt)
            return
        if queue is store.queue and message.number in self._world.crashers:
            raise Crash
        try:
            self._one(queue, message)
        except SyncError:
            # What the job could not even put back: the host shows the message again, or lets it go to the poison queue.
            if message.taken >= MOST_TAKEN and queue is store.queue:
                store.poison.put(message.text)
                queue.delete(message, receipt)
            else:
                queue.show(message, SHOWN_AGAIN)
            return
        try:
            self._process.io("queue.delete", lambda: queue.delete(message, receipt), True)
        except Temporary:
            queue.show(message, SHOWN_AGAIN)  # the lease is not renewed any more

    def _one(self, queue: Queue, message: Message) -> None:
        jobs = self._process.jobs
        if queue is self._world.store.poison:
            jobs.poisoned(message.text)
            return
        try:
            job = parsed_job(message.text)
        except Unreadable:
            jobs.poisoned(message.text)
            return
        self._world.truth.begins(job)
        jobs.run(job, message.inserted_at)

    def _wait(self) -> None:
        task, scheduler = self._world.scheduler.current, self._world.scheduler
        assert task is not None
        self.task = task
        moments = [one.next_at for one in (self._world.store.queue, self._world.store.poison) if one.next_at]
        if moments:
            scheduler.wake(task, max(scheduler.time, scheduler.seconds(min(moments))))
        scheduler.park()
        self.task = None
