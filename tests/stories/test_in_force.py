"""A saved mapping says whether it is in force; what it lacks is told wherever it matters, and once it is mended the
links that it broke are looked at within a minute."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.dataverse import seed
from sync_core.usecases.administration.registrations import REGISTERED
from tests.stories.stage import Stage

QUOTE = {"fields": [{"dynamics_column": "name", "oneflow_field": "customer_name", "direction": "two_way"}]}


@pytest.fixture
def nobody_connects(stage: Stage) -> Iterator[Stage]:
    """Whoever saves does not run `connect` afterwards."""
    stage.world.connects = False
    yield stage
    stage.world.connects = True
    stage.ok("PUT", "entities/quote/mapping", {"fields": []}, {"If-Match": "*"})
    stage.map()
    stage.world.connect()


def minute(stage: Stage) -> None:
    """What a minute's sweeps do."""
    services = stage.world.services
    services._in_force._looked.clear()
    services.reconcile.run()
    stage.drain()


def saved_quote(stage: Stage) -> dict[str, object]:
    return stage.ok("PUT", "entities/quote/mapping", QUOTE, {"If-Match": "*"})


def test_a_mapping_with_all_that_it_needs_is_in_force(stage: Stage) -> None:
    stage.map()
    stage.world.connect()
    saved = stage.ok("GET", "entities/opportunity/mapping")
    assert (saved["in_force"], saved["reason"], saved["privileges"], saved["steps"]) == (True, None, [], [])
    assert stage.ok("GET", f"records/opportunity/{stage.record_id}/contracts")["not_in_force"] is None


def test_a_save_says_by_name_what_is_lacking_and_what_mends_it(nobody_connects: Stage) -> None:
    stage = nobody_connects
    saved = saved_quote(stage)
    assert saved["in_force"] is False
    assert saved["privileges"] == ["prvReadQuote", "prvWriteQuote"]
    assert saved["steps"] == ["name"]
    assert "lacks prvReadQuote, prvWriteQuote" in str(saved["reason"])
    assert "python -m cli connect" in str(saved["reason"])
    quote = stage.world.dataverse_seed.QUOTE
    told = stage.call("GET", f"records/quote/{quote}/contracts")
    assert told.status_code in (200, 404)
    assert stage.world.services._in_force.reason("quote") == saved["reason"]
    stage.world.connect()
    again = stage.ok("GET", "entities/quote/mapping")
    assert (again["in_force"], again["privileges"]) == (True, [])
    assert stage.world.services._in_force.reason("quote") is None


def test_what_is_mended_in_dynamics_is_noticed_without_anybody_asking(nobody_connects: Stage) -> None:
    stage = nobody_connects
    saved_quote(stage)
    minute(stage)
    assert stage.world.services._in_force.reason("quote")
    stage.world.connect()
    minute(stage)
    assert stage.world.services._in_force.reason("quote") is None


def test_links_broken_for_a_lost_right_are_looked_at_within_a_minute_of_its_return(stage: Stage) -> None:
    def status() -> str:
        return str(stage.ok("GET", f"links?q={contract}")["links"][0]["status"])

    contract = stage.contract()
    security = stage.world.dataverse.world.security
    (role,) = security.roles_of(seed.APPLICATION)
    held = security.of_role(role)
    security.give(role, {name: depth for name, depth in held.items() if name != "prvReadOpportunity"}, replace=True)
    try:
        stage.look(contract)
        assert status() == "broken"
        minute(stage)
        assert status() == "broken"
        assert "prvReadOpportunity" in str(stage.world.services._in_force.reason("opportunity"))
    finally:
        security.give(role, held, replace=True)
    stage.age(contract)
    minute(stage)
    stage.until(lambda: status() == "in_step", "it is mended")
    assert stage.world.services._in_force.reason("opportunity") is None


def test_a_check_that_dynamics_does_not_answer_spoils_no_save(stage: Stage) -> None:
    stage.fail("dynamics", "status", times=None, path="*RetrieveUserPrivileges*", status=503)
    saved = stage.map()
    stage.calm()
    assert saved["in_force"] is None
    assert "could not be checked" in saved["reason"]


def test_the_connection_tells_sign_in_and_registrations_apart(nobody_connects: Stage) -> None:
    stage = nobody_connects

    def told() -> dict[str, object]:
        return dict(stage.ok("GET", "connection")["registrations"])

    stage.world.connect()
    assert told()["state"] == "registered"
    saved_quote(stage)
    assert (told()["state"], told()["entities"]) == ("changed", ["quote"])
    stage.world.services._marks.set(REGISTERED, "")
    assert told()["state"] == "missing"
    assert "name" in stage.ok("GET", "connection")["dynamics"], "sign-in works all the same"
    stage.world.connect()
    assert told()["state"] == "registered"


def test_what_was_answered_may_be_sent_back(stage: Stage) -> None:
    stage.map()
    read = stage.ok("GET", "entities/opportunity/mapping")
    saved = stage.ok("PUT", "entities/opportunity/mapping", read, {"If-Match": "*"})
    assert saved["fields"] == read["fields"]
