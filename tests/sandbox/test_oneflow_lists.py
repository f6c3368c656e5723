"""Lists: pages, filters, order; and the lists of what hardly changes."""

from __future__ import annotations

import pytest

from sandbox.oneflow import seed
from tests.sandbox.oneflow_world import OLA, OneflowWorld


def test_a_list_pages_through_everything_once_by_its_own_links() -> None:
    world = OneflowWorld()
    made = [world.draft() for _ in range(7)]
    seen, path = [], "/contracts?limit=3"
    while path:
        page = world.get(path).json()
        assert page["count"] == 7
        seen += [row["id"] for row in page["data"]]
        path = page["_links"]["next"] and page["_links"]["next"]["href"].split("/v1")[1]
    assert seen == made
    assert world.get("/contracts?offset=7").json()["data"] == []


def test_the_last_page_has_next_null_or_none_at_all() -> None:
    world = OneflowWorld()
    assert world.get("/contracts").json()["_links"]["next"] is None
    world.switches.last_page_next = "absent"
    assert "next" not in world.get("/contracts").json()["_links"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=101", "limit=0", "limit=all", "limit=-1", "offset=19901", "offset=x", "filter[template_id]=4101",
        "filter[updated_time]=2024-01-01T00:00:00%2B0000|", "filter[name]=a&filter[name]=b", "filter[states]=open",
        "filter[published_time]=2024-01-01T00:00:00+0000|", "filter[published_time]=2024-01-01T00:00:00Z",
        "filter[data_field_match]=amount", "filter[data_field_match]=amount:", "sort=updated_time",
        f"filter[data_field_match]=amount:{'x' * 600}",
    ],
)  # fmt: skip
def test_a_query_outside_the_documented_ranges_is_400(query: str) -> None:
    assert OneflowWorld().get(f"/contracts?{query}").status_code == 400


@pytest.mark.parametrize("path", ["/users", "/workspaces", "/template_types", "/webhooks", "/templates"])
def test_an_unknown_filter_is_400_on_every_list(path: str) -> None:
    world = OneflowWorld()
    assert world.get(path).status_code == 200
    assert world.get(f"{path}?filter[colour]=red").status_code == 400


def test_filters_are_all_met_and_a_comma_means_either() -> None:
    world = OneflowWorld()
    draft, sent, signed = world.draft(), world.sent(), world.sent()
    world.sim.people.sign_all(signed)

    def found(query: str) -> list[int]:
        return [row["id"] for row in world.get(f"/contracts?{query}").json()["data"]]

    assert found("filter[states]=draft,pending") == [draft, sent]
    assert found(f"filter[states]=signed,pending&filter[contract_ids]={draft},{signed}") == [signed]
    assert found("filter[published_time]=2024-05-03T09:00:00%2B0000|") == [sent, signed]
    assert found("filter[published_time]=|2024-05-03T08:59:59%2B0000") == []
    assert found(f"filter[participant_email]={OLA.upper()}&filter[query]=NORDLYS&sort=-state") == [signed, sent, draft]


def test_sorting_puts_what_has_no_value_last_both_ways() -> None:
    world = OneflowWorld()
    draft, first = world.draft(), world.sent()
    world.clock.turn(5)
    second = world.sent()

    def found(sort: str) -> list[int]:
        return [row["id"] for row in world.get(f"/contracts?sort={sort}").json()["data"]]

    assert found("published_time") == [first, second, draft]
    assert found("-published_time") == [second, first, draft]


def test_a_listed_contract_shows_its_data_fields_only_where_a_switch_says_so() -> None:
    world = OneflowWorld()
    world.draft(amount="5.00")
    assert "data_fields" not in world.get("/contracts").json()["data"][0]
    world.switches.list_shows_data_fields = True
    assert world.get("/contracts").json()["data"][0]["data_fields"][1]["value"] == "5.00"


# Templates


def test_active_templates_are_listed_with_the_type_that_owns_their_fields() -> None:
    world = OneflowWorld()
    listed = {row["id"]: row["template_type"] for row in world.get("/templates").json()["data"]}
    assert seed.RETIRED_TEMPLATE not in listed
    assert listed[seed.FRAME_TEMPLATE]["id"] == seed.FRAME_AGREEMENT
    assert listed[seed.DYNAMICS_TEMPLATE]["extension_type"] == "dynamics"
    assert listed[seed.PLAIN_TEMPLATE] is None
    inactive = world.get("/templates?filter[active]=false").json()["data"]
    assert [row["id"] for row in inactive] == [seed.RETIRED_TEMPLATE]


def test_a_template_types_fields_say_which_are_oneflows_own() -> None:
    world = OneflowWorld()
    fields = world.get(f"/template_types/{seed.FRAME_AGREEMENT}").json()["data_fields"]
    helper = world.get(f"/helpers/template_types/{seed.FRAME_AGREEMENT}/data_fields").json()
    assert helper == {"data_fields": fields}
    assert [f["custom_id"] for f in fields if f["source"] == "user"] == list(seed.STORY_FIELDS)
    assert [f["custom_id"] for f in fields if f["source"] == "system"] == [seed.SYSTEM_FIELD]


def test_contract_create_data_lists_only_where_the_user_may_create() -> None:
    world = OneflowWorld()
    path = f"/helpers/contract_create_data?template_type_id={seed.FRAME_AGREEMENT}"
    assert [(w["id"], [t["id"] for t in w["templates"]]) for w in world.get(path).json()] == [
        (seed.SALES, [seed.FRAME_TEMPLATE]),
        (seed.PURCHASING, [seed.PURCHASING_TEMPLATE]),
    ]
    assert [w["id"] for w in world.get(path, user=seed.SECOND_USER).json()] == [seed.SALES]


def test_a_template_types_change_leaves_contracts_that_exist_alone() -> None:
    world = OneflowWorld()
    contract_id = world.draft()
    world.sim.people.remove_template_field(seed.FRAME_AGREEMENT, "amount")
    assert "amount" in world.values(contract_id)
    assert "amount" not in world.values(world.draft())
