"""The plan is made of two lists and nothing else; applied to what was found it gives what is wanted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cli.connect.items import ORDER, Change, Found, Kind, Verb, Wanted
from cli.connect.planner import plan, removal

_KINDS = st.sampled_from([Kind.ENDPOINT, Kind.CUSTOM_API, Kind.STEP, Kind.WEBHOOK, Kind.ROLE])
_NAMES = st.sampled_from("abc")
_VALUES = st.integers(0, 2)
wanted_lists = st.lists(
    st.builds(
        Wanted,
        _KINDS,
        _NAMES,
        columns=st.fixed_dictionaries({"x": _VALUES}),
        fixed=st.fixed_dictionaries({"f": _VALUES}),
    ),
    unique_by=lambda one: one.key,
    max_size=8,
)
found_lists = st.lists(
    st.builds(
        Found, _KINDS, _NAMES, st.just("id"), st.fixed_dictionaries({"x": _VALUES, "f": _VALUES}), ours=st.booleans()
    ),
    unique_by=lambda one: one.key,
    max_size=8,
)


def done(found: list[Found], changes: list[Change]) -> list[Found]:
    """The world after the changes, one after the other."""
    there = {one.key: one for one in found}
    for change in changes:
        key = (change.kind, change.name)
        if change.verb is Verb.DELETE:
            del there[key]
            continue
        assert (key in there) == (change.verb is Verb.UPDATE)
        assert change.wanted is not None
        was = there[key] if key in there else Found(change.kind, change.name, "new")
        fixed = was.columns if change.verb is Verb.UPDATE else change.wanted.fixed
        there[key] = Found(change.kind, change.name, was.id, {**fixed, **change.wanted.columns}, ours=was.ours)
    return list(there.values())


@given(wanted_lists, found_lists)
def test_a_plan_leads_to_what_is_wanted_and_then_there_is_none(wanted: list[Wanted], found: list[Found]) -> None:
    after = done(found, plan(wanted, found))

    assert plan(wanted, after) == []
    there = {one.key: one for one in after}
    assert all(there[one.key].columns["x"] == one.columns["x"] for one in wanted)


@given(wanted_lists, found_lists)
def test_cut_short_anywhere_the_rest_is_planned_anew(wanted: list[Wanted], found: list[Found]) -> None:
    changes = plan(wanted, found)
    for cut in range(len(changes)):
        midway = done(found, changes[:cut])
        assert plan(wanted, done(midway, plan(wanted, midway))) == []


@given(wanted_lists, found_lists)
def test_what_is_not_ours_is_taken_away_by_nothing_but_its_replacement(
    wanted: list[Wanted], found: list[Found]
) -> None:
    names = {one.key for one in wanted}
    theirs = [one for one in found if not one.ours and one.key not in names]

    assert [one for one in done(found, plan(wanted, found)) if one in theirs] == theirs
    assert done(found, removal(found)) == [one for one in found if not one.ours]


@given(found_lists)
def test_things_go_the_other_way_round_than_they_come(found: list[Found]) -> None:
    ranks = [ORDER.index(change.kind) for change in removal(found)]

    assert ranks == sorted(ranks, reverse=True)


def test_what_points_to_something_made_anew_is_made_anew_too() -> None:
    api = Wanted(Kind.CUSTOM_API, "a", fixed={"f": 1})
    step = Wanted(Kind.STEP, "s", refs={"message": api.key})
    found = [Found(Kind.CUSTOM_API, "a", "1", {"f": 0}), Found(Kind.STEP, "s", "2")]

    told = [(change.verb, change.name) for change in plan([api, step], found)]

    assert told == [(Verb.DELETE, "s"), (Verb.DELETE, "a"), (Verb.CREATE, "a"), (Verb.CREATE, "s")]


def test_of_a_set_only_what_is_missing_counts() -> None:
    wanted = [Wanted(Kind.PRIVILEGES, "r", {"privileges": frozenset({"a"})})]

    assert plan(wanted, [Found(Kind.PRIVILEGES, "r", "1", {"privileges": frozenset({"a", "b"})})]) == []
    assert len(plan(wanted, [Found(Kind.PRIVILEGES, "r", "1", {"privileges": frozenset({"b"})})])) == 1
