"""The queue's functions: one job each; and the poison queue, from which every message becomes a dead letter."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import azure.functions as func

from sync_core.errors import ConfigurationError, Temporary, Unreadable
from sync_core.handlers.services import GetServices
from sync_core.telemetry import correlation

if TYPE_CHECKING:
    from sync_core.engine.model.jobs import Job

log = logging.getLogger(__name__)

_CONNECTION = "AzureWebJobsStorage"


PutBack = Callable[["Job", float], None]
_SETTINGS_WAIT = 60.0  # seconds until it is looked again whether the settings are complete


def register(app: func.FunctionApp, get: GetServices, put_back: PutBack) -> None:
    """`put_back` works without the rest of the settings: a job is not at fault for what is missing there."""

    def sync_jobs(msg: func.QueueMessage) -> None:
        from sync_core.engine.model.jobs import kind_of, parsed_job

        text = msg.get_body().decode("utf-8", "replace")
        try:
            job: Job | None = parsed_job(text)
        except Unreadable:
            job = None
        correlation.started(f"job {kind_of(job)}", job.correlation_id if job else None)
        try:
            services = get()
            jobs = services.jobs
        except (ConfigurationError, Temporary) as error:
            # Storage, too, may be away just when it is first asked whose this is.
            log.error("job.waits error=%s detail=%s", type(error).__name__, error)
            if job is None:
                raise
            put_back(job, _SETTINGS_WAIT)
            return
        if job is None:
            jobs.poisoned(text)  # no retry makes it readable
            return
        inserted = msg.insertion_time or datetime.now(UTC)
        jobs.run(job, inserted if inserted.tzinfo else inserted.replace(tzinfo=UTC))
        services.secrets_in_use.of_job()

    def sync_jobs_poison(msg: func.QueueMessage) -> None:
        correlation.started("poison")
        get().jobs.poisoned(msg.get_body().decode("utf-8", "replace"))

    for queue, function in (("sync-jobs", sync_jobs), ("sync-jobs-poison", sync_jobs_poison)):
        triggered = app.queue_trigger(arg_name="msg", queue_name=queue, connection=_CONNECTION)(function)
        app.function_name(function.__name__)(triggered)
