"""Microsoft's own Python client does its common work against the Dataverse simulator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from azure.identity import ClientSecretCredential
from PowerPlatform.Dataverse.client import DataverseClient
from PowerPlatform.Dataverse.core.errors import HttpError, MetadataError
from PowerPlatform.Dataverse.models import QueryResult, UpsertItem, col
from PowerPlatform.Dataverse.models.filters import raw
from PowerPlatform.Dataverse.models.query_builder import ExpandOption

from sandbox.dataverse import seed
from sandbox.faults import Fault
from sandbox.identity import Certificate
from sandbox.identity.simulator import CLIENT_ID, CLIENT_SECRET, TENANT
from tests.clients.environment import KEY, Environment, environment

NOBODY = "acc00000-0000-4000-8000-00000000dead"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate.make(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def there(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Environment]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.authority))
    with environment(certificate) as there:
        yield there


@pytest.fixture
def client(there: Environment) -> Iterator[DataverseClient]:
    credential = ClientSecretCredential(
        TENANT, CLIENT_ID, CLIENT_SECRET, authority=there.authority, disable_instance_discovery=True
    )
    with DataverseClient(there.url, credential) as client:
        yield client


def accounts(client: DataverseClient, *names: str, **columns: Any) -> list[str]:
    return client.records.create("account", [{"name": name, **columns} for name in names])


def names_of(rows: Any) -> list[str]:
    return [str(row["name"]) for row in rows]


# --- one record ---


def test_it_signs_in_creates_reads_updates_and_deletes_a_record(client: DataverseClient, there: Environment) -> None:
    made = client.records.create("account", {"name": "Polaris AB", "AccountNumber": "P-1"})
    assert there.sim.people.columns("account", made)["accountnumber"] == "P-1"
    row = client.records.retrieve("account", made, select=["name", "statecode", "createdon"])
    assert row is not None and (row["name"], row["statecode"]) == ("Polaris AB", 0)
    assert row["createdon"], "Dataverse fills it in"
    client.records.update("account", made, {"name": "Polaris Nord AB", "description": None})
    assert there.sim.people.columns("account", made)["name"] == "Polaris Nord AB"
    client.records.delete("account", made)
    assert client.records.retrieve("account", made) is None


def test_a_record_carries_the_version_that_every_write_moves(client: DataverseClient) -> None:
    def version() -> Any:
        row = client.records.retrieve("account", seed.ACCOUNT, select=["name"])
        assert row is not None
        return row.etag

    first = version()
    client.records.update("account", seed.ACCOUNT, {"name": "Nordlys AS"})
    assert first and version() != first, "also a write of the same value"


def test_an_update_of_what_is_not_there_creates_nothing(client: DataverseClient, there: Environment) -> None:
    with pytest.raises(HttpError) as refused:
        client.records.update("account", NOBODY, {"name": "ghost"})
    assert (refused.value.status_code, refused.value.details["service_error_code"]) == (404, "0x80040217")
    assert NOBODY not in there.sim.world.rows["account"]


def test_labels_of_choices_are_resolved_from_the_metadata(client: DataverseClient, there: Environment) -> None:
    client.records.update("opportunity", seed.OPPORTUNITY, {"new_stage": "Negotiation"})
    assert there.sim.people.columns("opportunity", seed.OPPORTUNITY)["new_stage"] == 100000001


def test_a_lookup_is_bound_by_its_navigation_property(client: DataverseClient, there: Environment) -> None:
    other = client.records.create("account", {"name": "Polaris AB"})
    client.records.update("opportunity", seed.OPPORTUNITY, {"new_PartnerId@odata.bind": f"/accounts({other})"})
    assert there.sim.people.columns("opportunity", seed.OPPORTUNITY)["new_partnerid"] == ("account", other)
    with pytest.raises(HttpError, match="undeclared property 'new_partnerid'"):
        client.records.update("opportunity", seed.OPPORTUNITY, {"new_partnerid@odata.bind": f"/accounts({other})"})


def test_annotations_and_what_a_lookup_leads_to_come_with_a_record(client: DataverseClient) -> None:
    row = client.records.retrieve(
        "opportunity", seed.OPPORTUNITY, select=["name", "_parentaccountid_value", "statecode"],
        expand=["parentaccountid($select=name)"], include_annotations="*",
    )  # fmt: skip
    assert row is not None
    assert row["statecode@OData.Community.Display.V1.FormattedValue"] == "Open"
    assert row["_parentaccountid_value@Microsoft.Dynamics.CRM.lookuplogicalname"] == "account"
    assert row["_parentaccountid_value@Microsoft.Dynamics.CRM.associatednavigationproperty"] == "parentaccountid"
    assert row["parentaccountid"]["name"] == "Nordlys AS"


# --- many ---


def test_filters_say_what_they_mean(client: DataverseClient) -> None:
    accounts(client, "Alfa", "Beta", "Gamma", "Delta")
    client.records.create("account", {"name": "Epsilon", "accountnumber": "E-1"})

    def found(condition: Any) -> set[str]:
        return set(names_of(client.records.list("account", select=["name"], filter=condition)))

    everybody = {"Nordlys AS", "Alfa", "Beta", "Gamma", "Delta", "Epsilon"}
    assert found(col("name") == "alfa") == {"Alfa"}, "case does not count"
    assert found(col("name").in_(["Alfa", "Beta"])) == {"Alfa", "Beta"}
    assert found(col("name").not_in(["Alfa", "Beta"])) == everybody - {"Alfa", "Beta"}
    assert found(col("name").contains("ta")) == {"Beta", "Delta"}
    assert found(col("name").startswith("E")) == {"Epsilon"} and found(col("name").endswith("ma")) == {"Gamma"}
    assert found(~(col("name").contains("a"))) == {"Epsilon"}
    assert found((col("name") == "Alfa") | ((col("name") >= "G") & (col("name") < "H"))) == {"Alfa", "Gamma"}
    assert found(col("accountnumber").is_null()) == everybody - {"Nordlys AS", "Epsilon"}
    assert found(col("accountnumber").is_not_null()) == {"Nordlys AS", "Epsilon"}
    assert found(col("name").between("B", "E")) == {"Beta", "Delta"}
    assert found(col("statecode").in_([0])) == everybody and found(col("statecode").in_([1])) == set()
    assert found(raw("createdon ge 2020-01-01T00:00:00Z")) == everybody
    assert found(raw("createdon lt 2020-01-01")) == set()
    assert found(raw(f"accountid eq {seed.ACCOUNT}")) == {"Nordlys AS"}


def test_rows_are_read_page_by_page_in_order(client: DataverseClient, there: Environment) -> None:
    accounts(client, *"GDAFCBE")
    pages = list(client.records.list_pages("account", select=["name"], orderby=["name desc"], page_size=3))
    assert [names_of(page) for page in pages] == [["Nordlys AS", "G", "F"], ["E", "D", "C"], ["B", "A"]]
    reads = [path for path in there.paths() if path == "GET /accounts"]
    assert len(reads) == 3


def test_a_query_can_do_all_of_it_at_once(client: DataverseClient) -> None:
    accounts(client, "B", "A", "C")
    query = (
        client.query.builder("account").select("name").where(col("name").in_(["A", "B", "C"]))
        .order_by("name", descending=True).top(2).count().include_formatted_values()
    )  # fmt: skip
    assert names_of(query.execute()) == ["C", "B"]


def test_children_are_expanded_with_options_of_their_own(client: DataverseClient) -> None:
    for name in ("One", "Two", "Three"):
        bound = {"parentaccountid@odata.bind": f"/accounts({seed.ACCOUNT})"}
        client.records.create("opportunity", {"name": name, **bound})
    several = ExpandOption("opportunity_parent_account").select("name").filter("contains(name,'o')").order_by("name")
    rows = client.query.builder("account").select("name").expand(several).execute()
    assert isinstance(rows, QueryResult)
    (account,) = [row for row in rows if row["name"] == "Nordlys AS"]
    assert names_of(account["opportunity_parent_account"]) == ["One", "Two"]


def test_many_are_made_and_changed_by_one_request_or_none_is(client: DataverseClient, there: Environment) -> None:
    first, second = accounts(client, "A", "B")
    client.records.update("account", [first, second], {"description": "both"})
    client.records.update("account", [first, second], [{"name": "A2"}, {"name": "B2"}])
    columns = [there.sim.people.columns("account", one) for one in (first, second)]
    assert [(one["name"], one["description"]) for one in columns] == [("A2", "both"), ("B2", "both")]
    with pytest.raises(HttpError) as refused:
        client.records.update("account", [first, NOBODY], {"description": "all or nothing"})
    assert refused.value.status_code == 404
    assert there.sim.people.columns("account", first)["description"] == "both"
    with pytest.raises(HttpError):
        accounts(client, "C", "x" * 161)
    assert "C" not in [row.values.get("name") for row in there.sim.world.rows["account"].values()]


# --- alternate keys ---


def test_an_upsert_by_key_creates_then_updates(client: DataverseClient, there: Environment) -> None:
    for name in ("First", "Second"):
        client.records.upsert("account", [UpsertItem({"accountnumber": "It's 5"}, {"name": name})])
    rows = [row.values for row in there.sim.world.rows["account"].values() if row.values["accountnumber"] == "It's 5"]
    assert [row["name"] for row in rows] == ["Second"]


def test_several_are_upserted_by_one_request(client: DataverseClient, there: Environment) -> None:
    items: list[UpsertItem | dict[str, Any]] = [
        UpsertItem({"accountnumber": number}, {"name": f"New {number}"}) for number in ("A-1", "A-2")
    ]
    client.records.upsert("account", items)
    assert there.sim.people.columns("account", seed.ACCOUNT)["name"] == "New A-1"
    assert "POST /accounts/Microsoft.Dynamics.CRM.UpsertMultiple" in there.paths()
    assert len(there.sim.world.rows["account"]) == 2


def test_what_is_no_key_finds_nothing(client: DataverseClient) -> None:
    with pytest.raises(HttpError, match="key in the request URI is not valid"):
        client.records.upsert("account", [UpsertItem({"description": "x"}, {"name": "x"})])


def test_a_taken_key_is_412(client: DataverseClient) -> None:
    with pytest.raises(HttpError) as refused:
        client.records.create("account", {"name": "Another", "accountnumber": "A-1"})
    assert (refused.value.status_code, refused.value.details["service_error_code"]) == (412, "0x80060892")


# --- batches ---


def test_a_batch_does_several_things_and_answers_each(client: DataverseClient, there: Environment) -> None:
    batch = client.batch.new()
    batch.records.create("account", {"name": "In a batch"})
    batch.records.update("account", seed.ACCOUNT, {"name": "Changed in a batch"})
    batch.records.retrieve("account", seed.ACCOUNT, select=["name"])
    batch.records.list("account", select=["name"], filter="startswith(name,'In')", top=1)
    batch.records.upsert("account", [UpsertItem({"accountnumber": "B-1"}, {"name": "Upserted"})])
    batch.tables.get("account")
    done = batch.execute()
    assert [one.status_code for one in done.responses] == [204, 204, 200, 200, 204, 200]
    made, _, read, listed, _, table = done.responses
    assert made.entity_id in there.sim.world.rows["account"]
    assert read.data is not None and read.data["name"] == "Changed in a batch"
    assert listed.data is not None and names_of(listed.data["value"]) == ["In a batch"]
    assert table.data is not None and table.data["value"][0]["EntitySetName"] == "accounts"


def test_the_first_failure_ends_a_batch_unless_it_is_to_go_on(client: DataverseClient) -> None:
    def run(goes_on: bool) -> list[int]:
        batch = client.batch.new()
        batch.records.update("account", NOBODY, {"name": "x"})
        batch.records.create("account", {"name": "After it"})
        return [one.status_code for one in batch.execute(continue_on_error=goes_on).responses]

    assert run(False) == [404]
    assert run(True) == [404, 204]


def test_a_change_set_is_done_whole_or_not_at_all(client: DataverseClient, there: Environment) -> None:
    batch = client.batch.new()
    with batch.changeset() as together:
        account = together.records.create("account", {"name": "Made first"})
        together.records.create("opportunity", {"name": "Of it", "parentaccountid@odata.bind": account})
        together.records.update("account", account, {"description": "changed by its reference"})
    done = batch.execute()
    assert not done.has_errors and [one.status_code for one in done.responses] == [204, 204, 204]
    made = there.sim.people.columns("account", str(done.responses[0].entity_id))
    assert (made["name"], made["description"]) == ("Made first", "changed by its reference")
    opportunity = there.sim.people.columns("opportunity", str(done.responses[1].entity_id))
    assert opportunity["parentaccountid"] == ("account", done.responses[0].entity_id)

    batch = client.batch.new()
    with batch.changeset() as together:
        together.records.create("account", {"name": "Undone"})
        together.records.update("account", NOBODY, {"name": "x"})
    assert [one.status_code for one in batch.execute().responses] == [404]
    assert "Undone" not in [row.values.get("name") for row in there.sim.world.rows["account"].values()]


# --- metadata ---


def test_tables_are_described(client: DataverseClient) -> None:
    table = client.tables.get("opportunity")
    assert table is not None
    assert (table.schema_name, table.logical_name, table.entity_set_name) == (
        "Opportunity", "opportunity", "opportunities",
    )  # fmt: skip
    assert client.tables.get("new_nothing") is None
    listed = client.tables.list(filter="LogicalName eq 'quote'", select=["LogicalName", "SchemaName", "MetadataId"])
    assert [one["SchemaName"] for one in listed] == ["Quote"] and listed[0]["MetadataId"]
    with pytest.raises(MetadataError):
        client.records.list("opportunities")


def test_columns_are_described_with_and_without_their_types(client: DataverseClient) -> None:
    plain = client.tables.list_columns("opportunity", select=["LogicalName", "SchemaName", "AttributeType"])
    names = {one["LogicalName"]: one["SchemaName"] for one in plain}
    assert names["parentaccountid"] == "ParentAccountId" and names["new_partnerid"] == "new_PartnerId"
    typed = {one["LogicalName"]: one for one in client.tables.list_columns("opportunity", typed=True)}
    assert typed["name"]["MaxLength"] == 300 and typed["new_rate"]["Precision"] == 3
    money = client.tables.list_columns(
        "opportunity", filter="AttributeType eq Microsoft.Dynamics.CRM.AttributeTypeCode'Money'"
    )
    assert {one["LogicalName"] for one in money} == {"estimatedvalue", "estimatedvalue_base"}
    one = client.tables.get_column("opportunity", "new_stage")
    assert one is not None and one["AttributeTypeName"] == {"Value": "PicklistType"}
    typed_one = client.tables.get_column("opportunity", "name", typed=True)
    assert typed_one is not None and typed_one["MaxLength"] == 300
    assert client.tables.get_column("opportunity", "new_nothing") is None


def test_relationships_and_keys_are_described(client: DataverseClient) -> None:
    found = client.tables.get_relationship("opportunity_parent_account")
    assert found is not None
    assert (found.referencing_entity, found.referenced_entity) == ("opportunity", "account")
    of_account = client.tables.list_table_relationships("account", select=["SchemaName", "ReferencingEntity"])
    assert {"opportunity_parent_account", "contact_customer_accounts"} <= {one["SchemaName"] for one in of_account}
    everything = client.tables.list_relationships(select=["SchemaName", "RelationshipType"])
    assert {one["RelationshipType"] for one in everything} == {"OneToManyRelationship"}
    keys = {one.schema_name: one.key_attributes for one in client.tables.get_alternate_keys("account")}
    assert keys[KEY] == ["accountnumber"]


def test_it_can_tell_which_columns_and_lookups_a_table_has(client: DataverseClient) -> None:
    assert {"name", "description"} <= {one["name"] for one in client.query.sql_columns("account")}
    leads = {one["nav_property"]: one["target_table"] for one in client.query.odata_expands("opportunity")}
    assert leads["parentaccountid"] == "account" and leads["customerid_contact"] == "contact"


# --- refusals ---


@pytest.mark.parametrize(("ask", "status", "said"), [
    (lambda it: it.records.list("account", select=["no_such"]), 400, "no_such"),
    (lambda it: it.records.list("account", filter="no_such eq 1"), 400, "no_such"),
    (lambda it: it.records.list("account", filter="name eq 5"), 400, "incompatible types"),
    (lambda it: it.records.list("account", filter="name eq"), 400, "Syntax error"),
    (lambda it: it.records.list("account", orderby=["no_such"]), 400, "no_such"),
    (lambda it: it.records.list("account", expand=["no_such"]), 400, "no_such"),
    (lambda it: it.tables.list_columns("account", select=["NoSuch"]), 400, "NoSuch"),
    (lambda it: it.tables.list(filter="startswith(LogicalName,'a')"), 501, "isn't supported for Metadata Entities"),
    (lambda it: it.query.sql("SELECT name FROM account"), 501, "sql"),
    (lambda it: it.records.create("account", {"no_such": 1}), 400, "no_such"),
    (lambda it: it.records.create("account", {"name": "x" * 161}), 400, "length"),
    (lambda it: it.tables.create("new_Thing", {"new_Name": "string"}), 501, "CreateEntities"),
])  # fmt: skip
def test_what_the_simulator_does_not_do_is_refused_by_name(
    client: DataverseClient, ask: Any, status: int, said: str
) -> None:
    with pytest.raises(HttpError, match=said) as refused:
        ask(client)
    assert refused.value.status_code == status


def test_errors_carry_what_an_operator_needs(client: DataverseClient, there: Environment) -> None:
    there.sim.faults.add(Fault("rate_limited", path="/accounts*", headers={"Retry-After": "17"}))
    with pytest.raises(HttpError) as refused:
        client.records.create("account", {"name": "x"})
    assert refused.value.status_code == 429 and refused.value.is_transient
    assert refused.value.details["retry_after"] == 17 and refused.value.details["service_request_id"]


def test_a_state_and_a_status_that_do_not_go_together_are_refused(client: DataverseClient) -> None:
    with pytest.raises(HttpError, match="3 is not a valid status code for state code OpportunityState"):
        client.records.update("opportunity", seed.OPPORTUNITY, {"statuscode": 3})
    client.records.update("opportunity", seed.OPPORTUNITY, {"statecode": 1})
    row = client.records.retrieve("opportunity", seed.OPPORTUNITY, select=["statecode", "statuscode"])
    assert row is not None and (row["statecode"], row["statuscode"]) == (1, 3), "the state brings its status along"
