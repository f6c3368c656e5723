"""OData as Dataverse documents it: what it takes works, and what it does not, or not here, is refused by name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.dataverse import DataverseSimulator, seed
from sandbox.dataverse.schema import Attribute
from sandbox.role import give_whole_role
from sandbox.wire import Request, Response

URL = "https://contoso.crm4.dynamics.com"
ROW = f"opportunities({seed.OPPORTUNITY})"
ACCOUNT = f"accounts({seed.ACCOUNT})"
OF_ACCOUNT = {"@odata.type": "Microsoft.Dynamics.CRM.account"}
NOBODY = "0bb00000-0000-4000-8000-00000000dead"
TABLE = "EntityDefinitions(LogicalName='opportunity')"
BACK = "return=representation"
ALL = 'odata.include-annotations="*"'


@pytest.fixture
def sim() -> Iterator[DataverseSimulator]:
    with_keys = made()
    yield with_keys
    with_keys.close()


def made() -> DataverseSimulator:
    """Accounts have an alternate key of one column, and one of two; the application may do what a seller may."""
    sim = DataverseSimulator(send=lambda *_: 202)
    keys = {"new_number": ("accountnumber",), "new_pair": ("accountnumber", "name")}
    sim.world.tables["account"] = replace(sim.world.tables["account"], keys=keys)
    give_whole_role(sim.world)
    sim.world.security.assign(seed.APPLICATION, seed.SALESPERSON)
    return sim


def call(sim: DataverseSimulator, method: str, path: str, body: Any = None, **headers: str) -> Response:
    """A header's `_` is a `-`."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    if not isinstance(body, bytes):
        body = b"" if body is None else json.dumps(body).encode()
    return sim(Request.of(method, f"{URL}/api/data/v9.2/{path}", {"Authorization": "Bearer t", **names}, body))


def get(sim: DataverseSimulator, path: str, **headers: str) -> Any:
    answer = call(sim, "GET", path, **headers)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def names(sim: DataverseSimulator, query: str) -> list[str]:
    return [row["name"] for row in get(sim, f"accounts?$select=name&{query}")["value"]]


def filtered(sim: DataverseSimulator, condition: str) -> list[str]:
    return names(sim, f"$filter={quote(condition)}")


def error(answer: Response) -> tuple[int, str, str]:
    said = json.loads(answer.body)["error"]
    return answer.status, said["code"], said["message"]


def several(sim: DataverseSimulator) -> None:
    for number, name in enumerate(("Alfa", "beta", "Gamma")):
        sim.people.new("account", {"name": name, "accountnumber": f"N-{number}", "description": "x" * number})


# --- refused by name ---


@pytest.mark.parametrize(("path", "status", "named"), [
    ("accounts?$apply=aggregate(accountid with countdistinct as n)", 501, "$apply"),
    ("accounts?fetchXml=%3Cfetch/%3E", 501, "fetchXml"), ("accounts?savedQuery=x", 501, "savedQuery"),
    ("accounts?sql=SELECT 1", 501, "sql"), ("accounts?$deltatoken=1", 501, "$deltatoken"),
    ("accounts?$skip=5", 400, "Skip Clause"), ("accounts?$search=x", 400, "$search"),
    ("accounts?$Select=name", 400, "$Select"), ("accounts?select=name", 400, "select"),
    ("accounts?$select=name&$select=name", 400, "$select"), ("accounts?tag=x", 400, "tag"),
    ("accounts?@p1=5", 501, "@p1"), ("accounts?$filter=name eq @p1&@p1='x'", 501, "@p1"),
    ("accounts?$top=abc", 400, "$top"), ("accounts?$top=-1", 400, "$top"), ("accounts?$top=", 400, "$top"),
    ("accounts?$count=yes", 400, "$count"), ("accounts?$skiptoken=x", 400, "$skiptoken"),
    ("accounts?$orderby=nothing", 400, "nothing"), ("accounts?$orderby=name up", 400, "$orderby"),
    ("accounts?$select=name,", 400, "$select"), ("accounts?$select=", 400, "$select"),
    ("accounts/$count?$select=name", 400, "$select"), ("accounts/$count?$top=5", 400, "$top"),
    (f"{ACCOUNT}?$filter=name eq 'x'", 400, "$filter"), (f"{ACCOUNT}?$top=1", 400, "$top"),
    (f"{ACCOUNT}?$count=true", 400, "$count"), ("WhoAmI?$select=UserId", 400, "$select"),
    (f"{ACCOUNT}/name?$select=name", 400, "$select"), (f"{ACCOUNT}/name/$value", 501, "$value"),
    ("accounts?$expand=nothing", 400, "nothing"), ("accounts?$expand=parentaccountid($levels=2)", 501, "$levels"),
    (f"{ROW}?$expand=parentaccountid($expand=ownerid)", 501, "$expand inside"),
    (f"{ROW}?$expand=parentaccountid($top=1)", 501, "parentaccountid"),
    (f"{ROW}?$expand=parentaccountid($nonsense=1)", 400, "$nonsense"),
    (f"{ROW}?$expand=parentaccountid($select)", 400, "$expand"),
    ("$metadata", 501, "$metadata"), ("RetrieveVersion()", 501, "RetrieveVersion"), ("Nothing()", 404, "Nothing"),
    (f"{ACCOUNT}/opportunity_parent_account/$ref", 501, "opportunity_parent_account"),
    ("accounts()", 404, "accounts()"), ("accounts/name", 404, "name"), ("accounts(nothing='x')", 400, "key"),
    ("accounts(accountnumber='x' name='y')", 400, "key"), (f"{ROW}/parentaccountid/name", 501, "parentaccountid"),
    ("accounts/Microsoft.Dynamics.CRM.CreateMultiple", 405, "GET"),
    ("accounts?$orderby=opportunity_parent_account/name", 501, "opportunity_parent_account"),
    (f"systemusers({seed.SELLER})/systemuserprofiles_association?$expand=nothing", 400, "nothing"),
    (f"systemusers({seed.SELLER})/systemuserroles_association?$filter=name eq 'x'", 400, "$filter"),
    (f"systemusers({seed.SELLER})/systemuserroles_association?$select=nothing", 400, "nothing"),
    (f"systemusers({seed.SELLER})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()?$select=x", 400, "$select"),
])  # fmt: skip
def test_a_query_that_is_not_taken_is_refused_by_name(
    sim: DataverseSimulator, path: str, status: int, named: str
) -> None:
    answer = call(sim, "GET", path)
    assert answer.status == status and named in error(answer)[2]


@pytest.mark.parametrize(("condition", "status", "named"), [
    ("name like 'x'", 400, "$filter"), ("name eq", 400, "$filter"), ("name eq 'x' and", 400, "$filter"),
    ("(name eq 'x'", 400, "$filter"), ("name eq 'x')", 400, "$filter"), ("name eq 'it''s", 400, "$filter"),
    ("nothing eq 1", 400, "nothing"), ("Name eq 'x'", 400, "Name"), ("parentaccountid eq null", 400, "parentaccountid"),
    ("name eq 5", 400, "'Edm.String' and 'Edm.Int64'"), ("name eq Nordlys", 400, "Nordlys"),
    ("statecode eq '0'", 400, "'Edm.Int32' and 'Edm.String'"), (f"accountid eq '{seed.ACCOUNT}'", 400, "Edm.Guid"),
    ("createdon ge '2026-01-01'", 400, "Edm.DateTimeOffset"), ("createdon ge 2026-13-01", 400, "2026-13-01"),
    ("contains(statecode,'0')", 400, "contains"), ("contains(name)", 400, "contains"), ("not", 400, "$filter"),
    ("tolower(name) eq 'x'", 501, "tolower"), ("length(name) gt 1", 501, "length"), ("name in ('x')", 501, "in"),
    ("Microsoft.Dynamics.CRM.Today(PropertyName='createdon')", 501, "Microsoft.Dynamics.CRM.Today"),
    ("Microsoft.Dynamics.CRM.In(PropertyName='nothing',PropertyValues=['x'])", 400, "nothing"),
    ("Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=[5])", 400, "PropertyValues"),
    ("Microsoft.Dynamics.CRM.In(PropertyValues=['x'])", 400, "PropertyName"),
    ("Microsoft.Dynamics.CRM.In(PropertyName=5,PropertyValues=['x'])", 400, "PropertyName"),
    (", eq 'x'", 400, "$filter"), ("name/5 eq 'x'", 400, "$filter"), ("'x' eq tolower(name)", 501, "tolower"),
    ("nothing/name eq 'x'", 400, "nothing"), ("opportunity_parent_account/name eq 'x'", 501, "many rows"),
    ("opportunity_parent_account/any(o:o/name eq 'x')", 501, "any"), ("(" * 5000 + "name eq 'x'", 400, "depth"),
    ("not " * 5000 + "name eq 'x'", 400, "depth"),
])  # fmt: skip
def test_a_filter_that_is_not_taken_is_refused_by_name(
    sim: DataverseSimulator, condition: str, status: int, named: str
) -> None:
    answer = call(sim, "GET", f"accounts?$filter={quote(condition)}")
    assert answer.status == status and named in error(answer)[2]


@pytest.mark.parametrize(("headers", "status", "named"), [
    ({"prefer": "odata.track-changes"}, 501, "odata.track-changes"),
    ({"prefer": "respond-async"}, 501, "respond-async"),
    ({"prefer": "handling=strict"}, 400, "handling"), ({"prefer": "return=everything"}, 400, "everything"),
    ({"prefer": "odata.maxpagesize=many"}, 400, "odata.maxpagesize"), ({"prefer": '"'}, 400, "Prefer"),
    ({"prefer": 'odata.include-annotations="Microsoft.Dynamics.CRM.globalmetadataversion"'}, 501, "globalmetadata"),
    ({"prefer": "odata.continue-on-error"}, 501, "odata.continue-on-error"),
    ({"mscrm_bypasscustompluginexecution": "true"}, 501, "mscrm"), ({"mscrm.nothing": "x"}, 501, "mscrm.nothing"),
    ({"accept": "application/xml"}, 415, "application/xml"), ({"odata_version": "3.0"}, 400, "odata-version"),
    ({"accept": "application/json;odata.metadata=full"}, 501, "odata.metadata=full"),
])  # fmt: skip
def test_a_header_that_is_not_taken_is_refused_by_name(
    sim: DataverseSimulator, headers: dict[str, str], status: int, named: str
) -> None:
    given = {name.replace("mscrm_", "mscrm."): value for name, value in headers.items()}
    answer = call(sim, "GET", "accounts?$select=name", **given)
    assert answer.status == status and named in error(answer)[2]


@pytest.mark.parametrize(("method", "path", "body", "status", "named"), [
    ("POST", "accounts?$filter=name eq 'x'", {}, 400, "$filter"),
    ("POST", "accounts?$select=nothing", {}, 400, "nothing"),
    ("PATCH", f"{ACCOUNT}?$select=nothing", {"name": "x"}, 400, "nothing"), ("PUT", ACCOUNT, {"name": "x"}, 405, "PUT"),
    ("DELETE", f"{ACCOUNT}?$select=name", None, 400, "$select"), ("DELETE", "accounts", None, 405, "DELETE"),
    ("POST", "accounts", {"@odata.type": "Microsoft.Dynamics.CRM.contact"}, 400, "Microsoft.Dynamics.CRM.contact"),
    ("POST", "accounts", {"@odata.nothing": 1}, 400, "@odata.nothing"),
    ("POST", "opportunities", {"parentaccountid": {"name": "deep"}}, 501, "Deep insert"),
    ("POST", "accounts", {"opportunity_parent_account": [{"name": "deep"}]}, 501, "Deep insert"),
    ("POST", f"{ACCOUNT}/opportunity_parent_account", {"name": "x"}, 501, "opportunity_parent_account"),
    ("PATCH", TABLE, {"DisplayName": {}}, 501, "EntityDefinitions"),
    ("POST", "CreateEntities", {}, 501, "CreateEntities"),
    ("POST", f"{ROW}/name", {"value": "x"}, 405, "POST"), ("PUT", f"{ROW}/name", {"name": "x"}, 400, "value"),
    ("PUT", f"{ROW}/_parentaccountid_value", {"value": seed.ACCOUNT}, 400, "$ref"),
    ("DELETE", f"{ROW}/_parentaccountid_value", None, 400, "$ref"),
    ("PUT", f"{ROW}/parentaccountid/$ref", {"id": "x"}, 400, "@odata.id"),
    ("POST", "accounts/Microsoft.Dynamics.CRM.CreateMultiple", {"Targets": [{"name": "x"}]}, 400, "@odata.type"),
    ("POST", "accounts/Microsoft.Dynamics.CRM.CreateMultiple", {"Rows": []}, 400, "Rows"),
    ("POST", "roles/Microsoft.Dynamics.CRM.CreateMultiple", {"Targets": [{}]}, 501, "CreateMultiple"),
    ("POST", "accounts/Microsoft.Dynamics.CRM.MergeMultiple", {}, 404, "MergeMultiple"),
    ("DELETE", "$batch", None, 405, "DELETE"), ("PUT", f"{ROW}/parentaccountid", {}, 405, "PUT"),
    ("POST", "RetrieveMetadataChanges(Query=@p1)?@p1={}", {}, 405, "POST"),
    ("PUT", f"{ACCOUNT}/opportunity_parent_account/$ref", {"@odata.id": ROW}, 405, "PUT"),
    ("POST", f"{ACCOUNT}/opportunity_parent_account/$ref", {"@odata.id": ACCOUNT}, 400, "not accounts"),
    ("POST", "accounts", {"nothing@odata.bind": f"/{ACCOUNT}"}, 400, "nothing"),
    ("POST", "opportunities", {"parentaccountid@odata.bind": "nonsense"}, 400, "parentaccountid"),
    ("POST", f"{ACCOUNT}/opportunity_parent_account/$ref", {"@odata.id": "nonsense"}, 400, "nonsense"),
    ("POST", "opportunities", {"parentaccountid@odata.bind": "/accounts(accountnumber='no')"}, 404, "key values"),
    ("POST", "accounts/Microsoft.Dynamics.CRM.CreateMultiple", {"Targets": []}, 400, "Targets"),
])  # fmt: skip
def test_a_write_that_is_not_taken_is_refused_by_name_and_writes_nothing(
    sim: DataverseSimulator, method: str, path: str, body: Any, status: int, named: str
) -> None:
    before = sim.world.version
    answer = call(sim, method, path, body)
    assert answer.status == status and named in error(answer)[2]
    assert sim.world.version == before


@pytest.mark.parametrize(("action", "item", "named"), [
    ("UpdateMultiple", {"name": "x"}, "accountid"), ("UpsertMultiple", {"@odata.id": ROW, "name": "x"}, "@odata.id"),
])  # fmt: skip
def test_an_item_that_names_no_row_undoes_the_items_before_it(
    sim: DataverseSimulator, action: str, item: dict[str, Any], named: str
) -> None:
    good = {**OF_ACCOUNT, "accountid": seed.ACCOUNT, "name": "before it"}
    answer = call(sim, "POST", f"accounts/Microsoft.Dynamics.CRM.{action}", {"Targets": [good, {**OF_ACCOUNT, **item}]})
    assert error(answer)[0] == 400 and named in error(answer)[2]
    assert get(sim, f"{ACCOUNT}?$select=name")["name"] == "Nordlys AS"


def test_a_condition_that_is_no_version_is_refused(sim: DataverseSimulator) -> None:
    answer = call(sim, "PATCH", ACCOUNT, {"name": "x"}, if_none_match='W/"1"')
    assert error(answer)[0] == 400 and "If-None-Match" in error(answer)[2]


def test_a_file_is_no_condition(sim: DataverseSimulator) -> None:
    answer = call(sim, "GET", "opportunities?$filter=new_file eq null")
    assert error(answer)[0] == 501 and "new_file" in error(answer)[2]


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"\xff", b"{}{}"])
def test_a_body_that_cannot_be_read_is_refused(sim: DataverseSimulator, body: bytes) -> None:
    assert error(call(sim, "POST", "accounts", body))[:2] == (400, "0x80048d19")


@pytest.mark.parametrize("body", [{"statuscode": 77}, {"statecode": "open"}, {"statecode": 0, "statuscode": None}])
def test_a_creation_is_checked_as_a_change_is(sim: DataverseSimulator, body: Any) -> None:
    assert call(sim, "POST", "accounts", {"name": "x", **body}).status == (204 if body.get("statecode") == 0 else 400)


def test_a_body_that_is_not_json_is_refused_by_its_type(sim: DataverseSimulator) -> None:
    assert call(sim, "POST", "accounts", b"<a/>", content_type="application/xml").status == 415
    exact = "application/json; IEEE754Compatible=true"
    assert "IEEE754" in error(call(sim, "POST", "accounts", {"name": "x"}, content_type=exact))[2]


# --- lists ---


@pytest.mark.parametrize(("condition", "found"), [
    ("not (name eq 'alfa' or name eq 'Gamma')", ["Nordlys AS", "beta"]), ("name gt 'c'", ["Nordlys AS", "Gamma"]),
    ("not contains(name,'a') or name eq 'alfa'", ["Alfa"]), ("name le 'b'", ["Alfa"]),
    ("description ne 'x'", ["Nordlys AS", "Alfa", "Gamma"]), ("endswith(name,'TA')", ["beta"]),
    ("statecode eq 0 and (startswith(name,'A') or startswith(name,'g'))", ["Alfa", "Gamma"]),
    ("'Alfa' eq name", ["Alfa"]), ("accountnumber lt null", []), ("createdon lt 1999-01-01T00:00:00+02:00", []),
    ("Microsoft.Dynamics.CRM.In(PropertyName='accountnumber',PropertyValues=['N-1','n-2'])", ["beta", "Gamma"]),
    ('Microsoft.Dynamics.CRM.NotIn(PropertyName="x",PropertyValues=[])', None),
])  # fmt: skip
def test_filters_mean_what_they_say(sim: DataverseSimulator, condition: str, found: list[str] | None) -> None:
    several(sim)
    if found is None:
        assert call(sim, "GET", f"accounts?$filter={quote(condition)}").status == 400
    else:
        assert filtered(sim, condition) == found


def test_a_filter_and_an_order_may_lead_along_a_lookup(sim: DataverseSimulator) -> None:
    several(sim)
    bound = {row.values["name"]: row.id for row in sim.world.rows["account"].values()}
    for name in ("Gamma", "Alfa"):
        call(sim, "POST", "opportunities", {"name": name, "parentaccountid@odata.bind": f"/accounts({bound[name]})"})
    listed = get(sim, "opportunities?$select=name&$filter=parentaccountid/accountnumber ge 'N-0'&"
                      "$orderby=parentaccountid/name")  # fmt: skip
    assert [row["name"] for row in listed["value"]] == ["Alfa", "Gamma"]
    by_lookup = get(sim, "opportunities?$select=name&$orderby=_parentaccountid_value desc")
    assert [row["name"] for row in by_lookup["value"]] == ["Frame agreement", "Gamma", "Alfa"], "by what people read"


def test_rows_come_in_the_order_asked_for_empty_ones_first(sim: DataverseSimulator) -> None:
    several(sim)
    assert names(sim, "$orderby=name desc") == ["Nordlys AS", "Gamma", "beta", "Alfa"]
    assert names(sim, "$orderby=description,name desc") == ["Nordlys AS", "Alfa", "beta", "Gamma"]
    assert names(sim, "$orderby=description desc,name") == ["Gamma", "beta", "Alfa", "Nordlys AS"]


def test_rows_are_counted_beside_them_or_instead(sim: DataverseSimulator) -> None:
    several(sim)
    page = get(sim, "accounts?$select=name&$count=true&$filter=contains(name,'a')", prefer="odata.maxpagesize=2")
    assert page["@odata.count"] == 4 and len(page["value"]) == 2 and "@odata.nextLink" in page
    assert "@odata.count" not in get(sim, "accounts?$select=name")
    answer = call(sim, "GET", f"accounts/$count?$filter={quote(chr(39).join(('name eq ', 'beta', '')))}")
    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (200, b"1", "text/plain")
    counted = get(sim, "accounts?$select=name&$count=true", prefer=ALL)
    assert counted["@Microsoft.Dynamics.CRM.totalrecordcount"] == 4


def test_answers_say_what_they_are_and_which_preference_was_kept(sim: DataverseSimulator) -> None:
    context = f"{URL}/api/data/v9.2/$metadata#"
    assert get(sim, f"{ACCOUNT}?$select=name")["@odata.context"] == f"{context}accounts(name)/$entity"
    assert get(sim, "accounts")["@odata.context"] == f"{context}accounts"
    expanded = get(sim, f"{ROW}?$select=name&$expand=parentaccountid($select=name)")
    assert expanded["@odata.context"] == f"{context}opportunities(name,parentaccountid(name))/$entity"
    answer = call(sim, "GET", "accounts?$select=name", prefer=f"{ALL},odata.maxpagesize=3")
    assert answer.headers["Preference-Applied"] == f"{ALL},odata.maxpagesize=3"
    assert get(sim, "")["value"][0] == {"name": "accounts", "kind": "EntitySet", "url": "accounts"}
    assert get(sim, "WhoAmI()")["UserId"] == seed.APPLICATION


def test_annotations_can_be_asked_for_by_pattern_and_left_out(sim: DataverseSimulator) -> None:
    path = f"{ROW}?$select=_parentaccountid_value"
    prefer = 'odata.include-annotations="*,-Microsoft.*"'
    row = get(sim, path, prefer=prefer)
    assert [name.partition("@")[2] for name in row if name.startswith("_parentaccountid_value@")] == [
        "OData.Community.Display.V1.FormattedValue"
    ]
    failed = call(sim, "GET", f"accounts({NOBODY})", prefer=ALL)
    assert "@Microsoft.PowerApps.CDS.InnerError.Message" in json.loads(failed.body)["error"]


# --- conditions ---


def test_what_did_not_change_is_304_unless_more_than_the_row_is_asked_for(sim: DataverseSimulator) -> None:
    version = get(sim, ACCOUNT)["@odata.etag"]
    answer = call(sim, "GET", ACCOUNT, if_none_match=version)
    assert (answer.status, answer.body) == (304, b"")
    assert call(sim, "GET", ACCOUNT, if_none_match=version, prefer=ALL).status == 200
    assert call(sim, "GET", f"{ROW}?$expand=parentaccountid", if_none_match=get(sim, ROW)["@odata.etag"]).status == 200
    sim.people.set_columns("account", seed.ACCOUNT, {"name": "Other"})
    assert call(sim, "GET", ACCOUNT, if_none_match=version).status == 200


def test_a_delete_may_be_for_one_version_only(sim: DataverseSimulator) -> None:
    version = get(sim, ROW)["@odata.etag"]
    sim.people.set_columns("opportunity", seed.OPPORTUNITY, {"name": "Other"})
    assert error(call(sim, "DELETE", ROW, if_match=version))[:2] == (412, "0x80060882")
    assert call(sim, "DELETE", ROW, if_match=get(sim, ROW)["@odata.etag"]).status == 204


@pytest.mark.parametrize("match", ["1001", '"1001"', "W/1001"])
def test_what_is_no_version_is_refused(sim: DataverseSimulator, match: str) -> None:
    assert call(sim, "PATCH", ROW, {"name": "x"}, if_match=match).status == 400


# --- writes ---


def test_a_creation_gives_its_row_back_when_asked(sim: DataverseSimulator) -> None:
    answer = call(sim, "POST", "accounts?$select=name,statecode", {"name": "Polaris AB"}, prefer=BACK)
    row = json.loads(answer.body)
    assert (answer.status, row["name"], row["statecode"]) == (201, "Polaris AB", 0)
    assert answer.headers["OData-EntityId"].endswith(f"accounts({row['accountid']})") and row["@odata.etag"]
    again = call(sim, "POST", "accounts", {"accountid": row["accountid"], "name": "the same id"})
    assert error(again)[:2] == (412, "0x80040237")


def test_a_row_may_be_made_with_an_id_of_the_clients(sim: DataverseSimulator) -> None:
    path = f"accounts({NOBODY})"
    made = call(sim, "PATCH", f"{path}?$select=name", {"name": "Upserted"}, if_none_match="*", prefer=BACK)
    assert made.status == 201 and json.loads(made.body)["name"] == "Upserted"
    assert call(sim, "PATCH", path, {"name": "x"}, if_none_match="*").status == 412
    assert call(sim, "POST", "accounts", {"accountid": "no id", "name": "x"}).status == 400


def test_rows_are_found_made_and_changed_by_alternate_keys(sim: DataverseSimulator) -> None:
    assert get(sim, "accounts(accountnumber='a-1')?$select=name")["name"] == "Nordlys AS"
    assert call(sim, "PATCH", "accounts(accountnumber='O''Neil%2F1')", {"name": "New"}).status == 204
    assert (
        get(sim, "accounts(accountnumber='O''Neil%2F1',name='New')?$select=accountnumber")["accountnumber"]
        == "O'Neil/1"
    )
    missing = call(sim, "PATCH", "accounts(accountnumber='none')", {"name": "x"}, if_match="*")
    assert error(missing)[:2] == (404, "0x80060891")
    bind = {"parentaccountid@odata.bind": "/accounts(accountnumber='A-1')", "name": "x"}
    assert call(sim, "PATCH", ROW, bind).status == 204
    taken = call(sim, "PATCH", "accounts(accountnumber='O''Neil%2F1')", {"accountnumber": "A-1"})
    assert error(taken)[:2] == (412, "0x80060892")
    assert call(sim, "DELETE", "accounts(accountnumber='O''Neil%2F1')").status == 204


@pytest.mark.parametrize(
    "key", ["name='x'", "accountnumber=5x", "accountnumber", "accountnumber='a',accountnumber='b'"]
)
def test_what_is_no_key_is_refused(sim: DataverseSimulator, key: str) -> None:
    assert call(sim, "GET", f"accounts({quote(key)})").status == 400


def test_one_column_is_read_set_and_cleared_by_its_own_address(sim: DataverseSimulator) -> None:
    assert get(sim, f"{ROW}/name")["value"] == "Frame agreement"
    assert call(sim, "PUT", f"{ROW}/description", {"value": "By itself"}).status == 204
    assert get(sim, f"{ROW}/description")["value"] == "By itself"
    assert call(sim, "DELETE", f"{ROW}/description").status == 204
    assert call(sim, "GET", f"{ROW}/description").status == 204, "an empty one has no content"


def test_lookups_are_tied_and_untied_by_references(sim: DataverseSimulator) -> None:
    other = sim.people.new("account", {"name": "Other"})
    assert get(sim, f"{ROW}/parentaccountid?$select=name")["name"] == "Nordlys AS"
    assert get(sim, f"{ROW}/parentaccountid/$ref")["@odata.id"] == f"{URL}/api/data/v9.2/{ACCOUNT}"
    reference = {"@odata.id": f"{URL}/api/data/v9.2/accounts({other})"}
    assert call(sim, "PUT", f"{ROW}/parentaccountid/$ref", reference).status == 204
    assert get(sim, f"{ROW}/parentaccountid?$select=name")["name"] == "Other"
    assert call(sim, "DELETE", f"{ROW}/parentaccountid/$ref").status == 204
    assert call(sim, "GET", f"{ROW}/parentaccountid").status == 204
    children = f"accounts({other})/opportunity_parent_account"
    assert call(sim, "POST", f"{children}/$ref", {"@odata.id": f"{URL}/api/data/v9.2/{ROW}"}).status == 204
    assert [row["name"] for row in get(sim, f"{children}?$select=name")["value"]] == ["Frame agreement"]
    assert call(sim, "GET", f"{children}/$count").body == b"1"
    assert call(sim, "DELETE", f"{children}({seed.OPPORTUNITY})/$ref").status == 204
    assert get(sim, children)["value"] == []
    wrong = call(sim, "PUT", f"{ROW}/parentaccountid/$ref", {"@odata.id": f"contacts({seed.CONTACT})"})
    assert wrong.status == 400


def test_many_rows_are_written_as_one(sim: DataverseSimulator) -> None:
    kind = {"@odata.type": "Microsoft.Dynamics.CRM.account"}
    path = "accounts/Microsoft.Dynamics.CRM."
    made = call(sim, "POST", f"{path}CreateMultiple", {"Targets": [{**kind, "name": "A"}, {**kind, "name": "B"}]})
    ids = json.loads(made.body)["Ids"]
    assert len(ids) == 2
    changed = [{**kind, "accountid": one, "description": "both"} for one in ids]
    assert call(sim, "POST", f"{path}UpdateMultiple", {"Targets": changed}).status == 204
    assert {get(sim, f"accounts({one})")["description"] for one in ids} == {"both"}
    heard: list[Any] = []
    sim.world.on_change = heard.append
    broken = [{**kind, "accountid": ids[0], "name": "lost"}, {**kind, "accountid": ids[1], "name": "x" * 161}]
    assert error(call(sim, "POST", f"{path}UpdateMultiple", {"Targets": broken}))[:2] == (400, "0x80044331")
    assert get(sim, f"accounts({ids[0]})")["name"] == "A", "all or none"
    assert heard == [], "and nobody hears of what was undone"
    upserts = [{**kind, "@odata.id": f"accounts(accountnumber='{one}')", "name": one} for one in ("A-1", "B-9")]
    assert call(sim, "POST", f"{path}UpsertMultiple", {"Targets": upserts}).status == 204
    assert get(sim, ACCOUNT)["name"] == "A-1" and get(sim, "accounts(accountnumber='B-9')")["name"] == "B-9"


@pytest.mark.parametrize(("body", "expected"), [
    ({"statecode": 1}, (1, 3)), ({"statecode": 2, "statuscode": 4}, (2, 4)), ({"statecode": 0}, (0, 1)),
    ({"statuscode": 4}, None), ({"statecode": 1, "statuscode": 4}, None), ({"statecode": 0, "statuscode": 3}, None),
])  # fmt: skip
def test_a_status_belongs_to_its_state(
    sim: DataverseSimulator, body: dict[str, int], expected: tuple[int, int] | None
) -> None:
    answer = call(sim, "PATCH", ROW, body)
    row = get(sim, f"{ROW}?$select=statecode,statuscode")
    assert (row["statecode"], row["statuscode"]) == (expected or (0, 1))
    assert answer.status == 204 if expected else error(answer)[:2] == (400, "0x80048408")


# --- batches ---


def batch(sim: DataverseSimulator, *parts: str, **headers: str) -> Response:
    lines = "".join(
        f"--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n{part}\r\n"
        for part in parts
    )
    body = f"{lines}--b--\r\n".encode()
    return call(sim, "POST", "$batch", body, **{"content_type": "multipart/mixed; boundary=b", **headers})


def test_a_batch_answers_each_of_its_requests(sim: DataverseSimulator) -> None:
    create = 'POST accounts HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{"name": "In a batch"}'
    answer = batch(sim, f"GET {ACCOUNT}?$select=name HTTP/1.1\r\n", create, "GET /api/data/v9.2/WhoAmI HTTP/1.1\r\n")
    assert answer.status == 200 and answer.body.count(b"HTTP/1.1 ") == 3
    assert b"Nordlys AS" in answer.body and b"HTTP/1.1 204 No Content" in answer.body
    assert "In a batch" in [row.values["name"] for row in sim.world.rows["account"].values()]


@pytest.mark.parametrize(("part", "said"), [
    ("nothing", "begins with its request"), ("GET $batch HTTP/1.1\r\n", "batch inside"),
    ("GET $9 HTTP/1.1\r\n", "$9"), ("GET accounts HTTP/1.1\r\nno header\r\n", "no header"),
])  # fmt: skip
def test_a_part_that_cannot_be_read_fails_the_batch(sim: DataverseSimulator, part: str, said: str) -> None:
    answer = batch(sim, part)
    assert answer.status in (400, 501) and said in error(answer)[2]


@pytest.mark.parametrize("body", [b"", b"--b\n\n--b--\n", b"--b\r\n", b"--c\r\n\r\n--c--\r\n"])
def test_a_batch_without_its_boundaries_and_line_ends_is_no_stream(sim: DataverseSimulator, body: bytes) -> None:
    answer = call(sim, "POST", "$batch", body, content_type="multipart/mixed; boundary=b")
    assert error(answer) == (400, "0x80048d19", "Stream was not readable.")


@pytest.mark.parametrize(("kind", "head", "said"), [
    ("application/json", "application/http\r\nContent-Transfer-Encoding: binary", "multipart/mixed with a boundary"),
    ("multipart/mixed; boundary=b", "application/json", "application/http or multipart/mixed"),
    ("multipart/mixed; boundary=b", "application/http", "Content-Transfer-Encoding"),
    ("multipart/mixed; boundary=b", "multipart/mixed; boundary=c", "change set"),
])  # fmt: skip
def test_a_batch_names_what_its_parts_are(sim: DataverseSimulator, kind: str, head: str, said: str) -> None:
    inner = "GET WhoAmI HTTP/1.1\r\n"
    if "boundary=c" in head:
        told = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary"
        inner = f"--c\r\n{told}\r\n\r\n{inner}\r\n--c--\r\n"
    body = f"--b\r\nContent-Type: {head}\r\n\r\n{inner}\r\n--b--\r\n".encode()
    assert said in error(call(sim, "POST", "$batch", body, content_type=kind))[2]


def test_a_batch_holds_a_thousand_requests_at_most(sim: DataverseSimulator) -> None:
    assert "at most 1000" in error(batch(sim, *["GET WhoAmI HTTP/1.1\r\n"] * 1001))[2]


# --- definitions ---

COLUMNS = {"Properties": {"PropertyNames": ["Attributes"]}}


def changes(query: Any) -> str:
    return f"RetrieveMetadataChanges(Query=@p1)?@p1={quote(json.dumps(query))}"


@pytest.mark.parametrize(("path", "status", "named"), [
    ("EntityDefinitions?$select=Nothing", 400, "Nothing"), (f"{TABLE}?$select=Nothing", 400, "Nothing"),
    (f"{TABLE}/Attributes?$select=Nothing", 400, "Nothing"),
    (f"{TABLE}/Attributes?$select=MaxLength", 400, "MaxLength"),
    (f"{TABLE}/ManyToOneRelationships?$select=Nothing", 400, "Nothing"),
    (f"{TABLE}/ManyToManyRelationships?$select=ReferencedEntity", 400, "ManyToManyRelationshipMetadata"),
    ("RelationshipDefinitions?$select=ReferencingEntity", 400, "ReferencingEntity"),
    ("EntityDefinitions?$orderby=LogicalName", 400, "$orderby"), ("EntityDefinitions?$top=1", 400, "$top"),
    ("EntityDefinitions?$count=true", 400, "$count"), ("EntityDefinitions/$count", 400, "$count"),
    ("EntityDefinitions?$filter=startswith(LogicalName,'a')", 501, "startswith"),
    ("EntityDefinitions?$filter=Nothing eq 'a'", 400, "Nothing"), ("EntityDefinitions?$expand=Nothing", 400, "Nothing"),
    (f"{TABLE}/Attributes?$expand=OptionSet", 400, "OptionSet"), (f"{TABLE}/Nothing", 404, "Nothing"),
    (f"{TABLE}/Attributes/Microsoft.Dynamics.CRM.EnumAttributeMetadata", 400, "EnumAttributeMetadata"),
    (f"{TABLE}?$filter=LogicalName eq 'x'", 400, "$filter"), ("EntityDefinitions(Nothing='x')", 400, "key"),
    (f"{TABLE}/Attributes(LogicalName='nothing')", 404, "nothing"),
    ("RetrieveMetadataChanges(Query=@p1)", 400, "Query"), ("RetrieveMetadataChanges(Query=@p1)?@p1=no", 400, "@p1"),
    ('RetrieveMetadataChanges(Query=@p1)?@p1={"LabelQuery":{}}', 501, "LabelQuery"),
    ('RetrieveMetadataChanges(Query=@p1)?@p1={"Properties":{"PropertyNames":["Nothing"]}}', 400, "Nothing"),
    ("GlobalOptionSetDefinitions/Nothing", 404, "Nothing"), ("RetrieveMetadataChanges", 404, "RetrieveMetadataChanges"),
    (f"{TABLE}?$expand=Attributes($top=1)", 501, "$top"),
    ("EntityDefinitions?$filter=DisplayName/Nothing eq 'x'", 400, "DisplayName/Nothing"),
    ("EntityDefinitions?$filter=DisplayName eq 'x'", 501, "DisplayName"),
    (changes([]), 400, "EntityQueryExpression"), (changes({"Criteria": 5}), 400, "no object"),
    (changes({"Properties": {"PropertyNames": ["LogicalName"]}, "AttributeQuery": {}}), 400, "AttributeQuery"),
    (changes({**COLUMNS, "AttributeQuery": {"Properties": {"PropertyNames": ["Nothing"]}}}), 400, "Nothing"),
    (changes({"Criteria": {"FilterOperator": "Xor"}}), 400, "Xor"),
    (changes({"Criteria": {"Conditions": [{"PropertyName": "LogicalName", "ConditionOperator": "GreaterThan"}]}}), 501,
     "GreaterThan"),
    (changes({"Criteria": {"Conditions": [{"PropertyName": "Nothing", "ConditionOperator": "Equals"}]}}), 400,
     "Nothing"),
    ("RetrieveMetadataChanges(Query=@p1,ClientVersionStamp=@p2)?@p1={}&@p2='x'", 501, "ClientVersionStamp"),
])  # fmt: skip
def test_a_request_for_definitions_that_is_not_taken_is_refused_by_name(
    sim: DataverseSimulator, path: str, status: int, named: str
) -> None:
    answer = call(sim, "GET", path)
    assert answer.status == status and named in error(answer)[2]


def test_definitions_are_found_by_id_and_by_name_and_filtered_by_members(sim: DataverseSimulator) -> None:
    table = get(sim, f"{TABLE}?$select=SchemaName,EntitySetName&$expand=Keys($select=SchemaName)")
    assert (table["SchemaName"], table["Keys"]) == ("Opportunity", [])
    assert get(sim, f"EntityDefinitions({table['MetadataId']})?$select=LogicalName")["LogicalName"] == "opportunity"
    column = get(sim, f"{TABLE}/Attributes(LogicalName='new_partnerid')?$select=SchemaName,MetadataId")
    assert column["SchemaName"] == "new_PartnerId"
    assert get(sim, f"{TABLE}/Attributes({column['MetadataId']})?$select=SchemaName")["SchemaName"] == "new_PartnerId"
    enumeration = "RequiredLevel/Value eq Microsoft.Dynamics.CRM.AttributeRequiredLevel'SystemRequired'"
    required = get(sim, f"{TABLE}/Attributes?$select=LogicalName&$filter={quote(enumeration)}")
    assert {one["LogicalName"] for one in required["value"]} == {"opportunityid", "statecode"}
    typed = f"{TABLE}/Attributes(LogicalName='new_stage')/Microsoft.Dynamics.CRM.PicklistAttributeMetadata"
    assert "OptionSet" not in get(sim, typed), "only when it is expanded"
    assert len(get(sim, f"{typed}?$expand=OptionSet($select=Options)")["OptionSet"]["Options"]) == 3
    assert len(get(sim, f"{typed}/OptionSet?$select=Options")["Options"]) == 3
    keys = get(sim, "EntityDefinitions(LogicalName='account')/Keys?$select=SchemaName,KeyAttributes")["value"]
    assert next((one["SchemaName"], one["KeyAttributes"]) for one in keys) == ("new_number", ["accountnumber"])


def test_relationships_and_global_option_sets_are_definitions_too(sim: DataverseSimulator) -> None:
    cast = "Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata"
    found = get(sim, f"RelationshipDefinitions/{cast}?$filter=ReferencingEntity eq 'contact'&$select=SchemaName")
    assert "contact_customer_accounts" in {one["SchemaName"] for one in found["value"]}
    assert get(sim, "GlobalOptionSetDefinitions")["value"] == []
    table = sim.world.tables["account"]
    shared = Attribute("new_mood", "Picklist", "Mood", options={1: ("Good", "Bra")}, shared="new_moods")
    sim.world.tables["account"] = replace(table, attributes={**table.attributes, "new_mood": shared})
    one = get(sim, "GlobalOptionSetDefinitions(Name='new_moods')/Microsoft.Dynamics.CRM.OptionSetMetadata")
    assert (one["Name"], one["IsGlobal"], one["Options"][0]["Value"]) == ("new_moods", True, 1)


def test_all_of_a_tables_columns_come_in_one_request_of_changes(sim: DataverseSimulator) -> None:
    def equals(name: str, value: str) -> dict[str, Any]:
        condition = {
            "PropertyName": name,
            "ConditionOperator": "Equals",
            "Value": {"Type": "System.String", "Value": value},
        }
        return {"FilterOperator": "And", "Conditions": [condition]}

    query = {
        "Properties": {"AllProperties": False, "PropertyNames": ["Attributes"]},
        "Criteria": equals("LogicalName", "opportunity"),
        "AttributeQuery": {"Properties": {"PropertyNames": ["MaxLength", "OptionSet"]}},
    }
    found = get(sim, f"RetrieveMetadataChanges(Query=@p1)?@p1={quote(json.dumps(query))}")
    (table,) = found["EntityMetadata"]
    columns = {one["LogicalName"]: one for one in table["Attributes"]}
    assert columns["name"]["MaxLength"] == 300 and len(columns["new_stage"]["OptionSet"]["Options"]) == 3
    assert "DisplayName" not in columns["name"] and found["ServerVersionStamp"]


# --- whatever is asked ---

WORDS = st.sampled_from([
    "accounts", "opportunities", "systemusers", "EntityDefinitions", "RelationshipDefinitions", "$batch", "$ref",
    "$count", "WhoAmI", "(", ")", "/", "'", ",", "=", "eq", "and", "not", "name", "statecode", "createdon",
    "parentaccountid", seed.ACCOUNT, "Attributes", "Microsoft.Dynamics.CRM.CreateMultiple", "Microsoft.Dynamics.CRM.In",
    "null", "5", "%00", "2026-13-45", "PropertyName", "[", "]", '"', "$1", "Query", "@p1", ";", "$select",
    "\u00e5", "roles", "webresourceset",
])  # fmt: skip
TEXTS = st.lists(WORDS | st.text(max_size=3), max_size=7).map("".join)
OPTIONS = st.sampled_from(
    ["$select", "$filter", "$orderby", "$expand", "$top", "$count", "$skiptoken", "@p1", "tag", "x"]
)
BODIES = st.one_of(
    st.binary(max_size=20),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=3),
        max_leaves=6,
    ).map(lambda content: json.dumps(content).encode()),
)
SIM = made()


@settings(max_examples=300)
@given(
    st.sampled_from(["GET", "POST", "PATCH", "PUT", "DELETE"]), TEXTS, st.dictionaries(OPTIONS, TEXTS, max_size=3),
    BODIES,
    st.sampled_from(["", "return=representation", ALL, "odata.maxpagesize=2"]),
)  # fmt: skip
def test_whatever_is_asked_is_answered(method: str, path: str, query: dict[str, str], body: bytes, prefer: str) -> None:
    """With a refusal that has a code, or with what was asked for; never with a fault of the simulator's own."""
    words = "&".join(f"{quote(name)}={quote(value)}" for name, value in query.items())
    answer = call(SIM, method, f"{quote(path, safe='/$(),=')}?{words}", body, prefer=prefer,
                  content_type="multipart/mixed; boundary=b" if path == "$batch" else "application/json")  # fmt: skip
    assert answer.status < 500 or answer.status == 501, answer.body
