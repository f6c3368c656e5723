"""Which rights are asked for before anything is done or shown."""

from __future__ import annotations

from typing import Any

from sync_core.engine.model.actor import MACHINE, Actor, Cause
from sync_core.engine.model.words import Action
from sync_core.errors import Gone, NotAllowed
from sync_core.usecases.people.rights import Rights
from sync_core.usecases.people.sight import Sight
from sync_core.usecases.sync.request import SyncRequest

KARI = Actor("oid", "kari@example.com", "uid", "Kari")
MINE, THEIRS, GONE = ("opportunity", "mine"), ("opportunity", "theirs"), ("opportunity", "gone")


class Dataverse:
    """Answers for three records."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def read(self, entity: str, record_id: str, columns: Any, actor: Actor) -> None:
        self.asked.append(record_id)
        if record_id != "mine":
            raise (Gone if record_id == "gone" else NotAllowed)("no", side="dynamics")


def test_whatever_a_person_starts_needs_the_right_to_write_the_record() -> None:
    needed = {action: SyncRequest(action, Cause("x", KARI)).needs_write_right for action in Action}
    assert {action for action, right in needed.items() if not right} == {Action.AUTOMATIC}
    assert not SyncRequest(Action.AUTOMATIC, Cause("webhook", MACHINE)).needs_write_right


def test_an_entry_is_seen_by_who_may_read_its_record_and_nobodys_by_nobody() -> None:
    dataverse: Any = Dataverse()
    sight = Sight(Rights(dataverse), KARI)
    assert [sight.sees(record) for record in (MINE, THEIRS, GONE, None)] == [True, False, False, False]
    assert sight.sees(MINE) and dataverse.asked == ["mine", "theirs", "gone"], "each is asked about once"


def test_a_record_that_was_read_already_is_not_asked_about() -> None:
    dataverse: Any = Dataverse()
    assert Sight(Rights(dataverse), KARI, MINE).sees(MINE) and dataverse.asked == []
