"""How a link stands in the lists of links, since when, and which row it leaves behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync_core.engine.model.link import Link
from sync_core.engine.model.standing import Standing, listing_of, moved, standing_of, stood

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
LINK = Link(7, "opportunity", "r", state="pending", name="Deal")


@pytest.mark.parametrize(
    ("parts", "standing"),
    [
        ({}, Standing.IN_STEP),
        ({"state": "signed"}, Standing.IN_STEP),
        ({"waiting_for_push": 2}, Standing.WAITING_FOR_PUSH),
        ({"waiting_for_push": 2, "state": "signed"}, Standing.NEEDS_DECISION),
        ({"waiting_for_push": 2, "refused": 1}, Standing.REFUSED),
        ({"not_agreed": 1, "refused": 1}, Standing.NEEDS_DECISION),
        ({"conflicts": 1}, Standing.NEEDS_DECISION),
        ({"conflicts": 1, "status": "paused"}, Standing.PAUSED),
        ({"conflicts": 1, "status": "broken"}, Standing.BROKEN),
    ],
)
def test_a_link_stands_as_the_gravest_that_is_true_of_it(parts: dict[str, Any], standing: Standing) -> None:
    assert standing_of(replace(LINK, **parts)) is standing


def test_a_link_stands_so_since_it_began_to() -> None:
    link = stood(LINK, NOW)
    assert stood(link, LATER) == link
    refused = stood(replace(link, refused=1), LATER)
    assert (refused.standing, refused.standing_since) == ("refused", LATER)


def test_a_look_that_finds_nothing_moves_no_row() -> None:
    link = stood(LINK, NOW)
    assert moved(link, stood(replace(link, looked_at=LATER), LATER)) == (None, None)


def test_a_link_that_comes_to_stand_otherwise_gets_a_row_and_leaves_one() -> None:
    link = stood(LINK, NOW)
    now = stood(replace(link, refused=1), LATER)
    assert moved(link, now) == (listing_of(now), listing_of(link))


def test_a_new_name_renews_the_row_and_leaves_none() -> None:
    link = stood(LINK, NOW)
    now = replace(link, name="Renamed")
    assert moved(link, now) == (listing_of(now), None)


def test_a_link_of_before_the_lists_leaves_the_row_that_the_slow_sweep_made() -> None:
    now = stood(replace(LINK, conflicts=1), NOW)
    listing, left = moved(LINK, now)
    assert listing == listing_of(now)
    assert left is not None
    assert left.standing is Standing.IN_STEP


def test_another_record_of_the_same_table_moves_no_row_and_one_of_another_does() -> None:
    link = stood(LINK, NOW)
    assert moved(link, replace(link, record_id="other")) == (None, None)
    listing, left = moved(link, replace(link, entity="quote"))
    assert (listing and listing.entity, left and left.entity) == ("quote", "opportunity")
