"""A seller has exactly what the product says that a seller needs: it is enough, and nothing in it is for nothing."""

from __future__ import annotations

import pytest

from sandbox.dataverse import seed
from sandbox.role import SELLERS_ROLE
from sync_core import bootstrap
from tests.stories import test_rights as rights
from tests.stories.stage import Stage
from tests.stories.test_rights import Tell, as_connect_leaves_it, contract

__all__ = ["as_connect_leaves_it", "contract"]

# Each privilege of a seller's, and the story that fails without it.
STORIES: dict[str, Tell] = {
    "prvReadContact": rights.the_contacts_are_offered_with_their_company,
    "prvReadAccount": rights.the_contacts_are_offered_with_their_company,
    "prvReadOpportunity": rights.a_seller_pushes,
    "prvWriteOpportunity": rights.a_seller_pushes,
    "prvReadTeam": rights.a_teams_name_goes_out_as_the_owners,
    "prvReadUser": rights.a_colleague_by_name_becomes_the_owner,
    "prvAppendOpportunity": rights.an_account_by_name_becomes_the_customer,
    "prvAppendToAccount": rights.an_account_by_name_becomes_the_customer,
    "prvAppendToContact": rights.a_contact_by_name_becomes_the_customer,
    "prvAssignOpportunity": rights.a_colleague_by_name_becomes_the_owner,
}


@pytest.fixture(autouse=True)
def an_app_that_remembers_nothing(contract: int) -> None:
    bootstrap.exchange(None)


def test_each_privilege_of_a_seller_has_a_story_that_needs_it(stage: Stage) -> None:
    security = stage.world.dataverse.world.security
    for seller in seed.SELLERS:
        assert security.of_user(seller).keys() == STORIES.keys()
        assert security.roles_of(seller) == [SELLERS_ROLE] and not security.teams_of(seller)


@pytest.mark.parametrize("tell", dict.fromkeys(rights.STORIES.values()), ids=lambda tell: tell.__name__)
def test_the_stories_go_well_under_the_exact_role(stage: Stage, contract: int, tell: Tell) -> None:
    tell(stage, contract)


@pytest.mark.parametrize(("privilege", "tell"), STORIES.items(), ids=STORIES.keys())
def test_without_any_one_privilege_its_story_fails(stage: Stage, contract: int, privilege: str, tell: Tell) -> None:
    security = stage.world.dataverse.world.security
    held = security.of_role(SELLERS_ROLE)
    security.give(SELLERS_ROLE, {name: depth for name, depth in held.items() if name != privilege}, replace=True)
    try:
        with pytest.raises(AssertionError):
            tell(stage, contract)
    finally:
        security.give(SELLERS_ROLE, held, replace=True)
