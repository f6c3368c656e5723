"""One id for what one webhook or click starts, and measures that cost nothing where nobody listens."""

from __future__ import annotations

import contextvars
import re

import pytest

from sync_core.bootstrap.parts import CarryingPool
from sync_core.telemetry import correlation, metrics

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize("offered", [
    f"00-{TRACE}-00f067aa0ba902b7-01", TRACE, TRACE.upper(), "4bf92f35-77b3-4da6-a3ce-929d0e0e4736",
    f"cc-{TRACE}-00f067aa0ba902b7-00",
])  # fmt: skip
def test_an_id_that_the_caller_has_is_kept(offered: str) -> None:
    assert correlation.started("push_contract", None, "", offered) == TRACE
    assert (correlation.current(), correlation.operation()) == (TRACE, "push_contract")


@pytest.mark.parametrize("offered", [
    "", "0" * 32, "00-" + "0" * 32 + "-00f067aa0ba902b7-01", "MARKER\r\nX-Evil: 1", "g" * 32, TRACE + "0", "00-x-y-01",
])  # fmt: skip
def test_what_is_no_id_is_replaced(offered: str) -> None:
    found = correlation.started("push_contract", offered)
    assert re.fullmatch("[0-9a-f]{32}", found) and found != offered


def test_the_first_header_that_holds_an_id_counts() -> None:
    headers = {"traceparent": "broken", "x-ms-correlation-request-id": "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"}
    assert correlation.started("dynamics_events", *correlation.of_headers(headers)) == TRACE


def test_both_vendors_get_the_id_in_a_form_they_know() -> None:
    correlation.started("push_contract", TRACE)
    one, other = correlation.traceparent(), correlation.traceparent()
    assert re.fullmatch(rf"00-{TRACE}-[0-9a-f]{{16}}-01", str(one)) and one != other, "each request is a span"
    assert correlation.as_guid() == "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"


def test_outside_an_invocation_there_is_no_id() -> None:
    def look() -> tuple[str | None, str | None]:
        return correlation.traceparent(), correlation.as_guid()

    assert contextvars.Context().run(look) == (None, None)


def test_a_thread_that_is_given_work_works_under_the_same_id() -> None:
    with CarryingPool(2) as pool:
        for _ in range(4):
            known = correlation.started("push_contract")
            assert pool.submit(correlation.current).result() == known


def test_measures_go_to_who_listens_and_else_nowhere() -> None:
    heard: list[tuple[str, float, dict[str, str]]] = []
    before = metrics.send_to(None)
    metrics.record(metrics.DRIFT)
    metrics.send_to(lambda one, value, attributes: heard.append((one.name, value, dict(attributes))))
    try:
        metrics.record(metrics.JOBS, kind="sync", result="done")
    finally:
        metrics.send_to(None)
    metrics.record(metrics.DRIFT)
    metrics.send_to(before)
    assert heard == [("sync.jobs", 1, {"kind": "sync", "result": "done"})]
