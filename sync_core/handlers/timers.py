"""The timers: reconcile, and letting old history go."""

from __future__ import annotations

import logging
import os

import azure.functions as func

from sync_core.errors import SyncError
from sync_core.handlers.services import GetServices
from sync_core.ncrontab import schedule_fault
from sync_core.telemetry import correlation

log = logging.getLogger(__name__)

RECONCILE_SCHEDULE = "*/30 * * * * *"
PURGE_SCHEDULE = "0 17 3 * * *"


def register(app: func.FunctionApp, get: GetServices) -> None:
    def reconcile(timer: func.TimerRequest) -> None:
        correlation.started("reconcile")
        try:
            get().reconcile.run()
        except SyncError as error:
            # The next run does what this one could not; the host would only log a stack that may quote values.
            log.error("reconcile.failed error=%s detail=%s", type(error).__name__, error)

    def purge_history(timer: func.TimerRequest) -> None:
        correlation.started("purge_history")
        try:
            get().purge.run()
        except SyncError as error:
            log.error("history.purge_failed error=%s detail=%s", type(error).__name__, error)

    schedule = (os.environ.get("SYNC_RECONCILE_SCHEDULE") or "").strip()
    if not schedule or schedule_fault(schedule):
        # With one that the host cannot read there would be no sweep, which is who tells of a wrong setting.
        schedule = RECONCILE_SCHEDULE
    for when, function in ((schedule, reconcile), (PURGE_SCHEDULE, purge_history)):
        triggered = app.timer_trigger(schedule=when, arg_name="timer", run_on_startup=False)(function)
        app.function_name(function.__name__)(triggered)
