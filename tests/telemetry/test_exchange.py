"""A process measures for the services that it uses now, also after it used others for a while."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sync_core import bootstrap
from sync_core.bootstrap.services import Services
from sync_core.settings import Settings
from sync_core.telemetry import metrics
from tests.test_settings import GOOD


def edits(services: Services) -> float:
    return sum(totals["edits"] for totals in services.hours._hours.values())


@pytest.fixture
def two() -> Iterator[tuple[Services, Services]]:
    sink = metrics.send_to(None)
    before = bootstrap.exchange(None)
    yield Services(Settings.read(GOOD)), Services(Settings.read(GOOD))
    bootstrap.exchange(before)
    metrics.send_to(sink)


def test_measures_follow_the_services(two: tuple[Services, Services]) -> None:
    one, other = two
    bootstrap.exchange(one)
    metrics.record(metrics.EDITS, 1)
    assert bootstrap.exchange(other) is one
    metrics.record(metrics.EDITS, 10)
    assert bootstrap.exchange(one) is other
    metrics.record(metrics.EDITS, 2)
    assert (edits(one), edits(other)) == (3, 10)


def test_without_services_nothing_is_measured(two: tuple[Services, Services]) -> None:
    one, _ = two
    bootstrap.exchange(one)
    bootstrap.exchange(None)
    metrics.record(metrics.EDITS, 1)
    bootstrap.exchange(one)
    metrics.record(metrics.EDITS, 5)
    assert edits(one) == 5
