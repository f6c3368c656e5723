"""The timers: reconcile, and letting old history go."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

import azure.functions as func

from sync_core.errors import SyncError
from sync_core.handlers.problems import place_of
from sync_core.handlers.services import GetServices
from sync_core.ncrontab import schedule_fault
from sync_core.telemetry import correlation

log = logging.getLogger(__name__)

RECONCILE_SCHEDULE = "*/30 * * * * *"
PURGE_SCHEDULE = "0 17 3 * * *"


def register(app: func.FunctionApp, get: GetServices) -> None:
    def reconcile(timer: func.TimerRequest) -> None:
        correlation.started("reconcile")
        _told(lambda: get().reconcile.run(), "reconcile.failed error=%s detail=%s")

    def purge_history(timer: func.TimerRequest) -> None:
        correlation.started("purge_history")
        _told(lambda: get().purge.run(), "history.purge_failed error=%s detail=%s")

    schedule = (os.environ.get("SYNC_RECONCILE_SCHEDULE") or "").strip()
    if not schedule or schedule_fault(schedule):
        # With one that the host cannot read there would be no sweep, which is who tells of a wrong setting.
        schedule = RECONCILE_SCHEDULE
    for when, function in ((schedule, reconcile), (PURGE_SCHEDULE, purge_history)):
        triggered = app.timer_trigger(schedule=when, arg_name="timer", run_on_startup=False)(function)
        app.function_name(function.__name__)(triggered)


def _told(run: Callable[[], None], failed: str) -> None:
    """The next run does what this one could not; the host would only log a stack, which may quote values."""
    try:
        run()
    except SyncError as error:
        log.error(failed, type(error).__name__, error)
    except Exception as error:  # noqa: BLE001 an alert hears of this line, and of nothing that the host would write
        log.error(failed, type(error).__name__, f"at {place_of(error)}")
