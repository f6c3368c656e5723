"""What a save of the mapping would end is said before it is saved."""

from __future__ import annotations

from typing import Any

from tests.stories.stage import ROWS, Stage

MAPPING = "entities/opportunity/mapping"
NAME, FIELD, DIRECTION = ROWS[0]


def _tried(stage: Stage, rows: list[tuple[str, str, str]], etag: str = "*") -> Any:
    fields = [
        {"dynamics_column": column, "oneflow_field": field, "direction": direction} for column, field, direction in rows
    ]
    return stage.call("PUT", f"{MAPPING}?dry_run=true", {"fields": fields}, {"If-Match": etag})


def test_a_direction_that_ends_bases_says_for_how_many_contracts_and_saves_nothing(stage: Stage) -> None:
    stage.map([(NAME, FIELD, "dynamics_to_oneflow")])
    stage.contract(), stage.contract()
    before = stage.ok("GET", MAPPING)
    links = len(stage.world.services._links.of_entity("opportunity"))

    answer = _tried(stage, [(NAME, FIELD, "two_way")])

    told = answer.json()["bases_end"]
    assert 2 <= told["contracts"] <= links and not told["at_most"]
    assert told["fields"] == [{"oneflow_field": FIELD, "contracts": told["contracts"]}]
    assert stage.ok("GET", MAPPING) == before
    assert answer.headers["ETag"] == before["etag"]


def test_it_says_whether_the_mapping_would_be_in_force_and_leaves_no_mark(stage: Stage) -> None:
    stage.map()
    stage.world.connect()
    rows = [(NAME, FIELD, "two_way"), ("new_count", "count_of_it", "dynamics_to_oneflow")]

    told = _tried(stage, rows).json()

    assert (told["in_force"], told["steps"]) == (False, ["new_count"])
    assert stage.ok("GET", MAPPING)["in_force"] is True
    assert stage.ok("GET", f"records/opportunity/{stage.record_id}/contracts")["not_in_force"] is None


def test_a_save_that_ends_nothing_says_so(stage: Stage) -> None:
    stage.map()
    stage.contract()

    told = _tried(stage, [(NAME, FIELD, "sync_once")]).json()["bases_end"]

    assert told == {"contracts": 0, "at_most": False, "fields": []}


def test_what_could_not_be_saved_is_refused_when_it_is_tried_too(stage: Stage) -> None:
    stage.map()

    assert _tried(stage, [(NAME, FIELD, "two_way"), (NAME, "other", "two_way")]).status_code == 422
    assert _tried(stage, [(NAME, FIELD, "two_way")], etag='"of somebody else"').status_code == 412
