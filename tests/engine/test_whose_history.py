"""Which record an entry was written for, where only the entries around it tell."""

from __future__ import annotations

from sync_core.engine.model.history import HistoryEntry
from sync_core.engine.settling.history_records import records_of

X, Y = ("opportunity", "x"), ("opportunity", "y")


def entries(*told: tuple[str, tuple[str, str] | None]) -> list[HistoryEntry]:
    """From the oldest on; given back newest first, as stores do."""
    made = []
    for number, (action, record) in enumerate(told, 1):
        entity, record_id = record or ("", "")
        entry = HistoryEntry(
            f"e{number}", number, "", action, action, "", 1, "", [], "", entity=entity, record_id=record_id
        )
        made.append(entry)
    return made[::-1]


def owners(linked: tuple[str, str] | None, *told: tuple[str, tuple[str, str] | None]) -> list[tuple[str, str] | None]:
    return records_of(entries(*told), linked)[::-1]


def test_entries_of_before_follow_the_links_beginning_and_end() -> None:
    assert owners(Y, ("create", X), ("push", None), ("move", Y), ("fetch", None)) == [X, X, Y, Y]
    assert owners(Y, ("create", X), ("push", None), ("unlink", X), ("link", Y), ("push", None)) == [X, X, X, Y, Y]


def test_where_nothing_older_is_left_a_later_end_tells() -> None:
    assert owners(Y, ("push", None), ("unlink", X), ("link", Y)) == [X, X, Y]
    assert owners(X, ("push", None), ("automatic", None)) == [X, X], "nothing began since: the link is as it was"


def test_where_nothing_tells_nobody_owns_it() -> None:
    assert owners(Y, ("push", None), ("move", Y)) == [None, Y]
    assert owners(None, ("push", None)) == [None]


def test_an_entry_that_says_it_is_believed() -> None:
    assert owners(Y, ("push", X), ("move", Y), ("events", X), ("push", Y)) == [X, Y, X, Y]


def test_an_entry_that_does_not_say_it_keeps_its_digest() -> None:
    (entry,) = entries(("push", None))
    assert "entity" not in entry.to_json()
    stored = {**entry.to_json(), "action": "link", "entity": "opportunity", "record_id": "x"}
    again = HistoryEntry.from_json(stored)
    assert again.record == X and again.to_json() == stored
