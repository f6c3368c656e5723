"""The queue's functions: one job each; and the poison queue, from which every message becomes a dead letter."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import azure.functions as func

from sync_core.errors import ConfigurationError
from sync_core.handlers.services import GetServices
from sync_core.telemetry import correlation

log = logging.getLogger(__name__)

_CONNECTION = "AzureWebJobsStorage"


PutBack = Callable[[Mapping[str, Any], float], None]
_SETTINGS_WAIT = 60.0  # seconds until it is looked again whether the settings are complete


def register(app: func.FunctionApp, get: GetServices, put_back: PutBack) -> None:
    """`put_back` works without the rest of the settings: a job is not at fault for what is missing there."""

    def sync_jobs(msg: func.QueueMessage) -> None:
        text = msg.get_body().decode("utf-8", "replace")
        try:
            job = json.loads(text)
        except ValueError:
            job = None
        known = job if isinstance(job, dict) else {}
        correlation.started(f"job {known.get('kind')}", known.get("correlation_id"))
        try:
            jobs = get().jobs
        except ConfigurationError as error:
            log.error("job.waits error=ConfigurationError detail=%s", error)
            if not isinstance(job, dict):
                raise
            put_back(job, _SETTINGS_WAIT)
            return
        if not isinstance(job, dict):
            jobs.poisoned(text)  # no retry makes it readable
            return
        inserted = msg.insertion_time or datetime.now(UTC)
        jobs.run(job, inserted if inserted.tzinfo else inserted.replace(tzinfo=UTC))

    def sync_jobs_poison(msg: func.QueueMessage) -> None:
        correlation.started("poison")
        get().jobs.poisoned(msg.get_body().decode("utf-8", "replace"))

    for queue, function in (("sync-jobs", sync_jobs), ("sync-jobs-poison", sync_jobs_poison)):
        triggered = app.queue_trigger(arg_name="msg", queue_name=queue, connection=_CONNECTION)(function)
        app.function_name(function.__name__)(triggered)
