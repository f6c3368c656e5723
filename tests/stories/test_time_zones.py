"""A date never shifts and an instant never drifts, whatever the server's clock is set to."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.stories.stage import ROWS, Stage

ZONES = (
    "UTC",
    "Pacific/Kiritimati",  # UTC+14
    "Pacific/Pago_Pago",  # UTC-11
    "Europe/Stockholm",
    "America/St_Johns",  # half an hour
    "Asia/Kathmandu",  # a quarter
    "America/Sao_Paulo",
)
TWO_WAY_TIMES = [row if row[0] != "new_starttime" else ("new_starttime", "start_time", "two_way") for row in ROWS]


@pytest.fixture(params=ZONES)
def server_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def test_a_date_survives_a_push_and_a_fetch_in_every_server_time_zone(stage: Stage, server_zone: str) -> None:
    stage.map(TWO_WAY_TIMES)
    contract = stage.contract(publish=False)
    stage.edit_record(estimatedclosedate="2026-03-29", new_starttime="2026-03-29T00:30:00Z")
    assert stage.push(contract)["outcome"] == "synced"
    assert stage.text(contract, "close_date") == "2026-03-29"
    assert stage.text(contract, "start_time") == "2026-03-29T00:30:00Z"
    stage.edit_contract(contract, "colleague", close_date="2026-10-25", start_time="2026-10-25T23:45:00Z")
    stage.fetch(contract)
    assert stage.record("estimatedclosedate") == "2026-10-25"
    assert stage.record("new_starttime") == "2026-10-25T23:45:00Z"
    assert stage.push(contract)["outcome"] == "unchanged", "there and back is no change"
