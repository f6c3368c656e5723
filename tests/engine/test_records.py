"""Intents and history entries survive storage, and the history shows where it was tampered with."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sync_core.engine.model.actor import MACHINE, Actor
from sync_core.engine.model.history import HistoryEntry
from sync_core.engine.model.intent import Intent, IntentField
from sync_core.engine.model.words import Side

FIELDS = (
    IntentField("f_name", "name", Side.ONEFLOW, "A", "B", "A", "B", "A", "B", "2026-03-12T08:00:00+0000"),
    IntentField("f_due", "due", Side.DYNAMICS, None, "2026-03-12", "", "2026-03-12", "2026-03-12", None, rule="x"),
)
INTENT = Intent("i1", "push", "person", "Ada", "2026-03-12T08:00:00Z", FIELDS)
ENTRY = HistoryEntry(
    "e1", 1, "2026-03-12T08:00:01Z", "push", "person", "Ada", 70001, "synced", [{"kind": "written", "to": "å"}], ""
)


def test_an_intent_survives_storage() -> None:
    assert Intent.from_json(json.loads(json.dumps(INTENT.to_json()))) == INTENT


@pytest.mark.parametrize("entry", [ENTRY, replace(ENTRY, undoes="e0"), replace(ENTRY, extra={"interrupted": True})])
def test_a_history_entry_survives_storage(entry: HistoryEntry) -> None:
    back = HistoryEntry.from_json(json.loads(json.dumps(entry.to_json())))

    assert back == entry
    assert back.digest == entry.digest


@pytest.mark.parametrize(
    "changed",
    [
        {"number": 2},
        {"at": "2026-03-12T08:00:02Z"},
        {"who": "Eve"},
        {"cause": "webhook"},
        {"outcome": "partial"},
        {"fields": [{"kind": "written", "to": "a"}]},
        {"previous_digest": "0"},
        {"undoes": "e0"},
        {"extra": {"interrupted": True}},
    ],
)
def test_an_altered_entry_has_another_digest(changed: dict[str, object]) -> None:
    assert replace(ENTRY, **changed).digest != ENTRY.digest


def test_the_digest_does_not_hang_on_the_order_of_keys() -> None:
    turned = [dict(reversed(list(line.items()))) for line in ENTRY.fields]

    assert replace(ENTRY, fields=turned).digest == ENTRY.digest


def test_a_machine_is_nobody_in_particular() -> None:
    assert MACHINE.is_machine
    assert not Actor(object_id="8e4c").is_machine
