"""What one action costs, from the request logs: vendor requests and storage operations (DESIGN 3)."""

from __future__ import annotations

from tests.stories.stage import Stage


def test_a_push_costs_two_reads_the_right_and_one_write(stage: Stage) -> None:
    contract = stage.contract()
    stage.push(contract)  # caches are warm
    with stage.silently():
        stage.edit_record(name="Changed", estimatedvalue="99.50")
    stage.drain()
    stage.forget_requests()
    assert stage.push(contract)["outcome"] == "synced"
    assert stage.vendor_requests(without_events=True) == {
        "oneflow read": 1,
        "dynamics read": 1,
        "dynamics right": 1,
        "oneflow write": 1,
    }
    storage = stage.storage_requests()
    assert storage["query contracts"] == 1
    assert storage["transaction contracts"] == 2, "one intent, one closing transaction"


def test_a_fetch_costs_two_reads_and_one_write(stage: Stage) -> None:
    contract = stage.contract(publish=False)
    stage.fetch(contract)
    stage.edit_contract(contract, "colleague", customer_name="Changed", description="In the draft")
    stage.drain()
    stage.forget_requests()
    assert stage.fetch(contract)["outcome"] == "synced"
    assert stage.vendor_requests() == {"oneflow read": 1, "dynamics read": 1, "dynamics write": 1}


def test_an_automatic_sync_with_nothing_new_costs_two_reads_and_no_write(stage: Stage) -> None:
    contract = stage.contract()
    stage.look(contract)
    stage.age(contract)
    stage.forget_requests()
    stage.put_job({"kind": "sync", "contract_id": contract, "cause": "reconcile"})
    stage.drain()
    assert stage.vendor_requests() == {"oneflow read": 1, "dynamics read": 1}
    storage = stage.storage_requests()
    assert storage["query contracts"] == 1
    assert storage["transaction contracts"] == 1, "no intent where nothing is written"


def test_an_event_of_an_unlinked_contract_is_accepted_and_asks_no_vendor(stage: Stage) -> None:
    foreign = stage.foreign_contract()
    stage.forget_requests()
    stage.edit_contract(foreign, customer_name="Nobody here knows this contract")
    stage.drain()
    assert stage.vendor_requests() == {}
    assert stage.delivered_statuses() == {200}
