"""Entra ID's app role and Dynamics' rights do not stand for each other: who lacks one is told which, and no more."""

from __future__ import annotations

import uuid

import pytest
import requests

from sandbox.dataverse import seed
from sandbox.role import SELLERS_ROLE
from tests.callers import IN_AZURE, at, principal
from tests.stories.stage import Stage

APP_ROLE = {"where": "entra_id", "what": "Sync.Admin"}
USER = {"where": "dynamics", "what": "user"}
PRIVILEGE = {"where": "dynamics", "what": "prvReadOpportunity"}


def asked(stage: Stage, who: str, route: str, *roles: str) -> requests.Response:
    with at(IN_AZURE):
        return stage.call("GET", route, headers=principal(who, *roles))


def contracts(stage: Stage, record_id: str | None = None) -> str:
    return f"records/opportunity/{record_id or stage.record_id}/contracts"


@pytest.mark.parametrize("route", ["connection", "entities", "links", "dead-letters"])
def test_a_user_of_dynamics_without_the_app_role_is_told_of_it(stage: Stage, route: str) -> None:
    answer = asked(stage, seed.SELLER_OID, route)
    assert (answer.status_code, answer.json()["missing"]) == (403, APP_ROLE)
    assert asked(stage, seed.SELLER_OID, route, "Sync.Admin").status_code == 200


def test_an_administrator_of_the_sync_who_is_no_user_of_dynamics_is_told_so(stage: Stage) -> None:
    answer = asked(stage, str(uuid.uuid4()), contracts(stage), "Sync.Admin")
    assert (answer.status_code, answer.json()["missing"]) == (403, USER)


def test_a_user_without_the_right_to_the_table_is_told_which_and_not_whether_there_is_such_a_record(
    stage: Stage,
) -> None:
    security = stage.world.dataverse.world.security
    security.take(seed.COLLEAGUE, SELLERS_ROLE)
    try:
        here, nowhere = (
            asked(stage, seed.COLLEAGUE_OID, contracts(stage, one), "Sync.Admin")
            for one in (stage.record_id, str(uuid.uuid4()))
        )
    finally:
        security.assign(seed.COLLEAGUE, SELLERS_ROLE)
    assert [one.status_code for one in (here, nowhere)] == [404, 404]
    assert here.json()["missing"] == nowhere.json()["missing"] == PRIVILEGE


def test_a_record_that_is_out_of_reach_is_told_of_as_one_that_is_not_there(stage: Stage) -> None:
    stage.world.dataverse.people.put_out_of_reach(seed.COLLEAGUE, stage.record_id)
    try:
        here = asked(stage, seed.COLLEAGUE_OID, contracts(stage))
    finally:
        stage.world.dataverse.people.give_rights()
    nowhere = asked(stage, seed.COLLEAGUE_OID, contracts(stage, str(uuid.uuid4())))
    assert (here.status_code, nowhere.status_code) == (404, 404)
    assert here.json().keys() == nowhere.json().keys()
    assert "missing" not in here.json()
