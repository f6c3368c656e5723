"""Several installations on one storage account: whose rows and messages are whose, whatever their addresses become."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.azurite import Azurite
from sync_core.adapters.storage.connection import Storage, StorageAddress
from sync_core.adapters.storage.due import TableDue
from sync_core.adapters.storage.installation import TableMarks
from sync_core.adapters.storage.installations import Installation, Names
from sync_core.adapters.storage.jobs import QueueJobs
from sync_core.adapters.storage.links import TableLinks
from sync_core.engine.model.history import HistoryEntry
from sync_core.engine.model.jobs import DueLinksJob, Job, SyncJob, contract_of_job, parsed_job
from sync_core.engine.model.link import Link
from sync_core.errors import ConfigurationError, Gone
from sync_core.usecases.jobs.runner import JobRunner, OtherJobs
from sync_core.usecases.jobs.sync_job import RunSyncJob
from sync_core.usecases.jobs.turns import Turns

NOW = datetime(2026, 3, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def own_azurite() -> Iterator[Azurite]:
    started = Azurite.start()
    yield started
    started.close()


@pytest.fixture
def storage(own_azurite: Azurite) -> Storage:
    return Storage(StorageAddress(own_azurite.connection_string), timeout=10)


@pytest.fixture
def names() -> Names:
    """Of an installation of this test alone."""
    return Names("https://api.oneflow.com/v1", f"https://c{uuid.uuid4().hex[:8]}.crm4.dynamics.com")


def id_of(storage: Storage, names: Names) -> str:
    return Installation(storage, names).id


def other_spellings(names: Names) -> list[Names]:
    host = names.dataverse_url.removeprefix("https://")
    return [
        replace(names, dataverse_url=f"https://{host.upper()}"),
        replace(names, dataverse_url=f"https://{host}:443/"),
        replace(names, dataverse_url=f"https://{host}."),
        replace(names, dataverse_url=names.dataverse_url.replace(".crm4.", ".api.crm4.")),
        replace(names, oneflow_url="https://API.oneflow.com:443/v1/"),
    ]


def test_another_spelling_of_an_address_is_the_same_installation(storage: Storage, names: Names) -> None:
    known = id_of(storage, names)
    assert {id_of(storage, other) for other in other_spellings(names)} == {known}


def test_other_addresses_are_another_installation(storage: Storage, names: Names) -> None:
    others = [
        replace(names, oneflow_url="https://api.test.oneflow.com/v1"),
        replace(names, dataverse_url=names.dataverse_url.replace("//c", "//d")),
    ]
    assert len({id_of(storage, one) for one in [names, *others]}) == 3


@pytest.mark.parametrize("spelling", range(-1, 5))
def test_what_a_version_before_stored_is_found_by_its_old_id(storage: Storage, names: Names, spelling: int) -> None:
    """It computed the id from both addresses as they were written; the migration is one row that names it."""
    (old, *_) = names.computed
    links, due = TableLinks(storage, old), TableDue(storage, old)
    entry = HistoryEntry("e1", 1, "2026-03-12T10:00:00Z", "push", "push", "K", 7, "synced", [], "")
    links.create(Link(7, "opportunity", "r", history_count=1, due=due.put(7, NOW)), {}, [entry])
    TableMarks(storage, old).set("last_event", "then")
    now = names if spelling < 0 else other_spellings(names)[spelling]
    account = id_of(storage, now)
    assert account == old
    opened = TableLinks(storage, account).open(7)
    assert opened and opened.link.record_id == "r"
    assert TableLinks(storage, account).history(7)[0] == [entry]
    assert TableMarks(storage, account).all() == {"last_event": "then"}
    assert [row.contract_id for row in TableDue(storage, account).until(NOW, 10)] == [7]


def test_an_app_keeps_its_data_when_oneflows_address_changes(storage: Storage, names: Names) -> None:
    here = replace(names, site="sync-app/Production")
    known = id_of(storage, here)
    assert id_of(storage, replace(here, oneflow_url="https://api.oneflow.com/v2")) == known
    elsewhere = replace(here, site="sync-app/staging", oneflow_url="https://api.oneflow.com/v3")
    assert id_of(storage, elsewhere) != known


def test_an_app_that_is_pointed_at_another_environment_says_so_and_what_to_do(storage: Storage, names: Names) -> None:
    here = replace(names, site=f"app-{uuid.uuid4().hex}/Production")
    known = id_of(storage, here)
    moved = replace(here, dataverse_url=here.dataverse_url.replace("//c", "//renamed-"))
    with pytest.raises(ConfigurationError, match="SYNC_INSTALLATION") as refused:
        id_of(storage, moved)
    assert known in str(refused.value)
    assert id_of(storage, replace(moved, chosen=known)) == known
    assert id_of(storage, replace(moved, chosen="anew")) == "anew"


def test_of_processes_that_start_at_once_all_take_one_id(storage: Storage, names: Names) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: id_of(storage, names), range(16)))) == 1


def test_a_purge_lets_go_of_no_other_installations_history(storage: Storage, names: Names) -> None:
    mine, other = TableLinks(storage, id_of(storage, names)), TableLinks(storage, uuid.uuid4().hex[:12])
    entry = HistoryEntry("e1", 1, "2026-03-12T10:00:00Z", "push", "push", "K", 7, "synced", [], "")
    for links in (mine, other):
        links.create(Link(7, "opportunity", "r", history_count=1), {}, [entry])
    assert mine.purge_history(datetime(2027, 1, 1, tzinfo=UTC)) == 1
    assert (mine.history(7)[0], other.history(7)[0]) == ([], [entry])


class App:
    """The part of an installation that takes messages."""

    def __init__(self, storage: Storage, names: Names) -> None:
        self.queue = QueueJobs(storage, names.stamp)
        self.done: list[Job] = []
        nobody: Any = None
        letters: Any = _Letters()
        due: Any = self
        sync: tuple[Any, Any, Any, QueueJobs] = (self, self, due, self.queue)
        others = OtherJobs(*(self.done.append,) * len(OtherJobs._fields))
        more: tuple[Any, Any, Any, Any] = (lambda: 0.0, nullcontext, nobody, nobody)
        self.letters = letters.added
        run = RunSyncJob(*sync, Turns(), lambda: None, nullcontext).run
        self.runner = JobRunner(run, due, self.queue, letters, others, *more, Installation(storage, names).is_ours)

    def open(self, contract_id: int, wait: bool) -> Any:
        self.done.append(SyncJob(contract_id))
        raise Gone("there is no such link", side="storage")


class _Letters:
    def __init__(self) -> None:
        self.added: list[int | None] = []

    def add(self, contract_id: int | None, cause: str, reason: str, job: Job | None) -> None:
        self.added.append(contract_id)


def taken(storage: Storage, queue: str = "sync-jobs") -> list[str]:
    """All messages, hidden ones too, and none is left."""
    client = storage.queue(queue)
    found = []
    while message := client.receive_message():
        found.append(str(message.content))
        client.delete_message(message)
    return found


def test_a_message_of_another_installation_is_left_to_it(
    storage: Storage, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = App(storage, names), App(storage, replace(names, oneflow_url="https://other.example/v1"))
    storage.queue("sync-jobs").clear_messages()
    ours.queue.put(SyncJob(7, "webhook"))
    (text,) = taken(storage)
    theirs.runner.run(parsed_job(text), NOW)
    assert theirs.done == [] and theirs.letters == []
    assert storage.queue("sync-jobs").get_queue_properties().approximate_message_count == 1, "it waits for us"
    storage.queue("sync-jobs").clear_messages()
    ours.runner.run(replace(parsed_job(text), put_at=NOW), NOW)
    assert [contract_of_job(job) for job in ours.done] == [7]


def test_a_poisoned_message_of_another_installation_is_no_dead_letter_of_ours(storage: Storage, names: Names) -> None:
    ours, theirs = App(storage, names), App(storage, replace(names, oneflow_url="https://other.example/v1"))
    storage.queue("sync-jobs").clear_messages()
    ours.queue.put(SyncJob(7))
    (text,) = taken(storage)
    theirs.runner.poisoned(text)
    assert theirs.letters == []
    assert storage.queue("sync-jobs-poison").get_queue_properties().approximate_message_count == 1
    ours.runner.poisoned(text)
    assert ours.letters == [7]


def test_a_message_stays_ours_when_the_addresses_or_the_name_change(storage: Storage, names: Names) -> None:
    here = replace(names, site=f"app-{uuid.uuid4().hex}/Production")
    before = Installation(storage, here)
    after = Installation(storage, replace(here, oneflow_url="https://api.oneflow.com/v2"))
    assert after.id == before.id and after.is_ours(here.stamp)
    chosen = Installation(storage, replace(here, chosen=before.id))
    assert chosen.is_ours(here.stamp) and before.is_ours(f"id-{before.id}")
    assert chosen.is_ours(None), "from before messages had a stamp"
    assert not chosen.is_ours("addresses-of-nobody")


def test_a_stamp_travels_with_a_job_that_is_put_back(storage: Storage, names: Names) -> None:
    app = App(storage, names)
    storage.queue("sync-jobs").clear_messages()
    app.queue.put(DueLinksJob("quote"))
    (text,) = taken(storage)
    stamped = parsed_job(text)  # whatever else of the process came along (its correlation id)
    assert stamped == replace(DueLinksJob("quote", installation=names.stamp), correlation_id=stamped.correlation_id)
    app.queue.put(DueLinksJob("quote", installation="id-other"))
    (text,) = taken(storage)
    assert parsed_job(text).installation == "id-other"
