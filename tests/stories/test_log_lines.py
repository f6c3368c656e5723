"""What goes to the log, and how much: only the app's own lines, as the worker would take them from the root logger.

Nothing here sets up any logger but the root, which the worker sets to INFO: the app must hold libraries back itself.
"""

from __future__ import annotations

import logging

import pytest

from tests.stories.stage import Stage
from tests.stories.test_scale import at_rest, sweep


def events(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The lines' `noun.verb`, each of which must be of a logger of ours."""
    foreign = [(one.name, one.getMessage()) for one in caplog.records if not one.name.startswith("sync_core.")]
    assert foreign == []
    return [one.getMessage().split()[0] for one in caplog.records]


def test_a_sweep_that_finds_nothing_writes_one_line(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    at_rest(stage)
    for _ in range(50):  # until one that finds nothing of other stories either
        stage.drain()
        stage.forget_requests()
        caplog.clear()
        with caplog.at_level(logging.INFO):
            sweep(stage)
            stage.drain()
        assert stage.world.storage
        if not any(one.what == "put message" for one in stage.world.storage.log):
            break
    assert events(caplog) == ["reconcile.swept"]


def test_an_edit_by_webhook_writes_one_line(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    contract = at_rest(stage)
    with caplog.at_level(logging.INFO), stage.silently():
        stage.world.edit_contract(contract, {"customer_name": "Changed"})
        stage.drain()
    assert stage.record("name") == "Changed"
    assert events(caplog) == ["sync.closed"]


def test_a_push_writes_one_line_and_its_later_search_another(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    contract = at_rest(stage)
    with stage.silently():
        stage.edit_record(name="Changed")
    with caplog.at_level(logging.INFO), stage.silently():
        stage.push(contract)
        stage.drain()
    assert set(events(caplog)) <= {"sync.closed", "events.searched"}
    assert events(caplog).count("sync.closed") == 1


def test_a_libraries_warning_is_not_lost(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("azure.core.pipeline", "msal.token_cache", "urllib3.connectionpool"):
        logging.getLogger(name).info("a request")
        logging.getLogger(name).warning("went wrong")
    assert [one.getMessage() for one in caplog.records] == ["went wrong"] * 3
