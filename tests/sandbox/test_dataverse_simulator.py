"""The Dataverse simulator against the fact sheet: wire shapes, error codes, rights, events, its file."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from sandbox.dataverse import DataverseSimulator, seed
from sandbox.dataverse.events import Step
from sandbox.dataverse.step import Change
from sandbox.dataverse.store import Store
from sandbox.faults import Fault
from sandbox.identity import IdentitySimulator
from sandbox.role import give_whole_role
from sandbox.wire import InProcess, Request, Response

URL = "https://contoso.crm4.dynamics.com"
ROW = f"opportunities({seed.OPPORTUNITY})"
NOBODY = "0bb00000-0000-4000-8000-00000000dead"
MISSING = f"opportunities({NOBODY})"
LABEL = "@OData.Community.Display.V1.FormattedValue"
TABLE_NAME = "@Microsoft.Dynamics.CRM.lookuplogicalname"
ALL = 'odata.include-annotations="*"'
BACK = "return=representation"


@pytest.fixture
def sim() -> Iterator[DataverseSimulator]:
    sim = entitled(DataverseSimulator(send=lambda *_: 202))
    yield sim
    sim.close()


def entitled(sim: DataverseSimulator) -> DataverseSimulator:
    """The application may act for others, and it and the sellers may do whatever a salesperson may."""
    give_whole_role(sim.world)
    for user in (seed.APPLICATION, *seed.SELLERS):
        sim.world.security.assign(user, seed.SALESPERSON)
    return sim


def call(
    sim: DataverseSimulator, method: str, path: str, body: Any = None, token: str = "t", **headers: str
) -> Response:
    """A header's `_` is a `-`."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    if not isinstance(body, bytes):
        body = b"" if body is None else json.dumps(body).encode()
    return sim(Request.of(method, f"{URL}/api/data/v9.2/{path}", {"Authorization": f"Bearer {token}", **names}, body))


def get(sim: DataverseSimulator, path: str, **headers: str) -> Any:
    answer = call(sim, "GET", path, **headers)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def patch(sim: DataverseSimulator, body: Any, **headers: str) -> Response:
    return call(sim, "PATCH", ROW, body, **{"if_match": "*"} | headers)


def changed(sim: DataverseSimulator, body: dict[str, Any]) -> dict[str, Any]:
    """The row's columns of `body` after it was written, from the same answer."""
    answer = call(sim, "PATCH", f"{ROW}?$select={','.join(body)}", body, if_match="*", prefer=BACK)
    assert answer.status == 200, answer.body
    row = json.loads(answer.body)
    return {name: row[name] for name in body}


def code(answer: Response) -> tuple[int, str]:
    return answer.status, json.loads(answer.body)["error"]["code"]


def until(true: Callable[[], Any], what: str) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.002)


# --- reading ---


def test_only_what_is_selected_comes_with_key_and_version(sim: DataverseSimulator) -> None:
    row = get(sim, f"{ROW}?$select=name,description")
    assert set(row) == {"@odata.context", "@odata.etag", "opportunityid", "name", "description"}
    assert row["description"] is None, "an empty column is there"
    assert re.fullmatch(r'W/"\d+"', row["@odata.etag"])


def test_money_brings_its_currency_along(sim: DataverseSimulator) -> None:
    row = get(sim, f"{ROW}?$select=estimatedvalue")
    assert row["_transactioncurrencyid_value"] == seed.CURRENCY and row["estimatedvalue"] is None


def test_annotations_come_only_when_asked_for(sim: DataverseSimulator) -> None:
    patch(sim, {"new_interests": "1,3", "new_stage": 100000001})
    path = f"{ROW}?$select=_parentaccountid_value,new_interests,new_stage,description,name"
    plain = get(sim, path)
    assert not [name for name in plain if "@" in name.lstrip("@")]
    row = get(sim, path, prefer=ALL)
    assert row[f"_parentaccountid_value{LABEL}"] == "Nordlys AS"
    assert row[f"_parentaccountid_value{TABLE_NAME}"] == "account"
    assert (row["new_interests"], row[f"new_interests{LABEL}"]) == ("1,3", "Hiking; Sailing")
    assert row[f"new_stage{LABEL}"] == "Negotiation"
    assert f"description{LABEL}" not in row, "what is empty has none"
    one = get(sim, path, prefer='odata.include-annotations="Microsoft.Dynamics.CRM.lookuplogicalname"')
    assert f"_parentaccountid_value{TABLE_NAME}" in one and f"_parentaccountid_value{LABEL}" not in one


@pytest.mark.parametrize(("path", "expected"), [
    (f"{ROW}?$select=Name", (400, "0x0")), (f"{ROW}?$select=parentaccountid", (400, "0x0")),
    (f"{ROW}?$select=name,nothing", (400, "0x0")), ("opportunities?$select=nothing", (400, "0x0")),
    (MISSING, (404, "0x80040217")), ("Opportunities", (404, "0x8006088a")),
    (f"opportunity({seed.OPPORTUNITY})", (404, "0x8006088a")), (f"{ROW}/nothing", (404, "0x8006088a")),
    ("EntityDefinitions(LogicalName='nothing')", (404, "0x80060888")),
    ("opportunities?$filter=name like 'x'", (400, "0x80060888")), ("opportunities?$filter=no eq 1", (400, "0x0")),
])  # fmt: skip
def test_what_is_not_there_has_its_code(sim: DataverseSimulator, path: str, expected: tuple[int, str]) -> None:
    assert code(call(sim, "GET", path)) == expected


def test_a_deleted_row_looks_like_one_that_never_was(sim: DataverseSimulator) -> None:
    assert call(sim, "DELETE", ROW).status == 204
    answer = call(sim, "GET", ROW)
    assert code(answer) == (404, "0x80040217") and b"Does Not Exist" in answer.body


@pytest.mark.parametrize(("condition", "names"), [
    ("fullname eq 'C1'", ["C1"]), ("fullname eq 'C1' or fullname eq 'C2'", ["C1", "C2"]),
    ("fullname ne 'C1' and emailaddress1 eq null", ["C0", "C2", "C3"]), ("fullname eq 'It''s'", []),
    (f"_parentcustomerid_value eq {seed.ACCOUNT} and fullname eq 'c3'", ["C3"]),
    (f"contactid eq {seed.CONTACT}", ["Ola Kjoper"]),
])  # fmt: skip
def test_lists_are_filtered(sim: DataverseSimulator, condition: str, names: list[str]) -> None:
    for number in range(4):
        sim.people.new("contact", {"fullname": f"C{number}"})
    found = get(sim, f"contacts?$select=fullname&$filter={quote(condition)}")
    assert [row["fullname"] for row in found["value"]] == names


def test_lists_are_paged_and_the_link_is_followed_as_it_is(sim: DataverseSimulator) -> None:
    for number in range(6):
        sim.people.new("contact", {"fullname": f"C{number}"})
    session = requests.Session()
    session.mount(URL, InProcess(sim))
    headers = {"Authorization": "Bearer t", "Prefer": "odata.maxpagesize=4"}
    params = {"$select": "fullname", "$filter": "fullname ne 'C0'"}
    first = session.get(f"{URL}/api/data/v9.2/contacts", params=params, headers=headers).json()
    rest = session.get(first["@odata.nextLink"], headers=headers).json()
    assert (len(first["value"]), len(rest["value"])) == (4, 2) and "@odata.nextLink" not in rest
    names = [row["fullname"] for row in first["value"] + rest["value"]]
    assert "C0" not in names and len(set(names)) == 6, "the link keeps the filter"
    assert set(rest["value"][0]) == {"@odata.etag", "contactid", "fullname"}, "and the columns"


def test_no_page_is_larger_than_the_services(sim: DataverseSimulator) -> None:
    sim.switches.page_size = 2
    found = get(sim, "systemusers?$select=fullname", prefer="odata.maxpagesize=100")
    assert len(found["value"]) == 2 and found["@odata.nextLink"]
    top = get(sim, "systemusers?$select=fullname&$top=1")
    assert len(top["value"]) == 1 and "@odata.nextLink" not in top


# --- versions ---


@pytest.mark.parametrize("name", ["Frame agreement", "Another name"])
def test_every_write_makes_a_new_version_also_one_of_the_same_value(sim: DataverseSimulator, name: str) -> None:
    first = get(sim, f"{ROW}?$select=name")["@odata.etag"]
    answer = call(sim, "PATCH", f"{ROW}?$select=name", {"name": name}, if_match=first, prefer=BACK)
    second = json.loads(answer.body)["@odata.etag"]
    assert second != first and get(sim, f"{ROW}?$select=name")["@odata.etag"] == second


def test_a_patch_without_if_match_creates_what_is_missing(sim: DataverseSimulator) -> None:
    assert call(sim, "PATCH", MISSING, {"name": "ghost"}).status == 204
    assert get(sim, f"{MISSING}?$select=name")["name"] == "ghost"


def test_that_needs_the_right_to_write_too(sim: DataverseSimulator) -> None:
    refused = call(sim, "PATCH", MISSING, {"name": "ghost"}, callerobjectid=seed.READER_OID)
    assert code(refused) == (403, "0x80040220")
    assert call(sim, "GET", MISSING).status == 404


@pytest.mark.parametrize("match", ["*", 'W/"1"'])
def test_a_patch_with_if_match_creates_nothing(sim: DataverseSimulator, match: str) -> None:
    assert code(call(sim, "PATCH", MISSING, {"name": "ghost"}, if_match=match)) == (404, "0x80040217")
    assert call(sim, "GET", MISSING).status == 404


@pytest.mark.parametrize(("empty", "expected"), [(False, "0x80060882"), (True, "")])
def test_a_stale_version_is_412_and_nothing_is_written(sim: DataverseSimulator, empty: bool, expected: str) -> None:
    sim.switches.version_code_is_empty = empty
    stale = get(sim, f"{ROW}?$select=name")["@odata.etag"]
    patch(sim, {"description": "another column of the row"})
    assert code(patch(sim, {"name": "x"}, if_match=stale)) == (412, expected)
    assert get(sim, f"{ROW}?$select=name")["name"] == "Frame agreement"


def test_a_patch_that_may_only_create_is_412_on_what_exists(sim: DataverseSimulator) -> None:
    assert code(call(sim, "PATCH", ROW, {"name": "x"}, if_none_match="*")) == (412, "0x80040237")


def test_the_row_comes_back_only_when_asked_for(sim: DataverseSimulator) -> None:
    answer = patch(sim, {"name": "x"})
    assert (answer.status, answer.body) == (204, b"")
    path = f"{ROW}?$select=name"
    assert json.loads(call(sim, "PATCH", path, {"name": "y"}, prefer=BACK).body)["name"] == "y"
    sim.switches.returns_representation = False
    assert call(sim, "PATCH", path, {"name": "z"}, prefer=BACK).status == 204


# --- values ---


@pytest.mark.parametrize(("column", "value", "expected"), [
    ("name", "x" * 301, "0x80044331"), ("name", "\U0001f600" * 151, "0x80044331"), ("name", 5, "0x80048d19"),
    ("description", "x" * 2001, "0x80044331"),
    ("new_count", 1_000_001, "0x80044330"), ("new_count", -101, "0x80044330"), ("new_count", 1.5, "0x80048d19"),
    ("new_rate", 100.001, "0x80044330"), ("new_rate", "many", "0x80048d19"), ("new_rate", float("nan"), "0x80048d19"),
    ("new_rate", True, "0x80048d19"), ("estimatedvalue", -1, "0x80044330"),
    ("estimatedvalue", float("inf"), "0x80048d19"), ("new_score", 1001, "0x80044330"),
    ("new_stage", 5, "0x8004431a"), ("new_stage", "Draft", "0x8004431a"), ("statecode", True, "0x8004431a"),
    ("new_interests", "1,9", "0x8004431a"), ("new_interests", "Hiking", "0x80048d19"),
    ("new_priority", "true", "0x80048d19"), ("new_priority", 1, "0x80048d19"),
    ("estimatedclosedate", "2026-03-12T00:00:00Z", "0x80048d19"), ("estimatedclosedate", "12.03.2026", "0x80048d19"),
    ("estimatedclosedate", "2026-02-30", "0x80048d19"), ("new_starttime", "tomorrow", "0x80048d19"),
    ("statecode", None, "0x80040203"), ("Name", "x", "0x0"), ("_parentaccountid_value", seed.ACCOUNT, "0x0"),
])  # fmt: skip
def test_a_value_that_a_column_cannot_take_has_its_code(
    sim: DataverseSimulator, column: str, value: Any, expected: str
) -> None:
    before = get(sim, f"{ROW}?$select=name")["@odata.etag"]
    assert code(patch(sim, {"description": "with it", column: value})) == (400, expected)
    assert get(sim, f"{ROW}?$select=name")["@odata.etag"] == before, "nothing of it is written"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"'])
def test_a_body_that_is_no_object_is_refused(sim: DataverseSimulator, body: bytes) -> None:
    assert code(call(sim, "PATCH", ROW, body)) == (400, "0x80048d19")


@pytest.mark.parametrize(("column", "value", "stored"), [
    ("name", "x" * 300, "x" * 300), ("name", "", None), ("name", None, None), ("description", "a\r\nb", "a\r\nb"),
    ("new_count", -100, -100), ("new_count", 7.0, 7), ("new_priority", True, True), ("new_stage", 100000002, 100000002),
    ("new_interests", "3,1", "3,1"), ("new_interests", "", None), ("new_interests", None, None),
    ("estimatedclosedate", "2028-02-29", "2028-02-29"),
    ("new_starttime", "2026-03-12T01:30:00+02:00", "2026-03-11T23:30:00Z"),
    ("new_walltime", "2026-03-12T01:30:00", "2026-03-12T01:30:00Z"),
])  # fmt: skip
def test_values_are_kept_as_dataverse_keeps_them(sim: DataverseSimulator, column: str, value: Any, stored: Any) -> None:
    assert changed(sim, {column: value}) == {column: stored}


@pytest.mark.parametrize(("sent", "wire"), [
    (b'{"estimatedvalue": 20000}', b'"estimatedvalue":20000.0000'),
    (b'{"estimatedvalue": 922337203685476.0123}', b'"estimatedvalue":922337203685476.0123'),
    (b'{"new_rate": 1.2346}', b'"new_rate":1.235'), (b'{"new_rate": 0.1}', b'"new_rate":0.1'),
    (b'{"new_score": 2.719}', b'"new_score":2.72'),
])  # fmt: skip
def test_numbers_are_exact_and_rounded_to_the_columns_precision(
    sim: DataverseSimulator, sent: bytes, wire: bytes
) -> None:
    answer = call(sim, "PATCH", f"{ROW}?$select={next(iter(json.loads(sent)))}", sent, prefer=BACK)
    assert wire in answer.body


def test_what_is_not_valid_for_update_is_ignored_without_a_word(sim: DataverseSimulator) -> None:
    written = changed(sim, {"name": "new", "new_calculated": "no", "new_rollup": 5, "modifiedon": "2020-01-01T00:00Z"})
    assert (written["name"], written["new_calculated"], written["new_rollup"]) == ("new", None, None)
    assert not written["modifiedon"].startswith("2020")


def test_a_closed_record_is_read_only_until_it_is_opened(sim: DataverseSimulator) -> None:
    sim.people.close_quote(seed.QUOTE)
    path = f"quotes({seed.QUOTE})"
    assert code(call(sim, "PATCH", path, {"name": "x"})) == (400, "0x80040265")
    assert call(sim, "PATCH", path, {"statecode": 0, "statuscode": 1}).status == 204
    assert call(sim, "PATCH", path, {"name": "x"}).status == 204


# --- who may ---


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc"])
def test_without_a_token_nobody_may(sim: DataverseSimulator, header: str) -> None:
    answer = sim(Request.of("GET", f"{URL}/api/data/v9.2/{ROW}", {"Authorization": header}, b""))
    assert code(answer) == (401, "0x8005F101")


def test_a_token_counts_until_it_is_revoked() -> None:
    identity = IdentitySimulator()
    sim = entitled(DataverseSimulator(holder=identity.holder))
    body = (
        "grant_type=client_credentials&client_id=22222222-bbbb-4bbb-8bbb-222222222222"
        f"&client_secret={identity.secret}&scope={URL}/.default"
    )
    url = "https://127.0.0.1/11111111-aaaa-4aaa-8aaa-111111111111/oauth2/v2.0/token"
    token = json.loads(identity(Request.of("POST", url, {}, body.encode())).body)["access_token"]
    assert call(sim, "GET", ROW, token=token).status == 200
    assert call(sim, "GET", ROW, token="made up").status == 401
    identity.revoke()
    assert call(sim, "GET", ROW, token=token).status == 401


@pytest.mark.parametrize(("caller", "read", "write"), [
    ("", 200, 204), (seed.SELLER_OID, 200, 204), (seed.READER_OID, 200, 403), (seed.STRANGER_OID, 403, 403),
])  # fmt: skip
def test_an_impersonated_user_has_their_own_rights(sim: DataverseSimulator, caller: str, read: int, write: int) -> None:
    who = {"callerobjectid": caller} if caller else {}
    for answer, status in ((call(sim, "GET", ROW, **who), read), (patch(sim, {"name": "x"}, **who), write)):
        assert answer.status == status
        assert status != 403 or code(answer) == (403, "0x80040220")
    assert call(sim, "DELETE", ROW, **who).status == write


@pytest.mark.parametrize(("header", "value"), [("callerobjectid", seed.SELLER_OID), ("mscrmcallerid", seed.SELLER)])
def test_an_impersonated_user_is_shown_as_the_writer(sim: DataverseSimulator, header: str, value: str) -> None:
    patch(sim, {"name": "x"}, **{header: value.upper()})
    assert get(sim, f"{ROW}?$select=_modifiedby_value")["_modifiedby_value"] == seed.SELLER
    assert get(sim, "WhoAmI", **{header: value})["UserId"] == seed.SELLER


def test_nobody_can_be_impersonated_who_is_no_user(sim: DataverseSimulator) -> None:
    assert code(call(sim, "GET", ROW, callerobjectid=NOBODY)) == (403, "0x80041d1f")


def test_secured_columns_read_empty_or_masked_and_refuse_writes(sim: DataverseSimulator) -> None:
    path, seller = f"{ROW}?$select=new_secret", {"callerobjectid": seed.SELLER_OID}
    assert code(patch(sim, {"new_secret": "x"})) == (403, "0x8004f507"), "whoever it is needs a profile"
    sim.world.security.secure(seed.APPLICATION, "opportunity", "new_secret", "read", "update")
    assert changed(sim, {"new_secret": "123-45-5353"}) == {"new_secret": "123-45-5353"}
    assert get(sim, path, **seller)["new_secret"] is None
    sim.switches.masks_secured = True
    assert "***" in get(sim, path, **seller)["new_secret"]
    assert code(patch(sim, {"name": "x", "new_secret": "x"}, **seller)) == (403, "0x8004f507")
    row = get(sim, f"{ROW}?$select=name,new_secret")
    assert (row["name"], row["new_secret"]) == ("Frame agreement", "123-45-5353")


def access(sim: DataverseSimulator, user: str, target: str = ROW) -> Response:
    function = "Microsoft.Dynamics.CRM.RetrievePrincipalAccess(Target=@t)"
    return call(sim, "GET", f"systemusers({user})/{function}?@t={quote(json.dumps({'@odata.id': target}))}")


def test_a_users_rights_to_a_record_can_be_asked_for(sim: DataverseSimulator) -> None:
    def rights(user: str) -> str:
        return str(json.loads(access(sim, user).body)["AccessRights"])

    everything = "ReadAccess, WriteAccess, AppendAccess, AppendToAccess, CreateAccess, DeleteAccess, ShareAccess"
    everything += ", AssignAccess"
    assert rights(seed.SELLER) == everything
    assert (rights(seed.READER), rights(seed.STRANGER)) == ("ReadAccess", "None")
    sim.people.put_out_of_reach(seed.SELLER, seed.OPPORTUNITY)
    assert rights(seed.SELLER) == "None"
    sim.people.take_right(seed.COLLEAGUE, "WriteAccess")
    assert rights(seed.COLLEAGUE) == everything.replace("WriteAccess, ", "")
    sim.people.give_rights()
    assert rights(seed.COLLEAGUE) == everything
    assert code(access(sim, seed.SELLER, MISSING)) == (404, "0x80040217")


# --- faults ---


def test_throttling_says_when_to_come_back(sim: DataverseSimulator) -> None:
    sim.faults.add(Fault("rate_limited", headers={"Retry-After": "17"}))
    answer = patch(sim, {"name": "x"})
    assert code(answer) == (429, "0x80072322") and answer.headers["Retry-After"] == "17"
    assert get(sim, f"{ROW}?$select=name")["name"] == "Frame agreement"


@pytest.mark.parametrize("after", [False, True])
def test_a_connection_may_drop_before_or_after_the_write(sim: DataverseSimulator, after: bool) -> None:
    sim.faults.add(Fault("drop", method="PATCH", path="/opportunities*", after_commit=after))
    session = requests.Session()
    session.mount(URL, InProcess(sim))
    with pytest.raises(requests.ConnectionError):
        session.patch(f"{URL}/api/data/v9.2/{ROW}", json={"name": "x"}, headers={"Authorization": "Bearer t"})
    assert get(sim, f"{ROW}?$select=name")["name"] == ("x" if after else "Frame agreement")


# --- metadata ---

TABLE = "EntityDefinitions(LogicalName='opportunity')"


def casts(sim: DataverseSimulator, kind: str, more: str = "") -> dict[str, Any]:
    found = get(sim, f"{TABLE}/Attributes/Microsoft.Dynamics.CRM.{kind}AttributeMetadata{more}")
    return {one["LogicalName"]: one for one in found["value"]}


def test_tables_and_columns_have_the_documented_shapes(sim: DataverseSimulator) -> None:
    table = get(sim, f"{TABLE}?$select=EntitySetName,PrimaryIdAttribute,PrimaryNameAttribute,DisplayName")
    assert (table["EntitySetName"], table["PrimaryIdAttribute"]) == ("opportunities", "opportunityid")
    assert "LogicalName" not in table, "only what is selected"
    names = {one["LogicalName"] for one in get(sim, "EntityDefinitions?$select=LogicalName")["value"]}
    assert {"opportunity", "quote", "account", "contact", "systemuser"} <= names
    columns = {one["LogicalName"]: one for one in get(sim, f"{TABLE}/Attributes")["value"]}
    assert columns["estimatedvalue"]["AttributeTypeName"] == {"Value": "MoneyType"}
    assert columns["new_interests"]["AttributeType"] == "Virtual"
    assert columns["estimatedvalue_base"]["AttributeOf"] == "estimatedvalue"
    assert columns["new_calculated"]["SourceType"] == 1 and not columns["new_calculated"]["IsValidForUpdate"]
    assert columns["new_secret"]["IsSecured"] and columns["opportunityid"]["IsPrimaryId"]


def test_a_cast_brings_what_its_type_adds_for_its_columns_only(sim: DataverseSimulator) -> None:
    assert casts(sim, "String")["name"]["MaxLength"] == 300
    assert set(casts(sim, "Money")) == {"estimatedvalue", "estimatedvalue_base"}
    money = casts(sim, "Money", "?$select=LogicalName,Precision,PrecisionSource")["estimatedvalue"]
    assert money.pop("MetadataId"), "it comes unasked"
    assert money == {"LogicalName": "estimatedvalue", "Precision": 4, "PrecisionSource": 2}
    date = casts(sim, "DateTime")["estimatedclosedate"]
    assert (date["Format"], date["DateTimeBehavior"]) == ("DateOnly", {"Value": "DateOnly"})
    assert casts(sim, "Lookup")["customerid"]["Targets"] == ["account", "contact"]


@pytest.mark.parametrize(("kind", "column", "labels"), [
    ("Picklist", "new_stage", {("Draft", 1033), ("Utkast", 1053)}),
    ("MultiSelectPicklist", "new_interests", {("Hiking", 1033), ("Vandring", 1053)}),
    ("State", "statecode", {("Open", 1033), ("Öppen", 1053)}),
])  # fmt: skip
def test_options_come_with_their_labels_in_each_language(
    sim: DataverseSimulator, kind: str, column: str, labels: set[tuple[str, int]]
) -> None:
    found = casts(sim, kind, "?$select=LogicalName&$expand=OptionSet($select=Options)")[column]
    first = found["OptionSet"]["Options"][0]
    assert {(one["Label"], one["LanguageCode"]) for one in first["Label"]["LocalizedLabels"]} == labels
    assert isinstance(first["Value"], int)


def test_references_name_their_navigation_for_each_target(sim: DataverseSimulator) -> None:
    rows = get(sim, f"{TABLE}/ManyToOneRelationships")["value"]
    customers = {
        one["ReferencedEntity"]: one["ReferencingEntityNavigationPropertyName"]
        for one in rows
        if one["ReferencingAttribute"] == "customerid"
    }
    assert customers == {"account": "customerid_account", "contact": "customerid_contact"}
    partner = next(one for one in rows if one["ReferencingAttribute"] == "new_partnerid")
    assert partner["ReferencingEntityNavigationPropertyName"] == "new_PartnerId"


def test_what_lookups_point_at_comes_in_the_same_answer(sim: DataverseSimulator) -> None:
    patch(sim, {"new_partnerid": None})
    query = "$select=name&$expand=parentaccountid($select=name,accountnumber),new_PartnerId($select=name)"
    row = get(sim, f"{ROW}?{query}")
    assert row["parentaccountid"] == {"accountid": seed.ACCOUNT, "name": "Nordlys AS", "accountnumber": "A-1"}
    assert row["new_PartnerId"] is None, "an empty lookup"
    customer = get(sim, f"{ROW}?$select=name&$expand=customerid_account($select=name),customerid_contact")
    assert customer["customerid_account"]["name"] == "Nordlys AS" and customer["customerid_contact"] is None


@pytest.mark.parametrize("expand", ["new_partnerid", "customerid", "parentaccountid($select=Name)", "parentaccountid("])
def test_an_expansion_by_a_wrong_name_fails_the_whole_request(sim: DataverseSimulator, expand: str) -> None:
    assert call(sim, "GET", f"{ROW}?$select=name&$expand={expand}").status == 400


def test_at_most_fifteen_expansions_in_one_request(sim: DataverseSimulator) -> None:
    once = "parentaccountid($select=name)"
    assert call(sim, "GET", f"{ROW}?$expand={','.join([once] * 15)}").status == 200
    assert call(sim, "GET", f"{ROW}?$expand={','.join([once] * 16)}").status == 400


def test_the_answer_to_a_write_expands_nothing(sim: DataverseSimulator) -> None:
    path = f"{ROW}?$select=name&$expand=parentaccountid($select=name)"
    answer = call(sim, "PATCH", path, {"name": "Other"}, if_match="*", prefer=BACK)
    assert answer.status == 200 and "parentaccountid" not in json.loads(answer.body)


@pytest.mark.parametrize(("refuses", "status"), [(False, 200), (True, 403)])
def test_a_related_record_that_may_not_be_read_is_null_or_refused(
    sim: DataverseSimulator, refuses: bool, status: int
) -> None:
    sim.switches.refuses_unreadable_expand = refuses
    sim.people.put_out_of_reach(seed.SELLER, seed.ACCOUNT)
    path = f"{ROW}?$select=_parentaccountid_value&$expand=parentaccountid($select=name)"
    answer = call(sim, "GET", path, callerobjectid=seed.SELLER_OID)
    assert answer.status == status
    if not refuses:
        row = json.loads(answer.body)
        assert row["_parentaccountid_value"] == seed.ACCOUNT and row["parentaccountid"] is None


# --- events ---

CONTRACTS = "http://schemas.microsoft.com/xrm/2011/Contracts"
# The fact sheet's sample of an Update (4.3).
SAMPLE = r"""
{"BusinessUnitId":"e2b9dd85-e89e-e711-8122-000d3aa2331c","CorrelationId":"b374239d-4233-41a9-8b17-a86cb4f737b5",
 "Depth":1,"InitiatingUserAgent":"",
 "InitiatingUserAzureActiveDirectoryObjectId":"3d280606-3712-4759-b6b9-7302f8d1a3b0",
 "InitiatingUserId":"75c2dd85-e89e-e711-8122-000d3aa2331c",
 "InputParameters":[{"key":"Target","value":{
  "__type":"Entity:http://schemas.microsoft.com/xrm/2011/Contracts","Attributes":[
   {"key":"new_name","value":"Frame agreement 2026"},
   {"key":"new_stage","value":{"__type":"OptionSetValue:http://schemas.microsoft.com/xrm/2011/Contracts",
    "Value":100000001}},
   {"key":"new_amount","value":{"__type":"Money:http://schemas.microsoft.com/xrm/2011/Contracts","Value":20000}},
   {"key":"new_customerid","value":{"__type":"EntityReference:http://schemas.microsoft.com/xrm/2011/Contracts",
    "Id":"70bf4d48-34cb-ed11-b596-0022481d68cd","KeyAttributes":[],"LogicalName":"account","Name":null,
    "RowVersion":null}},
   {"key":"new_description","value":null},
   {"key":"new_agreementid","value":"78914942-34cb-ed11-b596-0022481d68cd"},
   {"key":"modifiedon","value":"\/Date(1775600000000)\/"}],
  "EntityState":null,"FormattedValues":[],"Id":"78914942-34cb-ed11-b596-0022481d68cd","KeyAttributes":[],
  "LogicalName":"new_agreement","RelatedEntities":[],"RowVersion":null}}],
 "IsExecutingOffline":false,"IsInTransaction":false,"IsOfflinePlayback":false,"IsolationMode":1,
 "MessageName":"Update","Mode":1,"OperationCreatedOn":"\/Date(1775600001000)\/",
 "OperationId":"4af10637-4ea2-e711-8122-000d3aa2331c","OrganizationId":"4ef5b371-e89e-e711-8122-000d3aa2331c",
 "OrganizationName":"unq4ef5b371e89ee7118122000d3aa23","OutputParameters":[],
 "OwningExtension":{"Id":"75417616-4ea2-e711-8122-000d3aa2331c","KeyAttributes":[],
  "LogicalName":"sdkmessageprocessingstep","Name":"Oneflow sync: Update of new_agreement","RowVersion":null},
 "ParentContext":null,"PostEntityImages":[],"PreEntityImages":[],
 "PrimaryEntityId":"78914942-34cb-ed11-b596-0022481d68cd","PrimaryEntityName":"new_agreement","RequestId":null,
 "SecondaryEntityName":"none","SharedVariables":[{"key":"tag","value":"oneflow-sync:9f1c"}],"Stage":40,
 "UserAzureActiveDirectoryObjectId":"3d280606-3712-4759-b6b9-7302f8d1a3b0",
 "UserId":"75c2dd85-e89e-e711-8122-000d3aa2331c"}
"""
TAG = "oneflow-sync:9f1c"


def shape(value: Any) -> Any:
    """What kind of value is where; types and names that code looks for stay as they are."""
    if isinstance(value, dict):
        return {key: each if key == "__type" else shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return "number"
    for kind, pattern in (("date", r"/Date\(-?\d+\)/"), ("id", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")):
        if re.fullmatch(pattern, value):
            return kind
    return "text"


def change(message: str = "Update", columns: dict[str, Any] | None = None, tag: str | None = None) -> Change:
    return Change(message, "opportunity", seed.OPPORTUNITY, columns or {}, seed.SELLER, tag)


def target_of(body: bytes) -> Any:
    (parameter,) = json.loads(body)["InputParameters"]
    assert parameter["key"] == "Target"
    return parameter["value"]


def test_an_updates_body_has_the_samples_shape(sim: DataverseSimulator) -> None:
    columns = {
        "name": "New", "new_stage": 100000001, "estimatedvalue": 20000,
        "parentaccountid": ("account", seed.ACCOUNT), "description": None,
    }  # fmt: skip
    body, headers = sim.events.request(change(columns=columns, tag=TAG))
    context, sample = json.loads(body), json.loads(SAMPLE)
    assert shape(context) == shape(sample)
    assert context["SharedVariables"] == sample["SharedVariables"], "there is the tag"
    same = ("MessageName", "Mode", "Stage", "Depth", "IsolationMode", "SecondaryEntityName")
    assert {name: context[name] for name in same} == {name: sample[name] for name in same}
    assert (context["PrimaryEntityName"], context["PrimaryEntityId"]) == ("opportunity", seed.OPPORTUNITY)
    assert (context["UserId"], context["InitiatingUserId"]) == (seed.SELLER, seed.SELLER)
    assert context["InitiatingUserAzureActiveDirectoryObjectId"] == seed.SELLER_OID
    assert headers.pop("x-ms-correlation-request-id")
    assert headers == {
        "Content-Type": "application/json",
        "x-ms-dynamics-organization": "contoso.crm4.dynamics.com",
        "x-ms-dynamics-entity-name": "opportunity",
        "x-ms-dynamics-request-name": "Update",
    }


def test_a_targets_values_are_encoded_as_dotnet_does(sim: DataverseSimulator) -> None:
    columns = {
        "new_priority": True, "new_count": 321, "new_rate": "10.12", "new_interests": "1,3",
        "estimatedclosedate": "2026-03-12", "new_starttime": "2026-03-12T12:00:00+02:00",
    }  # fmt: skip
    body, _ = sim.events.request(change(columns=columns))
    values = {one["key"]: one["value"] for one in target_of(body)["Attributes"]}
    assert (values["new_priority"], values["new_count"]) == (True, 321)
    assert values["new_interests"] == [
        {"__type": f"OptionSetValue:{CONTRACTS}", "Value": 1}, {"__type": f"OptionSetValue:{CONTRACTS}", "Value": 3},
    ]  # fmt: skip
    midnight = int(datetime(2026, 3, 12, tzinfo=UTC).timestamp() * 1000)
    assert values["estimatedclosedate"] == f"/Date({midnight})/"
    assert values["new_starttime"] == f"/Date({midnight + 10 * 3600 * 1000})/"


def test_slashes_of_dates_come_escaped(sim: DataverseSimulator) -> None:
    body, _ = sim.events.request(change(columns={"name": "a/b"}))
    assert re.search(rb'"OperationCreatedOn": ?"\\/Date\(\d+\)\\/"', body)
    assert re.search(rb'"modifiedon", ?"value": ?"\\/Date\(\d+\)\\/"', body)
    sim.switches.operation_created_offset = True
    body, _ = sim.events.request(change())
    assert re.search(rb'"OperationCreatedOn": ?"\\/Date\(\d+-0700\)\\/"', body)


def test_without_a_tag_there_is_no_variable(sim: DataverseSimulator) -> None:
    assert json.loads(sim.events.request(change())[0])["SharedVariables"] == []


def test_a_deletes_target_is_a_reference(sim: DataverseSimulator) -> None:
    body, headers = sim.events.request(change("Delete"))
    assert target_of(body) == {
        "__type": f"EntityReference:{CONTRACTS}", "Id": seed.OPPORTUNITY, "KeyAttributes": [],
        "LogicalName": "opportunity", "Name": None, "RowVersion": None,
    }  # fmt: skip
    assert headers["x-ms-dynamics-request-name"] == "Delete"
    assert set(json.loads(body)) == set(json.loads(SAMPLE))


def test_a_large_body_is_stripped_and_says_so(sim: DataverseSimulator) -> None:
    whole, headers = sim.events.request(change(columns={"description": "x" * 1000}, tag=TAG))
    assert "x-ms-dynamics-msg-size-exceeded" not in headers
    sim.switches.strip_above = len(whole) - 1
    body, headers = sim.events.request(change(columns={"description": "x" * 1000}, tag=TAG))
    assert headers["x-ms-dynamics-msg-size-exceeded"]
    context = json.loads(body)
    gone = {"ParentContext", "InputParameters", "PreEntityImages", "PostEntityImages"}
    assert set(json.loads(SAMPLE)) - set(context) == gone
    assert context["PrimaryEntityId"] == seed.OPPORTUNITY and context["SharedVariables"][0]["value"] == TAG


class Endpoint:
    """Where events go: answers with the first status once, then with 202."""

    def __init__(self, first: int = 202) -> None:
        self.first = first
        self.bodies: list[dict[str, Any]] = []
        self.urls: list[str] = []
        self.sim = entitled(DataverseSimulator(send=self))
        self.sim.events.steps = [
            Step("http://127.0.0.1/update", "Update", "opportunity", frozenset({"name", "statecode"})),
            Step("http://127.0.0.1/delete", "Delete", "opportunity"),
        ]

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        self.bodies.append(json.loads(body))
        self.urls.append(url)
        return self.first if len(self.bodies) == 1 else 202

    def wait(self) -> None:
        until(self.sim.events.idle, "all events are sent")


@pytest.fixture
def endpoint(request: pytest.FixtureRequest) -> Iterator[Endpoint]:
    endpoint = Endpoint(getattr(request, "param", 202))
    yield endpoint
    endpoint.sim.close()


def test_a_filtering_column_counts_when_it_is_in_the_payload_whatever_its_value(endpoint: Endpoint) -> None:
    patch(endpoint.sim, {"description": "no filtering column"})
    endpoint.wait()
    assert not endpoint.bodies
    patch(endpoint.sim, {"name": "Frame agreement"})
    endpoint.wait()
    assert len(endpoint.bodies) == 1, "the same value counts too"


def test_what_an_update_ignores_is_in_no_event(endpoint: Endpoint) -> None:
    patch(endpoint.sim, {"name": "x", "new_calculated": "no", "modifiedon": "2020-01-01T00:00:00Z"})
    endpoint.wait()
    target = endpoint.bodies[0]["InputParameters"][0]["value"]
    assert [one["key"] for one in target["Attributes"]] == ["name", "opportunityid", "modifiedon"]


def test_a_step_hears_of_its_message_and_its_table_only(endpoint: Endpoint) -> None:
    endpoint.sim.people.set_columns("quote", seed.QUOTE, {"name": "x"})
    endpoint.sim.people.delete("opportunity", seed.OPPORTUNITY)
    endpoint.wait()
    assert endpoint.urls == ["http://127.0.0.1/delete"]
    assert endpoint.bodies[0]["UserId"] == seed.COLLEAGUE


def test_a_write_of_ours_comes_back_with_its_tag(endpoint: Endpoint) -> None:
    call(endpoint.sim, "PATCH", f"{ROW}?tag={quote(TAG)}", {"name": "x"}, callerobjectid=seed.SELLER_OID)
    endpoint.wait()
    (body,) = endpoint.bodies
    assert body["SharedVariables"] == [{"key": "tag", "value": TAG}] and body["UserId"] == seed.SELLER
    endpoint.sim.switches.echo_events = False
    call(endpoint.sim, "PATCH", f"{ROW}?tag={quote(TAG)}", {"name": "y"})
    endpoint.wait()
    assert len(endpoint.bodies) == 1, "unless that is switched off"


def test_a_refused_write_is_no_event(endpoint: Endpoint) -> None:
    patch(endpoint.sim, {"name": "x" * 301})
    patch(endpoint.sim, {"name": "x"}, if_match='W/"1"')
    endpoint.wait()
    assert not endpoint.bodies


def test_an_event_may_come_more_than_once_as_the_same_operation(endpoint: Endpoint) -> None:
    endpoint.sim.switches.event_copies = 3
    patch(endpoint.sim, {"name": "x"})
    endpoint.wait()
    assert len(endpoint.bodies) == 3 and len({one["OperationId"] for one in endpoint.bodies}) == 1


@pytest.mark.parametrize(("endpoint", "attempts"), [
    (200, 1), (202, 1), (0, 1), (400, 1), (401, 1), (429, 1), (500, 1), (502, 2), (503, 2), (504, 2),
], indirect=["endpoint"])  # fmt: skip
def test_only_a_gateways_failure_is_sent_once_more(endpoint: Endpoint, attempts: int) -> None:
    patch(endpoint.sim, {"name": "x"})
    endpoint.wait()
    assert len(endpoint.bodies) == attempts
    assert len({one["OperationId"] for one in endpoint.bodies}) == 1, "the same operation"
    assert endpoint.sim.events.statuses == [202 if attempts == 2 else endpoint.first]


def test_there_is_no_third_attempt() -> None:
    sent: list[str] = []

    def send(url: str, body: bytes, headers: dict[str, str]) -> int:
        sent.append(url)
        return 503

    sim = entitled(DataverseSimulator(send=send))
    sim.events.steps = [Step("http://127.0.0.1/hook", "Update", "opportunity")]
    patch(sim, {"name": "x"})
    until(sim.events.idle, "it is given up")
    assert len(sent) == 2 and sim.events.statuses == [503]
    sim.close()


# --- its file ---


def again(path: Path) -> DataverseSimulator:
    """A simulator that starts with the file."""
    sim = DataverseSimulator()
    Store(sim, path).close()
    return sim


def test_rows_versions_and_steps_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    first = entitled(DataverseSimulator(send=lambda *_: 202))
    first.events.steps = [Step("http://127.0.0.1/hook", "Update", "opportunity", frozenset({"name"}))]
    store = Store(first, path)
    columns = {"name": "Kept", "estimatedvalue": "12.50", "new_interests": "1,3", "estimatedclosedate": "2026-03-12"}
    first.people.set_columns("opportunity", seed.OPPORTUNITY, columns)
    new = first.people.new("opportunity", {"name": "Another"})
    store.close()
    second = again(path)
    assert second.people.columns("opportunity", seed.OPPORTUNITY) == first.people.columns(
        "opportunity", seed.OPPORTUNITY
    )
    assert second.people.columns("opportunity", seed.OPPORTUNITY)["estimatedvalue"] == "12.5000"
    assert second.people.columns("opportunity", new)["parentaccountid"] == ("account", seed.ACCOUNT)
    assert get(second, ROW) == get(first, ROW), "with its version, its time and its writer"
    assert second.events.steps == first.events.steps
    patch(second, {"name": "x"})
    assert second.world.version > first.world.version, "versions go on"


def test_a_deletion_survives_a_restart_too(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    first = entitled(DataverseSimulator())
    store = Store(first, path)
    store.save()
    first.people.delete("opportunity", seed.OPPORTUNITY)
    store.close()
    assert call(again(path), "GET", ROW).status == 404


def test_changes_are_saved_while_it_runs(tmp_path: Path) -> None:
    """As before a kill."""
    path = tmp_path / "rows.json"
    first = DataverseSimulator()
    store = Store(first, path, every=0.01)
    first.people.set_columns("opportunity", seed.OPPORTUNITY, {"name": "Kept"})
    until(lambda: path.exists() and "Kept" in path.read_text(), "it is saved")
    store.close()


# --- what a person can do with curl ---


def control(sim: DataverseSimulator, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    content = b"" if body is None else json.dumps(body).encode()
    answer = sim(Request.of(method, f"http://127.0.0.1/_sandbox{path}", {}, content))
    return answer.status, json.loads(answer.body)


RECORD = f"/records/opportunity/{seed.OPPORTUNITY}"


def test_a_person_edits_a_record_as_a_colleague(sim: DataverseSimulator) -> None:
    status, columns = control(sim, "POST", RECORD, {"name": "By hand", "estimatedvalue": "12.5"})
    assert status == 200 and (columns["name"], columns["estimatedvalue"]) == ("By hand", "12.5000")
    assert control(sim, "GET", RECORD)[1]["name"] == "By hand"
    assert get(sim, f"{ROW}?$select=_modifiedby_value")["_modifiedby_value"] == seed.COLLEAGUE
    assert control(sim, "DELETE", RECORD) == (200, {})
    assert seed.OPPORTUNITY not in control(sim, "GET", "/records")[1]["opportunity"]


@pytest.mark.parametrize(("method", "path", "body", "status"), [
    ("POST", RECORD, {"no_such": 1}, 400), ("POST", RECORD, {"new_stage": 5}, 400),
    ("GET", f"/records/opportunity/{NOBODY}", None, 404), ("GET", f"/records/nothing/{NOBODY}", None, 404),
    ("GET", "/nothing", None, 404), ("POST", "/faults", {"kind": "nothing"}, 400), ("POST", "/faults", {"x": 1}, 400),
    ("PUT", "/switches", {"nothing": 1}, 400),
])  # fmt: skip
def test_a_slip_is_answered_not_obeyed(sim: DataverseSimulator, method: str, path: str, body: Any, status: int) -> None:
    before = sim.world.version
    answer, content = control(sim, method, path, body)
    assert answer == status and content["error"]
    assert sim.world.version == before


def test_a_person_orders_faults_and_turns_switches(sim: DataverseSimulator) -> None:
    assert control(sim, "POST", "/faults", {"kind": "status", "status": 503, "times": 2})[1][0]["kind"] == "status"
    assert call(sim, "GET", ROW).status == 503
    assert control(sim, "DELETE", "/faults") == (200, [])
    assert call(sim, "GET", ROW).status == 200
    assert control(sim, "PUT", "/switches", {"page_size": 2})[1]["page_size"] == 2
    assert sim.switches.page_size == 2


def test_a_person_sees_what_was_asked(sim: DataverseSimulator) -> None:
    call(sim, "GET", MISSING)
    assert control(sim, "GET", "/requests")[1] == [{"method": "GET", "path": f"/{MISSING}", "status": 404}]
    status, help_ = control(sim, "GET", "")
    assert status == 200 and "faults" in help_
