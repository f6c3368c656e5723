"""A signed contract's PDF is kept on its row in Dynamics, once, whatever the vendors' endpoints are like."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.oneflow.api.file_routes import pdf
from sandbox.solution import install, uninstall
from sandbox.world import World
from sync_core.engine.model.jobs import DocumentJob
from sync_core.errors import Refused
from sync_core.usecases.jobs.contract_rows import MARK
from sync_core.usecases.jobs.keep_document import MOST, KeepDocument
from tests.stories.stage import Stage


@pytest.fixture(scope="module")
def installed(world: World) -> Iterator[World]:
    install(world)
    world.services._marks.set(MARK, "")
    yield world
    uninstall(world)


@pytest.fixture(autouse=True)
def as_documented(installed: World) -> Iterator[None]:
    switches, before = installed.oneflow.switches, vars(installed.oneflow.switches).copy()
    yield
    vars(switches).update(before)
    installed.dataverse.switches.files_in_blocks = True
    installed.services._marks.set(MARK, "")


def signed(stage: Stage) -> int:
    contract = stage.contract()
    stage.world.oneflow.people.sign_all(contract)
    stage.look(contract)
    stage.until(lambda: stage.world.contract_row(contract) is not None, "a row")
    return contract


def keep(stage: Stage, contract: int, on: bool = True, looks: int = 9) -> None:
    """The job, as its last look."""
    services = stage.world.services
    parts = (services._links, services._contracts, services._contract_documents, services._queue)
    KeepDocument(*parts, lambda: services._pace.turn(background=True), on).run(DocumentJob(contract, looks))


def kept(stage: Stage, contract: int) -> bytes | None:
    return stage.world.contract_document(contract)


@pytest.mark.parametrize("download", ["redirect", "bytes"])
@pytest.mark.parametrize(
    ("envelope", "kind", "number"), [("data", "contract", 1), ("list", "unnamed", 1), ("data", "contract_pdf", 44)]
)
def test_the_document_is_kept_whatever_oneflows_answers_are_like(
    stage: Stage, download: str, envelope: str, kind: str, number: int
) -> None:
    switches = stage.world.oneflow.switches
    switches.file_download, switches.file_list, switches.file_type = download, envelope, kind
    switches.file_id = number
    contract = signed(stage)
    keep(stage, contract)
    assert kept(stage, contract) == pdf(contract, switches.file_bytes)


@pytest.mark.parametrize("in_blocks", [True, False])
def test_a_large_document_goes_in_blocks_or_where_there_are_none_in_one(stage: Stage, in_blocks: bool) -> None:
    stage.world.dataverse.switches.files_in_blocks = in_blocks
    stage.world.oneflow.switches.file_bytes = 9_000_000
    contract = signed(stage)
    stage.world.dataverse.log.clear()
    keep(stage, contract)
    assert kept(stage, contract) == pdf(contract, 9_000_000)
    sent = [f"{one.method} {one.path}" for one in stage.world.dataverse.log.entries()]
    writes = [one for one in sent if one.startswith("PATCH") and "ofs_document" in one]
    assert len(writes) == (1 + 3 if in_blocks else 2)


def test_what_is_there_is_not_fetched_again(stage: Stage) -> None:
    contract = signed(stage)
    keep(stage, contract)
    stage.world.oneflow.log.clear()
    keep(stage, contract)
    assert not [one for one in stage.world.oneflow.log.entries() if "/files" in one.path]


def test_a_document_that_is_too_large_is_left(stage: Stage) -> None:
    stage.world.oneflow.switches.file_bytes = MOST + 100
    contract = signed(stage)
    with pytest.raises(Refused):
        keep(stage, contract)
    assert kept(stage, contract) is None


def test_a_document_that_is_not_made_yet_is_looked_for_later(stage: Stage) -> None:
    stage.world.oneflow.switches.file_is_made = False
    contract = signed(stage)
    keep(stage, contract)
    assert kept(stage, contract) is None
    stage.world.oneflow.switches.file_is_made = True
    keep(stage, contract)
    assert kept(stage, contract) is not None


def test_nothing_is_fetched_of_a_contract_that_is_not_signed_nor_while_it_is_off(stage: Stage) -> None:
    pending = stage.contract()
    contract = signed(stage)
    stage.world.oneflow.log.clear()
    keep(stage, pending)
    keep(stage, contract, on=False)
    assert not [one for one in stage.world.oneflow.log.entries() if "/files" in one.path]


def test_a_job_that_cannot_be_done_is_no_dead_letter_and_no_broken_sync(stage: Stage) -> None:
    contract = signed(stage)
    stage.put_job({"kind": "document", "contract_id": contract})  # the app has it off
    stage.drain()
    assert stage.letters(contract) == []
    assert stage.card(contract)["link"] == "active"
