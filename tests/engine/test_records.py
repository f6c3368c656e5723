"""Intents and history entries survive storage, and the history shows where it was tampered with."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from sync_core.engine.model.actor import MACHINE, Actor
from sync_core.engine.model.base import FieldBase
from sync_core.engine.model.history import HistoryEntry, HistoryLine
from sync_core.engine.model.intent import Intent, IntentField
from sync_core.engine.model.words import Side

FIELDS = (
    IntentField("f_name", "name", Side.ONEFLOW, "A", "B", "A", "B", "A", "B", "2026-03-12T08:00:00+0000"),
    IntentField("f_due", "due", Side.DYNAMICS, None, "2026-03-12", "", "2026-03-12", "2026-03-12", None, rule="x"),
)
INTENT = Intent("i1", "push", "person", "Ada", "2026-03-12T08:00:00Z", FIELDS)
ENTRY = HistoryEntry(
    "e1",
    1,
    "2026-03-12T08:00:01Z",
    "push",
    "person",
    "Ada",
    70001,
    "synced",
    [HistoryLine.from_json({"kind": "written", "to": "å"})],
    "",
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
        {"fields": [HistoryLine.from_json({"kind": "written", "to": "a"})]},
        {"previous_digest": "0"},
        {"undoes": "e0"},
        {"extra": {"interrupted": True}},
    ],
)
def test_an_altered_entry_has_another_digest(changed: dict[str, Any]) -> None:
    assert replace(ENTRY, **changed).digest != ENTRY.digest


def test_the_digest_does_not_hang_on_the_order_of_keys() -> None:
    turned = [HistoryLine.from_json(dict(reversed(line.to_json().items()))) for line in ENTRY.fields]

    assert replace(ENTRY, fields=turned).digest == ENTRY.digest


# --- what versions before stored ------------------------------------------------------------------------------------

BASE = {"identity": "name|name|data_field", "direction": "two_way", "o": "B", "d": "B", "agreed": True}
OF_BEFORE: dict[str, dict[str, Any]] = {
    "of a sync": {
        "dynamics_column": "name", "dynamics_label": "Topic", "oneflow_kind": "data_field", "oneflow_field": "F_name",
        "oneflow_label": "Name", "result": "written", "side": "oneflow", "from": "A", "to": "B", "reason": None,
        "reason_code": None, "before": "A", "after": "B", "key": "f_name", "kind": "written",
        "base_before": None, "base_after": BASE,
    },
    "of before the kind of field was kept, with a refusal in the place of a mark": {
        "dynamics_column": "name", "oneflow_field": "F_name", "result": "failed", "side": "dynamics", "from": "A",
        "to": "B", "reason": "No.", "key": "f_name", "kind": "refused",
        "base_before": {**BASE, "mark": ["dynamics", "B", "refused"]}, "base_after": BASE,
    },
    "of an interrupted sync": {
        "key": "f_name", "dynamics_column": "name", "oneflow_field": "F_name", "side": "dynamics", "from": "A",
        "to": "B", "before": "A", "after": "B", "reason_code": None, "result": "failed", "kind": "not_done",
        "reason": None, "base_before": BASE, "base_after": None,
    },
    "of a search in the contract's events": {
        "dynamics_column": "name", "dynamics_label": None, "oneflow_field": "F_name", "oneflow_label": None,
        "after": "B", "oneflow_kind": "data_field", "side": "oneflow", "to": "B", "result": "written",
        "kind": "overwritten", "reason": "Somebody.", "reason_code": "overwritten_unseen", "from": "X", "before": "X",
    },
    "of a settled field": {"key": "f_name", "kind": "settled", "side": None, "result": "unchanged", "base_after": BASE},
    "of a version to come": {"kind": "guessed", "side": "oneflow", "oneflow_field": "F_name", "sure": {"of": ["it"]}},
}  # fmt: skip


@pytest.mark.parametrize("line", OF_BEFORE.values(), ids=OF_BEFORE.keys())
def test_a_stored_line_is_read_and_stays_as_it_is_so_that_its_entrys_digest_holds(line: dict[str, Any]) -> None:
    stored = {**ENTRY.to_json(), "fields": [line]}
    text = json.dumps(stored, sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    entry = HistoryEntry.from_json(json.loads(json.dumps(stored)))

    assert entry.to_json() == stored
    assert entry.digest == hashlib.sha256(text.encode()).hexdigest()


def test_a_stored_line_says_what_it_said() -> None:
    lines = {name: HistoryLine.from_json(line) for name, line in OF_BEFORE.items()}

    kinds = [line.kind and str(line.kind) for line in lines.values()]
    assert kinds == ["written", "refused", "not_done", "overwritten", "settled", None]
    assert [line.overwrote for line in lines.values()] == [True, False, False, True, False, False]
    assert [line.is_doubtful for line in lines.values()] == [False, False, True, False, False, False]
    assert all(line.is_of_data_field for line in lines.values())
    assert lines["of a sync"].settled == FieldBase.from_json(BASE)
    assert lines["of a search in the contract's events"].from_text == "X"


def test_a_machine_is_nobody_in_particular() -> None:
    assert MACHINE.is_machine
    assert not Actor(object_id="8e4c").is_machine
