"""The same record gives the same texts to a Swedish seller, an English seller and a machine."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from sandbox.dataverse import DataverseSimulator, seed
from sandbox.role import give_whole_role
from sandbox.wire import InProcess
from sync_core.adapters.dataverse.client import DataverseClient
from sync_core.engine.model.actor import MACHINE, Actor
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.row_options import Format, Labels, RowOption, RowOptions
from sync_core.engine.model.words import Direction
from sync_core.engine.rows.eligibility import options_of, refusals
from sync_core.engine.rows.mapped_columns import as_mapped
from sync_core.engine.values import text_of

URL = "https://contoso.crm4.dynamics.com"
SWEDISH = Actor(seed.COLLEAGUE_OID, seed.COLLEAGUE_EMAIL, seed.COLLEAGUE, "Aksel Colleague")
ENGLISH = Actor(seed.SELLER_OID, seed.SELLER_EMAIL, seed.SELLER, "Kari Seller")
FILLED: dict[str, Any] = {
    "estimatedvalue": 1250000.5, "estimatedclosedate": "2026-03-12", "new_starttime": "2026-07-01T22:30:00Z",
    "new_localdate": "2026-03-11T23:00:00Z", "new_walltime": "2026-03-12T13:45:00Z", "new_walldate": "2026-03-12",
    "new_count": 12345, "new_rate": 12.5, "new_score": 99.25, "new_priority": True, "new_stage": 100000001,
    "new_interests": "1,3", "description": "One\r\ntwo",
}  # fmt: skip
GIVEN: dict[RowOption, dict[str, Any]] = {
    RowOption.TIME_ZONE: {"time_zone": "Europe/Stockholm"},
    RowOption.LABELS: {"labels": Labels(("Ja",), ("Nej",))},
    RowOption.FORMAT: {"format": Format("nb-NO")},
}


class Tokens:
    def bearer(self) -> str:
        return "token"

    def forget(self) -> None: ...


@pytest.fixture
def simulator() -> DataverseSimulator:
    simulator = DataverseSimulator(lambda: datetime(2026, 3, 12, tzinfo=UTC), send=lambda *_: 202)
    give_whole_role(simulator.world)
    simulator.people.set_columns("opportunity", seed.OPPORTUNITY, FILLED)
    return simulator


def texts(simulator: DataverseSimulator, actor: Actor, with_options: bool) -> dict[str, str]:
    session = requests.Session()
    session.mount(URL, InProcess(simulator))
    client = DataverseClient(session, url=URL, tokens=Tokens(), label_language=None, timeout=5, monotonic=lambda: 0.0)
    columns = {name: one for name, one in client.columns("opportunity").items() if len(refusals(one)) < 3}
    rows = []
    for name, column in columns.items():
        given: dict[str, Any] = {}
        for option in options_of(column) if with_options else ():
            given |= GIVEN.get(option, {})
        rows.append(FieldMapping(name, name, Direction.SYNC_ONCE, options=RowOptions(**given)))
    shown = as_mapped(columns, EntityMapping("opportunity", tuple(rows)))
    cells = client.read("opportunity", seed.OPPORTUNITY, sorted(columns), actor).cells
    readable = {name: cell for name, cell in cells.items() if cell.unreadable is None}
    return {name: text_of(cell, shown[name]) for name, cell in readable.items()}


@pytest.mark.parametrize("with_options", [False, True])
def test_the_texts_do_not_depend_on_who_reads(simulator: DataverseSimulator, with_options: bool) -> None:
    english = texts(simulator, ENGLISH, with_options)
    assert texts(simulator, SWEDISH, with_options) == english
    assert texts(simulator, MACHINE, with_options) == english
    assert english["new_stage"] == "Negotiation"
    assert english["new_priority"] == ("Ja" if with_options else "Yes")
    assert all(english[name] for name in FILLED)


def test_dataverse_itself_would_have_told_them_apart(simulator: DataverseSimulator) -> None:
    """The formatted values, which the client leaves alone but for names, are in the caller's language."""
    session = requests.Session()
    session.mount(URL, InProcess(simulator))
    told = {}
    for actor in (ENGLISH, SWEDISH):
        headers = {
            "Authorization": "Bearer token",
            "CallerObjectId": str(actor.object_id),
            "Prefer": 'odata.include-annotations="*"',
        }
        answer = session.get(f"{URL}/api/data/v9.2/opportunities({seed.OPPORTUNITY})", headers=headers)
        row = json.loads(answer.content)
        told[actor.name] = [
            row[f"{name}@OData.Community.Display.V1.FormattedValue"]
            for name in ("new_stage", "new_priority", "new_count")
        ]
    assert told == {
        "Kari Seller": ["Negotiation", "Yes", "12,345"],
        "Aksel Colleague": ["F\u00f6rhandling", "Ja", "12\u00a0345"],
    }
