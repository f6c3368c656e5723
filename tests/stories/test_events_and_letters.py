"""What an event of Dynamics brings up to date without writing, whose edits count, and how a dead letter ends."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial

from sync_core.engine.model.jobs import EventsJob, SyncJob
from tests.stories.stage import Stage


def test_an_edit_by_the_application_user_itself_is_an_edit(stage: Stage) -> None:
    """Another app may sign in as the same user: an echo is known by its values, never by who wrote."""
    stage.map(auto_push=True)
    contract = stage.contract()
    stage.age(contract)
    stage.world.dataverse.people.set_columns(
        "opportunity", stage.record_id, {"name": "By an app"}, stage.world.dataverse_seed.APPLICATION
    )
    stage.until(lambda: stage.text(contract, "customer_name") == "By an app", "it goes out")


def test_an_event_brings_a_stored_conflict_up_to_date_and_writes_nothing(stage: Stage) -> None:
    stage.map(conflict_policy="ask")
    contract = stage.contract()
    with stage.silently():
        stage.edit_record(description="Ours")
        stage.edit_contract(contract, description="Theirs")
        stage.look(contract)
    stage.forget_requests()
    stage.age(contract)
    stage.edit_record(description="Ours, later")

    def shown() -> list[str]:
        listed = stage.ok("GET", f"contracts/{contract}/conflicts")["conflicts"]
        return [one["dynamics"] for one in listed]

    stage.until(lambda: shown() == ["Ours, later"] and stage.card(contract)["conflicts"] == 1, "it is the present one")
    stage.age(contract)
    stage.edit_record(description=None)
    stage.edit_record(description="Theirs")
    stage.until(lambda: stage.card(contract)["conflicts"] == 0, "a later edit ends it")
    assert stage.writes() == []


def test_a_later_look_closes_a_dead_letter_that_nobody_replayed(stage: Stage) -> None:
    contract = stage.contract()
    services = stage.world.services
    services._letters.add(contract, "temporary", "A test gave it up.", SyncJob(contract))
    services._letters.add(contract, "refused", "Another job.", EventsJob(contract, "e1"))
    stage.age(contract)
    assert stage.world.app
    stage.world.app.run_timer("reconcile")
    assert len(stage.letters(contract)) == 2, "nothing has been looked at since"
    stage.world.age(contract, -timedelta(minutes=5).total_seconds())  # looked at after it was given up
    stage.world.app.run_timer("reconcile")
    assert [one["cause"] for one in stage.letters(contract)] == ["refused"], "what else was given up, no look cures"


def test_replaying_twice_at_once_writes_once(stage: Stage) -> None:
    contract = stage.contract()
    services = stage.world.services
    services._letters.add(contract, "temporary", "A test gave it up.", SyncJob(contract))
    (letter,) = stage.letters(contract)
    stage.ok("DELETE", "connection/webhooks")
    stage.edit_contract(contract, customer_name="Waited in the list")
    stage.forget_requests()
    stage.age(contract)
    for _ in range(2):
        assert stage.call("POST", f"dead-letters/{letter['id']}/replay").status_code == 202
    stage.until(lambda: not stage.letters(contract), "its success closes it")
    stage.drain()
    assert stage.record("name") == "Waited in the list"
    assert len([one for one in stage.writes() if one.startswith("dynamics PATCH")]) == 1
    assert stage.call("POST", f"dead-letters/{letter['id']}/replay").status_code == 404


def test_a_replay_that_fails_again_is_the_same_letter_counted(stage: Stage) -> None:
    name = f"Which one {uuid.uuid4().hex[:6]}"
    _, made = stage.unclear_creation(name)

    def counted(count: int) -> bool:
        return [one["count"] for one in stage.letters(None, str(min(made)))] == [count]

    for count in (1, 2, 3):
        stage.until(partial(counted, count), "it counts")
        (letter,) = stage.letters(None, str(min(made)))
        assert letter["first_at"] <= letter["last_at"]
        if count < 3:
            assert stage.call("POST", f"dead-letters/{letter['id']}/replay").status_code == 202
