"""Storage, and what the sync itself has noted there: is it running, and what did it give up on?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from cli.checks.finding import Finding, failed, ok, warning
from cli.plural import plural
from sync_core.bootstrap.operator import QUEUES, TABLES, Operator
from sync_core.engine.model.mapping import EntityMapping

_LATE = timedelta(minutes=15)
_MANY = 1000  # jobs that wait


def check_places(operator: Operator) -> Iterator[Finding]:
    """Made by the deployment (or by the app when it first needs them); nothing is made here."""
    tables, queues = operator.store.found()
    for check, kind, missing in (
        ("storage.tables", "table", [name for name in TABLES if name not in tables]),
        ("storage.queues", "queue", [name for name in QUEUES if name not in queues]),
    ):
        if missing:
            yield failed(
                check,
                f"{plural(len(missing), kind)} missing: {', '.join(missing)}.",
                "Deploy infra/ again, or start the app once with the right to make them "
                "(Storage Table Data Contributor and Storage Queue Data Contributor).",
            )
        else:
            yield ok(check, f"All {kind}s are there.")


def check_work(operator: Operator, now: datetime) -> Iterator[Finding]:
    """The queue's length, what was given up on, and when the timer last ran."""
    tables, queues = operator.store.found()
    waiting = {name: _length(operator, name) for name in QUEUES if name in queues}
    if waiting.get("sync-jobs-poison"):
        yield failed(
            "storage.poison",
            f"{plural(waiting['sync-jobs-poison'], 'message')} in sync-jobs-poison: the app does not take them up.",
            "Look whether the app runs (`doctor --app URL`); it turns them into dead letters by itself.",
        )
    if waiting.get("sync-jobs", 0) > _MANY:
        yield warning(
            "storage.backlog",
            f"{waiting['sync-jobs']} jobs wait in sync-jobs.",
            "If the number does not fall, let the app have more instances.",
        )
    letters, following = operator.dead_letters.list(None) if "deadletters" in tables else ([], None)
    if letters:
        yield warning(
            "storage.dead_letters",
            f"The app gave up on {'at least ' if following else ''}{plural(len(letters), 'job')}.",
            "See why with `python -m cli dead-letters list`, mend the cause, then `dead-letters replay`.",
        )
    last = operator.marks.all().get("last_reconcile") if "marks" in tables else None
    if last is None:
        yield warning(
            "sync.reconcile",
            "The reconcile timer has not run yet.",
            "Deploy and start the app; on a running app see that the function `reconcile` is not disabled.",
        )
    elif now - datetime.fromisoformat(last) > _LATE:
        yield failed(
            "sync.reconcile",
            f"The reconcile timer last ran at {last}.",
            "Start the app, or see in its log why the function `reconcile` fails; missed webhooks wait for it.",
        )
    else:
        yield ok("sync.reconcile", "The reconcile timer runs.")


def mappings_of(operator: Operator) -> list[EntityMapping]:
    """The saved mappings, without making their table."""
    tables, _ = operator.store.found()
    return [mapping for mapping in operator.mappings.all() if mapping.fields] if "mappings" in tables else []


def check_mappings(mappings: list[EntityMapping]) -> Iterator[Finding]:
    if not mappings:
        yield warning(
            "mapping.saved",
            "No field is mapped yet, so nothing is synced.",
            "Map fields in Oneflow Settings > Setup Entities, or `python -m cli mapping import FILE`.",
        )
    for mapping in mappings:
        yield ok("mapping.saved", f"{mapping.entity}: {plural(len(mapping.fields), 'field')} mapped.")


def _length(operator: Operator, name: str) -> int:
    return int(operator.store.queue(name).get_queue_properties().approximate_message_count or 0)
