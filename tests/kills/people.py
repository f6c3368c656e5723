"""People who edit on both sides while processes die, and a memory of all that they typed."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

from sandbox.world import World

# Dynamics column -> Oneflow field; both two-way texts, so that a value is read the same on both sides.
TEXTS = {"name": "customer_name", "description": "description"}


@dataclass(frozen=True)
class Place:
    """A column of a record or a field of a contract."""

    side: str  # dynamics | oneflow
    id: str
    key: str  # the Oneflow field's custom_id, on either side


@dataclass
class Edit:
    place: Place
    text: str
    superseded: bool = False  # a person typed over it while it stood there


@dataclass
class Deal:
    """One record with its contracts."""

    record_id: str
    contracts: list[int]


@dataclass
class People:
    """`edits` in order; every text is typed once in the whole run."""

    world: World
    deals: Sequence[Deal]
    chance: random.Random
    edits: list[Edit] = field(default_factory=list)
    pushes: int = 0

    def edit(self) -> None:
        deal = self.chance.choice(self.deals)
        column, key = self.chance.choice(list(TEXTS.items()))
        text = f"typed {len(self.edits)}"
        if self.chance.random() < 0.5:
            place = Place("dynamics", deal.record_id, key)
            with self.world.dataverse.world.lock:
                before = self.shown(place)
                self.world.edit_record({column: text}, deal.record_id)
        else:
            contract = self.chance.choice(deal.contracts)
            place = Place("oneflow", str(contract), key)
            with self.world.oneflow.lock:
                before = self.shown(place)
                self.world.edit_contract(contract, {key: text})
        for edit in self.edits:
            if edit.place == place and edit.text == before:
                edit.superseded = True
        self.edits.append(Edit(place, text))

    def press(self) -> None:
        """A seller pushes or fetches; the app may be dead or die under it."""
        contract = self.chance.choice(self.chance.choice(self.deals).contracts)
        action = self.chance.choice(("push", "fetch"))
        try:
            requests.post(f"{self.world.app_url}/api/contracts/{contract}/{action}", json={}, timeout=8)
            self.pushes += 1
        except requests.RequestException:
            pass  # nobody was there, or it died under the press

    def work(self, until: threading.Event, pause: float) -> None:
        while not until.wait(self.chance.random() * pause):
            self.press() if self.chance.random() < 0.2 else self.edit()

    def shown(self, place: Place) -> str:
        if place.side == "oneflow":
            return self.world.contract_text(int(place.id), place.key)
        column = next(column for column, key in TEXTS.items() if key == place.key)
        return str(self.world.record(place.id)[column] or "")


def lost(people: People, histories: Mapping[int, Sequence[Mapping[str, Any]]]) -> list[Edit]:
    """Edits that nobody can find again: not shown, not typed over by a person, and in no contract's history as
    overwritten."""
    overwritten = {
        (str(line["side"]), str(line["from"]))
        for entries in histories.values()
        for entry in entries
        for line in entry["fields"]
        if line["kind"] in ("written", "unclear", "overwritten")
    }
    return [
        edit
        for edit in people.edits
        if not edit.superseded
        and people.shown(edit.place) != edit.text
        and (edit.place.side, edit.text) not in overwritten
    ]
