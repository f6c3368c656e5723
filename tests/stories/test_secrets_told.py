"""What the timer and the queue's function use of secrets, through storage and queue, as `GET connection` shows it."""

from __future__ import annotations

import os
from typing import Any

from sync_core import bootstrap
from sync_core.engine.model.jobs import UnknownJob
from sync_core.secret_digests import digests
from tests.stories.stage import Stage
from tests.stories.test_scale import sweep


def as_before_anybody_told(stage: Stage) -> Any:
    services = stage.world.services
    stage.drain()
    for name in services._marks.all():
        if name.startswith("secrets"):
            services._marks.drop(name)
    for one in (services, bootstrap.services()):  # the worker library has its own, which other stories' jobs ran on
        one.secrets_in_use._next = 0.0  # as in a process that has just started
    return services


def test_a_first_sweep_tells_what_it_uses_and_has_the_queue_tell_too(stage: Stage) -> None:
    services = as_before_anybody_told(stage)
    assert stage.ok("GET", "connection")["secrets_by_function"] == []
    stage.forget_requests()
    # On the first afternoon `azure refresh` stands before the step that lets the app into Dynamics.
    stage.fail("dynamics", times=None, path="*", status=403)
    stage.fail("oneflow", times=None, path="*", status=401)
    try:
        sweep(stage)
        stage.drain()
    finally:
        stage.calm()
    shown = stage.ok("GET", "connection")["secrets_by_function"]
    assert [one["function"] for one in shown] == ["reconcile", "sync_jobs"]
    assert all(one["secrets"] == digests(os.environ) and one["at"] for one in shown) and digests(os.environ)
    assert [job["kind"] for job in stage.jobs_put(None)].count("secrets") == 1
    assert not [
        secret for secret in stage.secrets() if any(secret in str(one) for one in services._marks.all().items())
    ]

    stage.forget_requests()
    for _ in range(3):
        sweep(stage)
    stage.put_job({"kind": "secrets"})
    stage.drain()
    assert stage.world.storage
    seen = [f"{one.path} {one.text}" for one in stage.world.storage.log if one.what.endswith(" marks")]
    assert [text for text in seen if "last_reconcile" in text], "what the sweeps store is seen"
    assert not [text for text in seen if "secrets" in text], "nothing changed, so nothing is written"


def test_a_question_that_an_older_instance_gave_up_is_closed_by_the_answer_to_the_next(stage: Stage) -> None:
    services = as_before_anybody_told(stage)
    reason = "An older version gave it up."
    services._letters.add(None, "SyncError", reason, UnknownJob(content={"kind": "secrets"}))
    sweep(stage)
    assert len(stage.letters(None, reason)) == 1, "nobody has told yet"
    stage.drain()

    def closed() -> bool:
        sweep(stage)
        return not stage.letters(None, reason)

    stage.until(closed, "the answer closes it")
