"""The queue's functions: one job each; and the poison queue, from which every message becomes a dead letter."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import azure.functions as func

from sync_core.handlers.services import GetServices

_CONNECTION = "AzureWebJobsStorage"


def register(app: func.FunctionApp, get: GetServices) -> None:
    def sync_jobs(msg: func.QueueMessage) -> None:
        text = msg.get_body().decode("utf-8", "replace")
        try:
            job = json.loads(text)
        except ValueError:
            job = None
        if not isinstance(job, dict):
            get().jobs.poisoned(text)  # no retry makes it readable
            return
        inserted = msg.insertion_time or datetime.now(UTC)
        get().jobs.run(job, inserted if inserted.tzinfo else inserted.replace(tzinfo=UTC))

    def sync_jobs_poison(msg: func.QueueMessage) -> None:
        get().jobs.poisoned(msg.get_body().decode("utf-8", "replace"))

    for queue, function in (("sync-jobs", sync_jobs), ("sync-jobs-poison", sync_jobs_poison)):
        triggered = app.queue_trigger(arg_name="msg", queue_name=queue, connection=_CONNECTION)(function)
        app.function_name(function.__name__)(triggered)
