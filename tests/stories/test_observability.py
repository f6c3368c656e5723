"""One id from a webhook or a click, through the queue, to both vendors' requests; and what is measured on the way."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.dataverse import seed
from sandbox.dataverse.step import Change
from sandbox.request_log import Entry
from sync_core.telemetry import metrics
from tests.stories.stage import Stage

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
GUID = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"


def trace_of(entry: Entry) -> str:
    """The id that a request to a vendor carried, in the forms that it must have."""
    found = re.fullmatch(r"00-([0-9a-f]{32})-[0-9a-f]{16}-01", entry.correlation.get("traceparent", ""))
    assert found, f"{entry.method} {entry.path} carries no id"
    return found[1]


def requests_of(stage: Stage) -> tuple[list[Entry], list[Entry]]:
    """To Oneflow and to Dataverse, about this test's contracts and record."""
    oneflow, dynamics = stage._asked()
    assert oneflow and dynamics
    for one in dynamics:
        assert one.correlation["x-ms-client-request-id"] == str(uuid.UUID(trace_of(one)))
    return oneflow, dynamics


class Heard:
    def __init__(self) -> None:
        self.all: list[tuple[metrics.Instrument, float, dict[str, str]]] = []

    def __call__(self, instrument: metrics.Instrument, value: float, attributes: Any) -> None:
        self.all.append((instrument, value, dict(attributes)))

    def of(self, instrument: metrics.Instrument, **attributes: str) -> list[float]:
        return [
            value for one, value, has in self.all if one is instrument and attributes.items() <= has.items()
        ]  # fmt: skip


@pytest.fixture
def heard() -> Iterator[Heard]:
    heard = Heard()
    before = metrics.send_to(heard)
    yield heard
    metrics.send_to(before)


def test_a_webhook_leaves_one_id_at_both_vendors(stage: Stage) -> None:
    contract = stage.contract()
    stage.forget_requests()
    stage.edit_contract(contract, customer_name="Followed")
    stage.until(lambda: stage.record("name") == "Followed", "the edit in Dynamics")
    stage.drain()
    oneflow, dynamics = requests_of(stage)
    written = next(trace_of(one) for one in dynamics if one.is_write)
    assert written in {trace_of(one) for one in oneflow if not one.is_write}, "the read that the write came from"
    mine = [one for one in (*oneflow, *dynamics) if trace_of(one) == written]
    assert len({one.correlation["traceparent"] for one in mine}) == len(mine), "each request is a span of its own"


def test_a_click_leaves_its_id_at_both_vendors_and_in_the_answer(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_record(name="Clicked")
    stage.forget_requests()
    answer = stage.call("POST", f"contracts/{contract}/push", {}, {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
    assert answer.json()["outcome"] == "synced"
    assert answer.headers["X-Correlation-Id"] == TRACE
    oneflow, dynamics = requests_of(stage)
    assert {trace_of(one) for one in (*oneflow, *dynamics) if not one.path.endswith("/events")} == {TRACE}


def test_an_event_of_dataverse_keeps_dataverses_own_id(stage: Stage) -> None:
    contract = stage.contract()
    stage.age(contract)
    with stage.silently():
        stage.edit_record(name="Announced by hand")
    stage.forget_requests()
    change = Change("Update", "opportunity", stage.record_id, {"name": "Announced by hand"}, seed.SELLER)
    body, headers = stage.world.dataverse.events.request(change)
    answer = stage.post_event(body, {**headers, "x-ms-correlation-request-id": GUID})
    assert (answer.status_code, answer.headers["X-Correlation-Id"]) == (202, TRACE)
    stage.drain()
    oneflow, dynamics = requests_of(stage)
    assert TRACE in {trace_of(one) for one in oneflow} & {trace_of(one) for one in dynamics}


def test_a_refusal_tells_the_id_that_the_log_knows(stage: Stage) -> None:
    answer = stage.call("GET", "contracts/999999999/history")
    assert answer.status_code == 404
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Correlation-Id"])


def test_a_webhooks_way_is_measured(stage: Stage, heard: Heard) -> None:
    contract = stage.contract()
    heard.all.clear()
    stage.edit_contract(contract, customer_name="Measured")
    stage.until(lambda: bool(heard.of(metrics.WEBHOOK_TO_WRITTEN)), "the measure")
    stage.drain()
    assert all(0 <= seconds < 600 for seconds in heard.of(metrics.WEBHOOK_TO_WRITTEN) + heard.of(metrics.QUEUE_AGE))
    assert sum(heard.of(metrics.JOBS, kind="sync", result="done")) >= 1


def test_every_request_to_a_vendor_is_counted_under_what_it_was_for(stage: Stage, heard: Heard) -> None:
    contract = stage.contract()
    stage.edit_record(name="Counted")
    stage.forget_requests()
    heard.all.clear()
    stage.push(contract)
    counted = [one for one in heard.all if one[0] is metrics.VENDOR_CALLS and one[2]["operation"] == "push_contract"]
    oneflow, dynamics = requests_of(stage)
    sent = Counter(("oneflow" if one in oneflow else "dynamics") for one in (*oneflow, *dynamics)
                   if not one.path.endswith("/events"))  # fmt: skip
    # A person's own row may be read besides: it is not about this record.
    people = [
        one for one in counted if "systemuser" in one[2]["call"] and "RetrievePrincipalAccess" not in one[2]["call"]
    ]
    assert Counter(one[2]["side"] for one in counted) - Counter(one[2]["side"] for one in people) == sent
    assert all(one[2]["status"] in ("200", "204") for one in counted)
    assert all(str(contract) not in value and stage.record_id not in value
               for one in heard.all for value in one[2].values()), "no ids in attributes"  # fmt: skip


def test_the_share_of_the_rate_limit_grows_with_each_request(stage: Stage, heard: Heard) -> None:
    contract = stage.contract()
    heard.all.clear()
    stage.fetch(contract)
    shares = heard.of(metrics.RATE_LIMIT_USED)
    assert shares and 0 < shares[0] <= shares[-1] < 1


def test_a_conflict_and_a_dead_letter_are_counted(stage: Stage, heard: Heard) -> None:
    stage.map(conflict_policy="ask")
    contract = stage.contract()
    with stage.silently():
        stage.edit_record(name="Ours")
    stage.edit_contract(contract, customer_name="Theirs")
    stage.until(lambda: stage.card(contract)["conflicts"] == 1, "the conflict")
    stage.until(lambda: sum(heard.of(metrics.CONFLICTS)) == 1, "its count")
    stage.put_job({"kind": "no such kind"})
    stage.until(lambda: bool(heard.of(metrics.DEAD_LETTERS)), "the dead letter's count")
    stage.drain()
    assert sum(heard.of(metrics.CONFLICTS)) == 1, "counted once, not at each look"


def test_the_sweep_tells_how_long_the_queues_are(stage: Stage, heard: Heard) -> None:
    assert stage.world.app
    stage.world.app.run_timer("reconcile")
    assert heard.of(metrics.QUEUE_LENGTH, queue="sync-jobs")
    assert heard.of(metrics.QUEUE_LENGTH, queue="sync-jobs-poison") == [0]
