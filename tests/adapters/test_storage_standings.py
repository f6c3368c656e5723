"""The lists of links by how they stand: written with a due row, read page by page, counted, tidied."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync_core.adapters.storage.connection import Storage
from sync_core.adapters.storage.due import TableDue
from sync_core.adapters.storage.standings import TableStandings
from sync_core.engine.model.standing import Listing, Standing
from sync_core.errors import Invalid

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)


def listing(contract_id: int, standing: Standing = Standing.IN_STEP, entity: str = "opportunity") -> Listing:
    return Listing(contract_id, entity, standing, NOW, f"Agreement {contract_id}")


def all_of(standings: TableStandings, **wanted: Any) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    after: str | None = None
    while True:
        asked: dict[str, Any] = {"standing": None, "entity": None, "named": None, **wanted}
        page, after = standings.page(**asked, after=after, limit=2)
        found += [(str(one.standing), one.contract_id) for one in page]
        if after is None:
            return found


def test_a_link_is_listed_by_the_request_that_makes_it_due(storage: Storage, account: str) -> None:
    due, standings = TableDue(storage, account), TableStandings(storage, account)
    key = due.put(7, NOW, listing=listing(7, Standing.REFUSED))
    assert [row.contract_id for row in due.until(NOW, 10)] == [7], "a list's row is never due"
    page, after = standings.page(Standing.REFUSED, None, None, None, 10)
    assert (page, after) == ([listing(7, Standing.REFUSED)], None)
    due.drop(key, listing(7, Standing.REFUSED))
    assert due.until(NOW, 10) == []
    assert standings.page(None, None, None, None, 10) == ([], None)


@pytest.mark.parametrize("gone", ["due row", "listing"])
def test_of_two_rows_that_go_one_may_be_gone_already(storage: Storage, account: str, gone: str) -> None:
    due, standings = TableDue(storage, account), TableStandings(storage, account)
    key = due.put(7, NOW, listing=listing(7))
    if gone == "listing":
        standings.drop(listing(7))
    else:
        due.drop(key)
    due.drop(key, listing(7))
    assert due.until(NOW, 10) == []
    assert standings.page(None, None, None, None, 10) == ([], None)


def test_lists_begin_with_the_gravest_and_in_it_with_the_newest(storage: Storage, account: str) -> None:
    standings = TableStandings(storage, account)
    standings.put([listing(1), listing(2), listing(3, Standing.BROKEN), listing(4, Standing.WAITING_FOR_PUSH)])
    standings.put([listing(5, Standing.BROKEN, "quote")])
    whole = [("broken", 3), ("broken", 5), ("waiting_for_push", 4), ("in_step", 2), ("in_step", 1)]
    assert all_of(standings) == whole
    assert all_of(standings, entity="opportunity") == [one for one in whole if one[1] != 5]
    assert all_of(standings, standing=Standing.BROKEN) == whole[:2]
    assert all_of(standings, standing=Standing.BROKEN, entity="quote") == [("broken", 5)]
    assert all_of(standings, named="AGREEMENT 4") == [("waiting_for_push", 4)]
    assert all_of(standings, standing=Standing.PAUSED) == []


def test_counts_are_by_standing_and_table_and_say_where_there_are_more(storage: Storage, account: str) -> None:
    standings = TableStandings(storage, account)
    standings.put([listing(number) for number in range(1001)])
    standings.put([listing(5000, Standing.BROKEN, "quote"), listing(5001, Standing.BROKEN)])
    counts, more = standings.counts()
    assert counts == {
        (Standing.BROKEN, "quote"): 1,
        (Standing.BROKEN, "opportunity"): 1,
        (Standing.IN_STEP, "opportunity"): 1000,
    }
    assert more == {Standing.IN_STEP}


def test_what_stands_so_for_long_is_counted(storage: Storage, account: str) -> None:
    standings = TableStandings(storage, account)
    old = replace(listing(1, Standing.BROKEN), since=NOW - timedelta(days=2))
    standings.put([old, listing(2, Standing.BROKEN), replace(old, contract_id=3, standing=Standing.REFUSED)])
    assert standings.older(Standing.BROKEN, NOW - timedelta(days=1)) == 1
    assert standings.older(Standing.REFUSED, NOW - timedelta(days=1)) == 1
    assert standings.older(Standing.NEEDS_DECISION, NOW) == 0


def test_a_made_up_token_is_refused_by_name(storage: Storage, account: str) -> None:
    with pytest.raises(Invalid, match="page token"):
        TableStandings(storage, account).page(None, None, None, "s-9-x", 10)
