"""dynamics-web-api, the library that most scripts in Dynamics are written with, against the Dataverse simulator."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.dataverse import seed
from sandbox.identity import Certificate
from sandbox.identity.simulator import CLIENT_ID
from sandbox.npm import TOOLS, package
from tests.clients.environment import Environment, environment

VERSION = "2.5.0"
SCRIPT = Path(__file__).with_name("dynamics_web_api.cjs")
NOBODY = "acc00000-0000-4000-8000-00000000dead"

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None, reason="dynamics-web-api needs Node.js, and none is on PATH"
)


class Work:
    """What the script was answered, step by step, and the environment that it leaves."""

    def __init__(self, there: Environment, answers: dict[str, Any]) -> None:
        self.there, self._answers = there, answers

    def answer(self, step: str) -> Any:
        assert "answer" in self._answers[step], self._answers[step]
        return self._answers[step]["answer"]

    def error(self, step: str) -> Any:
        assert "error" in self._answers[step], self._answers[step]
        return self._answers[step]["error"]

    def names(self) -> list[Any]:
        return [row.values.get("name") for row in self.there.sim.world.rows["account"].values()]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Work]:
    node, main = package("dynamics-web-api", VERSION, TOOLS / "dynamics-web-api", "dist/cjs/dynamics-web-api.js")
    certificate = Certificate.make(tmp_path_factory.mktemp("certificate"))
    ids = {"account": seed.ACCOUNT, "opportunity": seed.OPPORTUNITY, "contact": seed.CONTACT, "nobody": NOBODY}
    with environment(certificate) as there:
        token = there.identity.sign_in(CLIENT_ID, there.url)
        done = subprocess.run(
            [*node, str(SCRIPT), str(main), there.url, token, json.dumps(ids)],
            capture_output=True, text=True, timeout=110, check=False,
            env={"NODE_EXTRA_CA_CERTS": str(certificate.authority), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        yield Work(there, json.loads(done.stdout))


def test_it_knows_who_it_is(work: Work) -> None:
    assert work.answer("whoAmI")["UserId"] == seed.APPLICATION


def test_records_are_made_and_read(work: Work) -> None:
    assert work.answer("created") in work.there.sim.world.rows["account"]
    assert work.answer("createdWithRow")["name"] == "Orion AB"
    row = work.answer("retrieved")
    assert (row["name"], row["parentaccountid"]["name"]) == ("Frame agreement", "Nordlys AS")
    assert row["_parentaccountid_value_Formatted"] == "Nordlys AS", "the library's names for annotations"
    assert row["_parentaccountid_value_NavigationProperty"] == "parentaccountid"
    assert row["_parentaccountid_value_LogicalName"] == "account"
    assert work.answer("retrievedByKey")["name"] == "Polaris AB"
    assert work.error("retrievedMissing")["status"] == 404
    assert work.answer("unchanged") is None, "304 has no row"


def test_a_version_is_written_once(work: Work) -> None:
    assert work.answer("updatedByVersion") == {"first": True, "second": False}
    assert work.answer("updatedWithRow")["name"] == "With row"


def test_single_properties_are_set_and_cleared(work: Work) -> None:
    assert work.answer("updatedOneProperty") is None and work.answer("deletedOneProperty") is True
    paths = work.there.paths()
    assert f"PUT /accounts({seed.ACCOUNT})/description" in paths
    assert f"DELETE /accounts({seed.ACCOUNT})/description" in paths
    assert work.there.sim.people.columns("account", seed.ACCOUNT)["description"] is None


def test_upserts_create_and_never_where_they_must_not(work: Work) -> None:
    assert work.answer("upsertedByKey")["accountnumber"] == "U-1"
    assert work.answer("upsertedNothingNew") is None and work.answer("upsertedNothingMissing") is None
    assert "Never" not in work.names() and NOBODY not in work.there.sim.world.rows["account"]


def test_lists_are_filtered_ordered_counted_and_paged(work: Work) -> None:
    found = work.answer("filtered")
    assert [row["name"] for row in found["value"]] == ["Polaris AB", "Orion AB"] and found["oDataCount"] == 2
    assert {row["name"] for row in work.answer("inValues")["value"]} == {"Polaris AB", "Upserted"}
    assert work.answer("paged") == {"first": 3, "second": 1, "more": False}
    assert work.answer("everything") == 4 and work.answer("counted") == 3


def test_records_are_tied_to_one_another(work: Work) -> None:
    for step in ("associatedSingle", "disassociatedSingle", "disassociated", "associated"):
        assert work.answer(step) in (None, True, "")
    columns = work.there.sim.people.columns("opportunity", seed.OPPORTUNITY)
    assert columns["parentcontactid"] is None and columns["parentaccountid"] == ("account", seed.ACCOUNT)


def test_a_batch_makes_what_belongs_together(work: Work) -> None:
    account, opportunity, listed = work.answer("batch")
    assert [row["accountid"] for row in listed["value"]] == [account]
    assert work.there.sim.people.columns("opportunity", opportunity)["parentaccountid"] == ("account", account)
    [failed] = [one for one in work.error("failedBatch") if one["status"]]
    assert failed["status"] == 400 and "nothing" in failed["message"]
    assert "Undone" not in work.names(), "the library puts writes into one change set"


def test_definitions_are_read(work: Work) -> None:
    entity = work.answer("entity")
    assert (entity["SchemaName"], entity["EntitySetName"]) == ("Opportunity", "opportunities")
    platforms_own = [one for one in work.there.sim.world.tables.values() if not one.custom]
    assert work.answer("entities") == len(platforms_own)
    picklists = {one["LogicalName"]: one["OptionSet"]["Options"] for one in work.answer("attributes")["value"]}
    assert [one["Value"] for one in picklists["new_stage"]] == [100000000, 100000001, 100000002]
    assert work.answer("attribute")["MaxLength"] == 300
    of_contacts = {one["SchemaName"] for one in work.answer("relationships")["value"]}
    assert "opportunity_parent_contact" in of_contacts
    assert work.answer("optionSets")["value"] == []


@pytest.mark.parametrize(("step", "status", "named"), [
    ("unknownColumn", 400, "nothing"), ("unknownOption", 501, "$apply"), ("changesTracked", 501, "odata.track-changes"),
    ("pluginsBypassed", 501, "mscrm.bypasscustompluginexecution"),
    ("duplicatesDetected", 501, "mscrm.suppressduplicatedetection"), ("schemaChanged", 501, "EntityDefinitions"),
])  # fmt: skip
def test_what_the_simulator_does_not_do_is_refused_by_name(work: Work, step: str, status: int, named: str) -> None:
    error = work.error(step)
    assert error["status"] == status and named in error["message"]


def test_a_record_is_deleted_by_its_key(work: Work) -> None:
    assert work.answer("deleted") is True and "Upserted" not in work.names()
