"""The lists of links: each link is where it stands after one job, pages cost the same whatever there is, and what a
crash leaves is tidied."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sync_core.engine.model.jobs import SyncJob
from sync_core.engine.model.standing import Listing, Standing, listing_of
from tests.stories.stage import Stage


def listed(stage: Stage, contract: int) -> dict[str, Any]:
    (found,) = stage.ok("GET", f"links?q={contract}")["links"]
    return dict(found)


def stands(stage: Stage, contract: int) -> str:
    """How it stands by its own list: a link that is in another one is not there."""
    status = str(listed(stage, contract)["status"])
    after = ""
    while True:
        page = stage.ok("GET", f"links?status={status}&entity=opportunity&next={after}")
        if contract in [one["contract_id"] for one in page["links"]]:
            return status
        assert page["next"], f"{contract} is not in the list of {status}"
        after = page["next"]


def rows_of(stage: Stage, contract: int) -> list[Listing]:
    found, after = [], None
    while True:
        page, after = stage.world.services._standings.page(None, None, None, after, 1000)
        found += [one for one in page if one.contract_id == contract]
        if after is None:
            return found


def test_each_standing_reaches_the_lists_within_one_sync(stage: Stage) -> None:
    stage.map(conflict_policy="ask")
    contract = stage.contract()
    assert stands(stage, contract) == "in_step"
    with stage.silently():
        stage.edit_record(name="Waits")
    stage.look(contract)
    assert stands(stage, contract) == "waiting_for_push"
    stage.edit_contract(contract, customer_name="Theirs")
    stage.look(contract)
    assert stands(stage, contract) == "needs_decision"
    stage.push(contract)
    assert stands(stage, contract) == "in_step"
    stage.edit_contract(contract, amount="about a million")
    stage.look(contract)
    assert stands(stage, contract) == "refused"
    stage.world.oneflow.people.delete(contract)
    stage.look(contract)
    stage.look(contract)
    assert stands(stage, contract) == "broken"
    assert listed(stage, contract)["reason"] == "The contract was deleted in Oneflow."
    assert [one.standing for one in rows_of(stage, contract)] == [Standing.BROKEN], "each move took its old row away"


def test_a_listed_link_leads_to_both_sides_and_says_since_when(stage: Stage) -> None:
    contract = stage.contract(name="To be found")
    found = listed(stage, contract)
    assert found["name"] == "To be found"
    assert found["since"]
    assert str(contract) in found["oneflow_url"]
    assert found["record_url"].endswith(f"etn=opportunity&id={stage.record_id}")
    named = stage.ok("GET", "links?q=to be FOUND&status=in_step")["links"]
    assert contract in [one["contract_id"] for one in named]
    assert stage.ok("GET", f"links?q={contract}&status=broken")["links"] == []


def test_an_unlinked_contract_leaves_the_lists_and_a_moved_one_stays(stage: Stage) -> None:
    gone, moved = stage.contract(), stage.contract()
    stage.call("DELETE", f"records/opportunity/{stage.record_id}/contracts/{gone}")
    assert rows_of(stage, gone) == []
    assert stage.ok("GET", f"links?q={gone}")["links"] == []
    other = stage.world.new_opportunity({"name": "The revised one"})
    stage.ok("PUT", f"records/opportunity/{other}/contracts/{moved}", {"move": True})
    assert len(rows_of(stage, moved)) == 1
    assert listed(stage, moved)["record_id"] == other


def test_the_summary_counts_what_the_lists_hold(stage: Stage) -> None:
    def counts() -> dict[str, int]:
        entities = stage.ok("GET", "links/summary")["entities"]
        return dict(next(one["counts"] for one in entities if one["entity"] == "opportunity"))

    contract = stage.contract()
    before = counts()
    with stage.silently():
        stage.edit_record(name="Waits")
    stage.look(contract)
    after = counts()
    assert after["waiting_for_push"] == before["waiting_for_push"] + 1
    assert after["in_step"] == before["in_step"] - 1


def test_a_row_that_a_crash_left_means_nothing_and_is_tidied(stage: Stage) -> None:
    contract = stage.contract()
    services = stage.world.services
    opened = services._links.open(contract)
    assert opened
    known = listing_of(opened.link)
    assert known
    services._standings.put([replace(known, standing=Standing.BROKEN), replace(known, contract_id=999_999_999)])
    broken = stage.ok("GET", "links?status=broken")["links"]
    assert contract not in [one["contract_id"] for one in broken]
    for _ in range(20):
        state = services._marks.all().get("lists", "{}").replace('"at"', '"before"')
        services._marks.set("lists", state)  # as if an hour had passed
        services.reconcile.run()
        if [one.standing for one in rows_of(stage, contract)] == [Standing.IN_STEP]:
            break
    assert [one.standing for one in rows_of(stage, contract)] == [Standing.IN_STEP]


def test_the_slow_sweep_lists_again_what_got_lost(stage: Stage) -> None:
    contract = stage.contract()
    services = stage.world.services
    (row,) = rows_of(stage, contract)
    services._standings.drop(row)
    assert rows_of(stage, contract) == []
    services._marks.set("slow_sweep", "{}")
    for _ in range(200):
        services.reconcile.run()
        if "done_at" in services._marks.all()["slow_sweep"]:
            break
    assert rows_of(stage, contract) == [row]
    assert "opportunity/in_step" in services._marks.all()["links_counted"]


def test_a_pause_ends_and_a_look_is_asked_for_many_at_once(stage: Stage) -> None:
    contract = stage.contract()
    links = stage.world.services._links
    opened = links.open(contract)
    assert opened
    until = opened.opened_at + timedelta(hours=1)
    links.close(opened, replace(opened.link, status="paused", paused_until=until), opened.bases, [])
    ids = [contract, 999_999_999]
    done = stage.ok("POST", "links/actions", {"action": "end_pause", "contract_ids": ids})["results"]
    assert [(one["contract_id"], one["done"]) for one in done] == [(contract, True), (999_999_999, False)]
    assert done[1]["reason"]
    assert stands(stage, contract) == "in_step"
    again = stage.ok("POST", "links/actions", {"action": "end_pause", "contract_ids": [contract]})["results"]
    assert again[0] == {"contract_id": contract, "done": False, "reason": None}
    stage.age(contract)
    looked = links.open(contract)
    assert looked
    stage.ok("POST", "links/actions", {"action": "look", "contract_ids": [contract]})
    for _ in range(20):  # other stories' rows may be due longer
        stage.world.services.reconcile.run()
        stage.drain()
        now = links.open(contract)
        if now and now.etag != looked.etag:
            break
    assert now and now.link.looked_at and looked.link.looked_at
    assert now.link.looked_at >= looked.link.looked_at
    assert now.etag != looked.etag


def test_what_was_given_up_is_replayed_for_the_chosen_contracts(stage: Stage) -> None:
    contract = stage.contract()
    stage.world.services._letters.add(contract, "not_allowed", "Refused.", SyncJob(contract))
    asked = {"action": "replay", "contract_ids": [contract]}
    assert stage.ok("POST", "links/actions", asked)["results"][0]["done"] is True
    stage.drain()
    stage.until(lambda: not stage.letters(contract), "its success closes it")
    assert stage.ok("POST", "links/actions", asked)["results"][0]["done"] is False


@pytest.mark.parametrize(
    "query", ["status=lost", "entity=No Table", "next=s-9-x-1", "next=s-0-x-1' or 1 eq 1"], ids=lambda one: one[:12]
)
def test_a_wrong_question_is_refused_by_name(stage: Stage, query: str) -> None:
    assert stage.call("GET", f"links?{query}").status_code == 400


def test_what_is_carried_is_counted_by_the_hour(stage: Stage) -> None:
    def now() -> dict[str, float]:
        return dict(stage.ok("GET", "measures?hours=1")["hours"][0])

    contract = stage.contract()
    before = now()
    stage.edit_record(name="Carried")
    stage.push(contract)
    stage.edit_contract(contract, amount="about a million")
    stage.look(contract)
    after = now()
    if after["hour"] == before["hour"]:
        assert after["edits"] >= before["edits"] + 1
        assert after["refusals"] >= before["refusals"] + 1
    hours = stage.ok("GET", "measures?hours=100000")["hours"]
    assert len(hours) == 720, "and never more"
