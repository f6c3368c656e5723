"""Hourly counters in table storage: a row for each process, one for each hour that is over, and none too old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sync_core.adapters.storage.connection import Storage
from sync_core.adapters.storage.measures import TableMeasures

NINE = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def rows(storage: Storage, account: str) -> list[str]:
    found = storage.table("measures").query_entities("PartitionKey eq @one", parameters={"one": account})
    return [row["RowKey"] for row in found]


def test_processes_are_added_up_and_each_saves_its_hour_again(storage: Storage, account: str) -> None:
    one, other = TableMeasures(storage, account, "a"), TableMeasures(storage, account, "b")
    one.save(NINE, {"edits": 1})
    one.save(NINE, {"edits": 3})
    other.save(NINE, {"edits": 2, "rate_limit_most": 0.5})
    other.save(NINE + HOUR, {"edits": 10})
    found = one.since(NINE)
    assert {hour: totals["edits"] for hour, totals in found.items()} == {NINE: 5, NINE + HOUR: 10}
    assert found[NINE]["rate_limit_most"] == 0.5
    assert list(one.since(NINE + HOUR)) == [NINE + HOUR]


def test_an_hour_that_is_over_becomes_one_row_and_an_old_one_goes(storage: Storage, account: str) -> None:
    for number in range(150):
        TableMeasures(storage, account, f"p{number:03d}").save(NINE, {"edits": 1})
    keeper = TableMeasures(storage, account, "z")
    keeper.save(NINE - 10 * HOUR, {"edits": 7})
    keeper.save(NINE + HOUR, {"edits": 5})
    for _ in range(2):  # a second time changes nothing
        keeper.purge(NINE - HOUR, NINE + HOUR)
        assert rows(storage, account) == ["20260312T09-all", "20260312T10-z"]
        assert {hour: totals["edits"] for hour, totals in keeper.since(NINE).items()} == {NINE: 150, NINE + HOUR: 5}


def test_a_process_that_saves_late_is_added_to_the_hour_that_is_one_already(storage: Storage, account: str) -> None:
    keeper = TableMeasures(storage, account, "late")
    TableMeasures(storage, account, "early").save(NINE, {"edits": 1})
    keeper.purge(NINE - HOUR, NINE + HOUR)
    keeper.save(NINE, {"edits": 2})
    assert keeper.since(NINE)[NINE]["edits"] == 3
    keeper.purge(NINE - HOUR, NINE + HOUR)
    assert keeper.since(NINE)[NINE]["edits"] == 3
