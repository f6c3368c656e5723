"""The Dataverse simulator against the fact sheet: wire shapes, error codes, events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.dataverse import DataverseSimulator, seed
from sandbox.dataverse.events import Step
from sandbox.dataverse.store import Store
from sandbox.dataverse.world import Change
from sandbox.faults import Fault
from sandbox.wire import Request, Response

ROW = f"opportunities({seed.OPPORTUNITY})"


@pytest.fixture
def sim() -> DataverseSimulator:
    return DataverseSimulator(send=lambda *_: 202)


def call(
    sim: DataverseSimulator, method: str, path: str, body: Any = None, token: str = "t", **headers: str
) -> Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    content = b"" if body is None else json.dumps(body).encode()
    url = f"https://contoso.crm4.dynamics.com/api/data/v9.2/{path}"
    return sim(Request.of(method, url, {"Authorization": f"Bearer {token}", **names}, content))


def get(sim: DataverseSimulator, path: str, **headers: str) -> Any:
    answer = call(sim, "GET", path, **headers)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def code(answer: Response) -> tuple[int, str]:
    return answer.status, json.loads(answer.body)["error"]["code"]


def test_only_what_is_selected_comes_with_key_version_and_the_moneys_currency(sim: DataverseSimulator) -> None:
    row = get(sim, f"{ROW}?$select=name,estimatedvalue")
    assert set(row) == {
        "@odata.etag", "opportunityid", "name", "estimatedvalue", "_transactioncurrencyid_value",
    }  # fmt: skip
    assert row["estimatedvalue"] is None


def test_annotations_come_only_when_asked_for(sim: DataverseSimulator) -> None:
    assert "@OData" not in json.dumps(get(sim, f"{ROW}?$select=_parentaccountid_value"))
    row = get(sim, f"{ROW}?$select=_parentaccountid_value", prefer='odata.include-annotations="*"')
    assert row["_parentaccountid_value@OData.Community.Display.V1.FormattedValue"] == "Nordlys AS"
    assert row["_parentaccountid_value@Microsoft.Dynamics.CRM.lookuplogicalname"] == "account"


def test_errors_have_their_codes(sim: DataverseSimulator) -> None:
    missing = seed.OPPORTUNITY.replace("0bb", "0bc")
    assert code(call(sim, "GET", f"{ROW}?$select=Name")) == (400, "0x0")
    assert code(call(sim, "GET", f"opportunities({missing})")) == (404, "0x80040217")
    assert code(call(sim, "GET", "Opportunities")) == (404, "0x8006088a")
    assert code(call(sim, "PATCH", f"opportunities({missing})", {"name": "x"}, if_match="*")) == (404, "0x80040217")
    assert code(call(sim, "PATCH", ROW, {"name": "x" * 301})) == (400, "0x80044331")
    assert code(call(sim, "PATCH", ROW, {"new_stage": 5})) == (400, "0x8004431a")
    assert code(call(sim, "PATCH", ROW, {"estimatedclosedate": "2026-03-12T00:00:00Z"})) == (400, "0x80048d19")
    assert code(call(sim, "PATCH", ROW, {"Name": "x"})) == (400, "0x0")
    assert call(sim, "GET", ROW, token="").status == 401


def test_every_write_makes_a_new_version_even_of_the_same_value(sim: DataverseSimulator) -> None:
    first = get(sim, f"{ROW}?$select=name")
    call(sim, "PATCH", ROW, {"name": first["name"]})
    assert get(sim, f"{ROW}?$select=name")["@odata.etag"] != first["@odata.etag"]


def test_a_patch_without_if_match_creates_what_is_missing(sim: DataverseSimulator) -> None:
    made = seed.OPPORTUNITY.replace("0bb", "0bd")
    assert call(sim, "PATCH", f"opportunities({made})", {"name": "ghost"}).status == 204
    assert get(sim, f"opportunities({made})?$select=name")["name"] == "ghost"


@pytest.mark.parametrize("empty", [False, True])
def test_a_stale_version_is_412(sim: DataverseSimulator, empty: bool) -> None:
    sim.switches.version_code_is_empty = empty
    answer = call(sim, "PATCH", ROW, {"name": "x"}, if_match='W/"1"')
    assert code(answer) == (412, "" if empty else "0x80060882")


def test_what_is_not_valid_for_update_is_ignored_without_a_word(sim: DataverseSimulator) -> None:
    body = {"name": "new", "new_calculated": "no", "modifiedon": "2020-01-01T00:00:00Z"}
    answer = call(sim, "PATCH", f"{ROW}?$select=name,new_calculated", body, prefer="return=representation")
    row = json.loads(answer.body)
    assert (row["name"], row["new_calculated"]) == ("new", None)


def test_numbers_are_exact_and_rounded_to_the_columns_precision(sim: DataverseSimulator) -> None:
    answer = call(
        sim, "PATCH", f"{ROW}?$select=estimatedvalue,new_rate", {"estimatedvalue": 20000, "new_rate": 1.23456},
        prefer="return=representation",
    )  # fmt: skip
    assert b'"estimatedvalue":20000.0000' in answer.body
    assert b'"new_rate":1.235' in answer.body


def test_secured_columns_read_null_or_masked_and_refuse_writes(sim: DataverseSimulator) -> None:
    call(sim, "PATCH", ROW, {"new_secret": "123-45-5353"})
    assert get(sim, f"{ROW}?$select=new_secret", callerobjectid=seed.SELLER_OID)["new_secret"] is None
    sim.switches.masks_secured = True
    assert "***" in get(sim, f"{ROW}?$select=new_secret", callerobjectid=seed.SELLER_OID)["new_secret"]
    refused = call(sim, "PATCH", ROW, {"new_secret": "x"}, callerobjectid=seed.SELLER_OID)
    assert code(refused) == (403, "0x8004f507")


def test_an_impersonated_user_has_their_own_rights_and_is_shown_as_the_writer(sim: DataverseSimulator) -> None:
    assert code(call(sim, "GET", ROW, callerobjectid=seed.STRANGER_OID)) == (403, "0x80040220")
    assert code(call(sim, "PATCH", ROW, {"name": "x"}, callerobjectid=seed.READER_OID)) == (403, "0x80040220")
    call(sim, "PATCH", ROW, {"name": "x"}, mscrmcallerid=seed.SELLER)
    assert get(sim, f"{ROW}?$select=_modifiedby_value")["_modifiedby_value"] == seed.SELLER


def test_lists_are_filtered_and_paged(sim: DataverseSimulator) -> None:
    for number in range(4):
        sim.people.new("contact", {"fullname": f"C{number}"})
    first = get(sim, "contacts?$select=fullname", prefer="odata.maxpagesize=3")
    assert len(first["value"]) == 3 and first["@odata.nextLink"]
    rest = get(sim, first["@odata.nextLink"].split("/v9.2/")[1], prefer="odata.maxpagesize=3")
    assert len(rest["value"]) == 2 and "@odata.nextLink" not in rest
    found = get(sim, f"systemusers?$select=fullname&$filter=azureactivedirectoryobjectid eq {seed.SELLER_OID}")
    assert [one["fullname"] for one in found["value"]] == ["Kari Seller"]


def test_throttling_says_when_to_come_back(sim: DataverseSimulator) -> None:
    sim.faults.add(Fault("rate_limited", headers={"Retry-After": "17"}))
    answer = call(sim, "GET", ROW)
    assert code(answer) == (429, "0x80072322") and answer.headers["Retry-After"] == "17"


def test_metadata_has_the_documented_shapes(sim: DataverseSimulator) -> None:
    base = "EntityDefinitions(LogicalName='opportunity')"
    columns = {one["LogicalName"]: one for one in get(sim, f"{base}/Attributes")["value"]}
    assert columns["estimatedvalue"]["AttributeTypeName"] == {"Value": "MoneyType"}
    assert columns["new_interests"]["AttributeType"] == "Virtual"
    assert columns["estimatedvalue_base"]["AttributeOf"] == "estimatedvalue"
    path = f"{base}/Attributes/Microsoft.Dynamics.CRM.PicklistAttributeMetadata"
    stage = get(sim, f"{path}?$select=LogicalName&$expand=OptionSet($select=Options)")["value"][0]
    labels = stage["OptionSet"]["Options"][0]["Label"]["LocalizedLabels"]
    assert {(one["Label"], one["LanguageCode"]) for one in labels} == {("Draft", 1033), ("Utkast", 1053)}


# A webhook body as the fact sheet (4.3) shows it: its keys, and the types that its values carry.
SAMPLE_KEYS = {
    "BusinessUnitId", "CorrelationId", "Depth", "InitiatingUserAgent", "InitiatingUserAzureActiveDirectoryObjectId",
    "InitiatingUserId", "InputParameters", "IsExecutingOffline", "IsInTransaction", "IsOfflinePlayback",
    "IsolationMode", "MessageName", "Mode", "OperationCreatedOn", "OperationId", "OrganizationId", "OrganizationName",
    "OutputParameters", "OwningExtension", "ParentContext", "PostEntityImages", "PreEntityImages", "PrimaryEntityId",
    "PrimaryEntityName", "RequestId", "SecondaryEntityName", "SharedVariables", "Stage",
    "UserAzureActiveDirectoryObjectId", "UserId",
}  # fmt: skip
CONTRACTS = "http://schemas.microsoft.com/xrm/2011/Contracts"


def test_an_updates_body_has_the_samples_shape(sim: DataverseSimulator) -> None:
    columns = {"name": "New", "new_stage": 100000001, "estimatedvalue": 20000, "description": None}
    change = Change("Update", "opportunity", seed.OPPORTUNITY, columns, seed.SELLER, "oneflow-sync:9f1c")
    body, headers = sim.events.request(change)
    assert headers["x-ms-dynamics-request-name"] == "Update"
    assert b"\\/Date(" in body, "slashes of dates come escaped"
    context = json.loads(body)
    assert set(context) == SAMPLE_KEYS
    assert context["SharedVariables"] == [{"key": "tag", "value": "oneflow-sync:9f1c"}]
    target = context["InputParameters"][0]
    assert target["key"] == "Target" and target["value"]["__type"] == f"Entity:{CONTRACTS}"
    values = {one["key"]: one["value"] for one in target["value"]["Attributes"]}
    assert values["new_stage"] == {"__type": f"OptionSetValue:{CONTRACTS}", "Value": 100000001}
    assert values["estimatedvalue"] == {"__type": f"Money:{CONTRACTS}", "Value": 20000.0}
    assert values["description"] is None and values["opportunityid"] == seed.OPPORTUNITY
    assert values["modifiedon"].startswith("/Date("), "the platform adds columns of its own"


def test_a_deletes_target_is_a_reference(sim: DataverseSimulator) -> None:
    body, _ = sim.events.request(Change("Delete", "opportunity", seed.OPPORTUNITY, {}, seed.SELLER))
    target = json.loads(body)["InputParameters"][0]["value"]
    assert target["__type"] == f"EntityReference:{CONTRACTS}" and target["Id"] == seed.OPPORTUNITY


def test_a_large_body_is_stripped_and_says_so(sim: DataverseSimulator) -> None:
    change = Change("Update", "opportunity", seed.OPPORTUNITY, {"description": "x" * 300_000}, seed.SELLER)
    body, headers = sim.events.request(change)
    assert "x-ms-dynamics-msg-size-exceeded" in headers
    assert not {"InputParameters", "ParentContext", "PreEntityImages"} & set(json.loads(body))


@pytest.mark.parametrize(("first", "attempts"), [(200, 1), (202, 1), (500, 1), (429, 1), (0, 1), (503, 2), (502, 2)])
def test_only_a_gateways_failure_is_sent_once_more(first: int, attempts: int) -> None:
    sent: list[str] = []

    def send(url: str, body: bytes, headers: dict[str, str]) -> int:
        sent.append(json.loads(body)["OperationId"])
        return first if len(sent) == 1 else 202

    sim = DataverseSimulator(send=send)
    sim.events.steps = [Step("http://127.0.0.1/hook", "Update", "opportunity", frozenset({"name"}))]
    sim.people.set_columns("opportunity", seed.OPPORTUNITY, {"description": "no filtering column"})
    sim.people.set_columns("opportunity", seed.OPPORTUNITY, {"name": "Frame agreement"})  # the same value
    while not sim.events.idle():
        pass
    assert len(sent) == attempts and len(set(sent)) == 1, "the same operation"
    sim.close()


def test_rows_survive_a_restart(tmp_path: Path) -> None:
    first = DataverseSimulator()
    store = Store(first, tmp_path / "rows.json")
    first.people.set_columns("opportunity", seed.OPPORTUNITY, {"name": "Kept", "estimatedvalue": "12.50"})
    store.close()
    second = DataverseSimulator()
    Store(second, tmp_path / "rows.json").close()
    columns = second.people.columns("opportunity", seed.OPPORTUNITY)
    assert (columns["name"], columns["estimatedvalue"]) == ("Kept", "12.5000")
    assert columns["parentaccountid"] == ("account", seed.ACCOUNT)


def test_a_person_may_edit_a_record_with_one_request(sim: DataverseSimulator) -> None:
    path = f"http://127.0.0.1/_sandbox/records/opportunity/{seed.OPPORTUNITY}"
    answer = sim(Request.of("POST", path, {}, b'{"name": "By hand"}'))
    assert answer.status == 200 and json.loads(answer.body)["name"] == "By hand"
    assert sim(Request.of("POST", path, {}, b'{"no_such": 1}')).status == 400
    assert sim(Request.of("GET", "http://127.0.0.1/_sandbox/nothing", {}, b"")).status == 404
