"""What one action costs, from the request logs: vendor requests and storage operations (DESIGN 3)."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sandbox.oneflow.webhooks.delivery import Attempt
from sandbox.request_log import Entry
from sandbox.storage_proxy import Seen
from sandbox.wire import Request
from tests.stories.stage import Stage

PAGE = (Path(__file__).resolve().parents[2] / "docs/performance.md").read_text()
READS = {"oneflow read": 1, "dynamics read": 1}
RIGHT = {"dynamics right": 1}  # the caller's, asked side by side with the reads
# Around the closing transaction: the new due row (with the log's rows, where there are any), and the old one goes.
DUE = {"patch due", "transaction due", "delete due"}


def shown(figure: str) -> int:
    """What docs/performance.md has for it."""
    found = re.search(rf"^\| {figure} \| (\d+) \|", PAGE, re.M)
    assert found, figure
    return int(found[1])


def test_a_push_costs_two_reads_the_right_and_one_write(stage: Stage) -> None:
    contract = warm(stage)
    with stage.silently():
        stage.edit_record(name="Changed", estimatedvalue="99.50")
    assert counted(stage, lambda: stage.push(contract))["outcome"] == "synced"
    assert stage.vendor_requests(without_events=True) == READS | RIGHT | {"oneflow write": 1}
    assert sum(stage.vendor_requests(without_events=True).values()) == shown("push: vendor requests")
    assert_stored(stage, transactions=2)
    assert [job["kind"] for job in stage.jobs_put(contract) if job["kind"] == "events"] == ["events"]
    assert stage.row_jobs_put(contract) == 1, "one for the row in Dynamics, whatever was written"


def test_a_fetch_costs_two_reads_the_right_and_one_write(stage: Stage) -> None:
    contract = warm(stage, publish=False)
    stage.edit_contract(contract, "colleague", customer_name="Changed", description="In the draft")
    assert counted(stage, lambda: stage.fetch(contract))["outcome"] == "synced"
    assert stage.vendor_requests() == READS | RIGHT | {"dynamics write": 1}
    assert sum(stage.vendor_requests().values()) == shown("fetch: vendor requests")
    assert_stored(stage, transactions=2)
    assert stage.jobs_put(contract) == []
    assert stage.row_jobs_put(contract) == 1


def test_a_push_or_fetch_with_nothing_to_do_costs_two_reads_the_right_and_no_write(stage: Stage) -> None:
    contract = warm(stage)
    assert counted(stage, lambda: stage.push(contract))["outcome"] == "unchanged"
    assert stage.vendor_requests() == READS | RIGHT
    assert sum(stage.vendor_requests().values()) == shown("nothing: vendor requests")
    assert_stored(stage, transactions=1)
    assert counted(stage, lambda: stage.fetch(contract))["outcome"] == "unchanged"
    assert stage.vendor_requests() == READS | RIGHT
    assert_stored(stage, transactions=1)


def test_a_preview_costs_two_reads_and_stores_nothing(stage: Stage) -> None:
    contract = warm(stage)
    with stage.silently():
        stage.edit_record(name="Changed")
    counted(stage, lambda: stage.preview(contract, "push"))
    assert stage.vendor_requests() == READS
    written = [what for what in stage.storage_requests() if not what.startswith(("query ", "get "))]
    assert written == [], "the link's and the history's rows are read, and none is written"


def test_an_automatic_sync_costs_two_reads_and_one_write(stage: Stage) -> None:
    contract = warm(stage)
    stage.forget_jobs()
    stage.age(contract)
    stage.forget_requests()
    with stage.silently():
        stage.world.edit_contract(contract, {"customer_name": "Changed", "description": "By the counterparty"})
        stage.drain()
    assert stage.record("name") == "Changed"
    assert stage.vendor_requests() == READS | {"dynamics write": 1}
    assert_stored(stage, transactions=2)
    assert [job["cause"] for job in stage.jobs_put(contract)] == ["webhook"]


def test_an_automatic_sync_with_nothing_new_costs_two_reads_and_no_write(stage: Stage) -> None:
    contract = warm(stage)
    stage.forget_jobs()
    stage.age(contract)
    stage.forget_requests()
    stage.put_job({"kind": "sync", "contract_id": contract, "cause": "reconcile"})
    stage.drain()
    assert stage.vendor_requests() == READS
    assert_stored(stage, transactions=1)  # no intent where nothing is written
    assert stage.row_jobs_put(contract) == 0


def test_a_creation_costs_one_read_the_right_and_one_request_to_oneflow(stage: Stage) -> None:
    warm(stage)
    stage.forget_requests()
    after = stage.world.oneflow.log.last_number
    name = "Counted by its name"
    contract = stage.contract(publish=False, name=name)
    sent = [one for one in stage.world.oneflow.log.entries(after=after) if _is_of(one, contract, name)]
    assert [(one.method, one.path) for one in sent] == [("POST", "/contracts/create")]
    assert stage.vendor_requests() == {"dynamics read": 1, "dynamics right": 1}
    storage = stage.storage_requests()
    assert storage["transaction contracts"] == 1, "link, base and history in one"
    assert storage["query contracts"] == 1
    assert storage["transaction due"] == 1


def test_a_burst_of_100_webhooks_for_one_contract_costs_two_syncs_and_at_most_two_later_looks(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    contract = warm(stage)
    stage.edit_contract(contract, customer_name="One edit")
    stage.drain()
    told = _told(stage, contract)
    stage.forget_jobs()
    stage.age(contract)
    stage.forget_requests()
    with caplog.at_level(logging.INFO, "sync_core"):
        began = time.monotonic()
        with ThreadPoolExecutor(16) as senders:
            answers = list(senders.map(stage.post_webhook, [told.body] * 100))
        seconds = time.monotonic() - began
        # Hints that came too soon after the first look are hidden until its quiet time ends.
        stage.until(lambda: _answered(caplog, contract) == 100, "the end of every hint")
    assert {answer.status_code for answer in answers} == {200}
    syncs = _syncs(caplog, contract)
    # The second sync queries 4 s or more after the first, in whole seconds, and answers hints at least 3 of them older:
    # all of a burst within one second. Where this machine took longer to send it, one more for each 4 s begun.
    assert 1 <= syncs.count("webhook") <= 2 + int((seconds + 3) / 4)
    assert stage.vendor_requests() == {"oneflow read": len(syncs), "dynamics read": len(syncs)}, "each reads once"
    looks = [job for job in stage.jobs_put(contract) if job["cause"] == "look"]
    assert len(looks) in (0, 2), "none where some are on their way already"


def test_an_event_of_an_unlinked_contract_is_accepted_and_asks_no_vendor(stage: Stage) -> None:
    foreign = stage.foreign_contract()
    stage.forget_requests()
    stage.edit_contract(foreign, customer_name="Nobody here knows this contract")
    stage.drain()
    assert stage.vendor_requests() == {}
    assert stage.delivered_statuses() == {200}


def test_mapping_metadata_and_token_come_from_a_cache(stage: Stage) -> None:
    contract = warm(stage)
    issued = stage.world.identity.requests
    stage.forget_requests()
    for text in ("First", "Second", "Third"):
        with stage.silently():
            stage.edit_record(name=text)
        assert stage.push(contract)["outcome"] == "synced"
    assert stage.world.identity.requests == issued
    asked = [one.path for one in stage.world.dataverse.log.entries()]
    assert not [path for path in asked if "Definitions" in path or path.startswith(("/organizations", "/systemusers?"))]
    assert stage.world.storage
    read = [seen for seen in stage.world.storage.log if seen.what == "get mappings"]
    assert len(read) <= 1, "a mapping is believed for 30 s, which may end here"


def test_a_write_that_rests_on_an_empty_value_costs_one_look_at_the_columns(stage: Stage) -> None:
    """A column that was secured a moment ago reads as empty too; metadata of minutes ago cannot tell."""
    stage.edit_record(description="There")
    contract = warm(stage)
    assert stage.text(contract, "description") == "There"
    with stage.silently():
        stage.edit_record(description=None)
    assert counted(stage, lambda: stage.push(contract))["outcome"] == "synced"
    asked = [one.path for one in stage.world.dataverse.log.entries()]
    looked = [path.rpartition("/")[2] for path in asked if "Definitions" in path]
    assert looked == ["Attributes", "EntityDefinitions(LogicalName='opportunity')"], (
        "its columns, and whether it keeps versions"
    )
    assert stage.text(contract, "description") == ""


def test_both_vendors_are_read_side_by_side_after_the_links_query(stage: Stage) -> None:
    """Each read is held until all three are there: one after the other they would never meet."""
    contract = warm(stage)
    stage.forget_requests()
    meeting, opened, too_early = threading.Barrier(3), threading.Event(), []

    def answered(seen: Seen) -> None:
        if seen.what == "query contracts" and f"-{contract}'" in seen.text:
            opened.set()

    def read(request: Request) -> None:
        if not opened.is_set():
            too_early.append(request.path)
        meeting.wait(timeout=20)

    assert stage.world.storage
    stage.world.storage.after = answered
    stage.world.oneflow.after_read = stage.world.dataverse.after_read = read
    try:
        assert stage.push(contract)["outcome"] == "unchanged"
    finally:
        stage.world.storage.after = None
        stage.calm()
    assert not meeting.broken
    assert too_early == []


def warm(stage: Stage, publish: bool = True) -> int:
    """A contract after its first push: caches are filled."""
    contract = stage.contract(publish)
    stage.push(contract)
    return contract


def counted(stage: Stage, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """An action by a person; of its own writes no hint comes back while it is counted."""
    stage.forget_jobs()
    stage.forget_requests()
    with stage.silently():
        return act()


def assert_stored(stage: Stage, transactions: int) -> None:
    """One query; an intent only if something is written; one closing transaction; the due row around it."""
    found = stage.storage_requests()
    assert {name: count for name, count in found.items() if name not in DUE} == {
        "query contracts": 1,
        "transaction contracts": transactions,
    }
    due = Counter({name: count for name, count in found.items() if name in DUE})
    assert due["patch due"] + due["transaction due"] == 1 and due["delete due"] <= 1


def _syncs(caplog: pytest.LogCaptureFixture, contract: int) -> list[str]:
    """The cause of each sync of the contract that ended."""
    ended = _lines(caplog, f"sync.closed contract_id={contract} ")
    return [line.split("cause=")[1].split()[0] for line in ended]


def _answered(caplog: pytest.LogCaptureFixture, contract: int) -> int:
    """How many hints ended, in a sync of their own or in that of another."""
    dropped = _lines(caplog, f"job.answered contract_id={contract} cause=webhook")
    return _syncs(caplog, contract).count("webhook") + len(dropped)


def _lines(caplog: pytest.LogCaptureFixture, beginning: str) -> list[str]:
    texts = [record.getMessage() for record in caplog.records]
    return [text for text in texts if text.startswith(beginning)]


def _told(stage: Stage, contract: int) -> Attempt:
    """A notification as Oneflow sent it, signature and all."""
    return next(one for one in stage.world.oneflow.delivery.attempts if one.contract_id == contract and one.body)


def _is_of(entry: Entry, contract: int, name: str) -> bool:
    return name in entry.body or entry.path.startswith(f"/contracts/{contract}")
