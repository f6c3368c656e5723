"""Who is let in, what bodies are read, and what an error becomes."""

from __future__ import annotations

import base64
import json
import logging
from datetime import UTC, datetime
from typing import Any

import azure.functions as func
import pytest

from sync_core.engine.model.jobs import SyncJob
from sync_core.engine.model.words import ConflictPolicy, Direction
from sync_core.errors import (
    Busy,
    ConfigurationError,
    ConnectionBroken,
    Gone,
    Invalid,
    NotAllowed,
    NotAuthentic,
    RateLimited,
    Refused,
    Taken,
    Temporary,
    Unreadable,
)
from sync_core.handlers.mapping import entity_mapping, mapping_json
from sync_core.handlers.operations import OPERATIONS
from sync_core.handlers.principal import must_be_admin, principal_of
from sync_core.handlers.problems import problem_of
from sync_core.handlers.routes import PEOPLE
from sync_core.handlers.web import Call, guard_origin, json_object
from sync_core.handlers.wire import requests
from sync_core.handlers.wire.members import Body, Query
from sync_core.handlers.wire.reading import read_body, read_query
from sync_core.place import SIGNS, app_name, instance_of


def header(**claims: str) -> dict[str, str]:
    content = {"claims": [{"typ": kind, "val": value} for kind, value in claims.items()], "role_typ": "roles"}
    return {"x-ms-client-principal": base64.b64encode(json.dumps(content).encode()).decode()}


IN_AZURE = {"WEBSITE_AUTH_ENABLED": "True", "WEBSITE_INSTANCE_ID": "1"}
LOCAL = {"SYNC_LOCAL_USER": "me, Sync.Admin"}


def test_the_platforms_principal_is_believed_where_the_platform_sets_it() -> None:
    principal = principal_of(header(oid="me", roles="Sync.Admin"), IN_AZURE)
    assert (principal.object_id, principal.roles) == ("me", frozenset({"Sync.Admin"}))


@pytest.mark.parametrize("env", [{}, {"WEBSITE_AUTH_ENABLED": "False"}, {"WEBSITE_INSTANCE_ID": "1"}])
def test_a_forged_principal_is_not_believed_elsewhere(env: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        principal_of(header(oid="me", roles="Sync.Admin"), env)
    assert refused.value.status == 401


NAMELESS = [
    base64.b64encode(json.dumps({"claims": [{"typ": "oid", "val": said}]}).encode()).decode() for said in ("", "0-0")
]


@pytest.mark.parametrize(
    "text", ["", "%%%", base64.b64encode(b"[]").decode(), base64.b64encode(b'{"claims":[]}').decode(), *NAMELESS]
)
def test_an_unreadable_principal_is_nobody(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        principal_of({"x-ms-client-principal": text}, IN_AZURE)
    assert refused.value.status == 401


NOBODY = "00000000-0000-0000-0000-000000000000"
SAY_NOTHING = [
    *({"typ": "groups"}, {"val": "x"}, "text", None, 7),
    *({"typ": "oid", "val": said} for said in (None, "", "  ", NOBODY, f"{{{NOBODY}}}")),
]


@pytest.mark.parametrize("spoilt", SAY_NOTHING)
def test_a_claim_that_says_nothing_spoils_none_of_the_others(spoilt: Any) -> None:
    claims = [spoilt, {"typ": "oid", "val": "ME"}, {"typ": "roles", "val": "Sync.Admin"}, spoilt]
    text = base64.b64encode(json.dumps({"claims": claims}).encode()).decode()
    principal = principal_of({"x-ms-client-principal": text}, IN_AZURE)
    assert (principal.object_id, principal.roles) == ("ME", frozenset({"Sync.Admin"}))


def test_who_is_signed_in_has_one_spelling() -> None:
    spelled = "{0B1EC700-0000-4000-8000-000000000002}"
    assert principal_of(header(oid=spelled), IN_AZURE).object_id == spelled.strip("{}").lower()


# What an instance finds in its environment, by the plan that it runs on.
APP_SERVICE = {"WEBSITE_SITE_NAME": "func-sync", "WEBSITE_INSTANCE_ID": "8d3c"}
CONSUMPTION = {"WEBSITE_SITE_NAME": "func-sync", "CONTAINER_NAME": "4C1F-637"}
FLEX = {"WEBSITE_SITE_NAME": "func-sync", "WEBSITE_POD_NAME": "0--b7e2-pod", "WEBSITE_SKU": "FlexConsumption"}


@pytest.mark.parametrize("place", [APP_SERVICE, CONSUMPTION, FLEX, *({name: "1"} for name in SIGNS)])
def test_a_local_user_is_for_machines_outside_azure(place: dict[str, str]) -> None:
    assert principal_of({}, LOCAL).object_id == "me"
    with pytest.raises(Invalid) as refused:
        principal_of({}, LOCAL | place)
    assert refused.value.status == 401
    with pytest.raises(Invalid):
        principal_of({}, LOCAL | place | {"WEBSITE_AUTH_ENABLED": "True"})


@pytest.mark.parametrize("place", [APP_SERVICE, CONSUMPTION, FLEX])
def test_instances_are_told_apart_on_every_plan(place: dict[str, str]) -> None:
    other = {name: value if name.startswith("WEBSITE_S") else f"{value}-2" for name, value in place.items()}
    assert len({instance_of(place), instance_of(other), ""}) == 3
    assert app_name(place) == app_name(other) == "func-sync"


def test_administration_needs_the_role() -> None:
    must_be_admin(principal_of({}, LOCAL))
    with pytest.raises(Invalid) as refused:
        must_be_admin(principal_of({}, {"SYNC_LOCAL_USER": "me,Other.Role"}))
    assert refused.value.status == 403 and "Sync.Admin" in str(refused.value)


def test_settings_connection_and_dead_letters_are_for_administrators() -> None:
    admin = {name for name, _, _, needs_role in PEOPLE if needs_role}
    assert {"show_connection", "webhooks_on", "save_mapping", "read_mapping", "list_dead_letters"} <= admin
    assert not {"push_contract", "list_contracts", "create_contract", "list_history"} & admin


def request(**headers: str) -> func.HttpRequest:
    return func.HttpRequest("POST", "https://sync.example/api/x", headers=headers, body=b"{}")


@pytest.mark.parametrize(("origin", "allowed"), [
    ("https://sync.example", True), ("https://contoso.crm4.dynamics.com", True), ("https://evil.example", False),
    ("null", False), ("https://sync.example.evil.example", False), ("http://sync.example", False),
])  # fmt: skip
def test_only_our_pages_and_dynamics_may_call(origin: str, allowed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://sync.example")
    monkeypatch.setenv("DATAVERSE_URL", "https://contoso.crm4.dynamics.com")
    if allowed:
        guard_origin(request(origin=origin))
    else:
        with pytest.raises(Invalid):
            guard_origin(request(origin=origin))


@pytest.mark.parametrize(("kind", "body", "status"), [
    ("text/plain", b"{}", 415), ("", b"{}", 415), ("application/json", b"{", 400), ("application/json", b"[]", 400),
    ("application/json", b"[" * 100_000, 400), ("application/json", b" " * (1024 * 1024 + 1), 413),
    ("application/json", b"\xff", 400),
])  # fmt: skip
def test_a_body_that_is_no_json_object_is_refused(kind: str, body: bytes, status: int) -> None:
    with pytest.raises(Invalid) as refused:
        json_object(kind, body)
    assert refused.value.status == status


def test_a_charset_is_no_other_type() -> None:
    assert json_object("application/json; charset=utf-8", b'{"a": 1}') == {"a": 1}


ROW = {"dynamics_column": "name", "oneflow_field": "customer_name", "direction": "two_way"}


def test_a_mapping_goes_in_and_out_unchanged() -> None:
    content = {"entity": "quote", "fields": [ROW | {"conflict_policy": "ask"}], "auto_push": True}
    mapping = entity_mapping("quote", content)
    assert mapping.fields[0].direction is Direction.TWO_WAY
    assert mapping.policy_of(mapping.fields[0]) is ConflictPolicy.ASK
    assert entity_mapping("quote", mapping_json(mapping)) == mapping


@pytest.mark.parametrize("content", [
    {"fields": [ROW | {"direction": "both"}]}, {"fields": [ROW | {"unknown": 1}]}, {"fields": ["row"]},
    {"fields": [ROW | {"oneflow_field": " "}]}, {"fields": [ROW] * 301}, {"fields": 3}, {"auto_push": "yes"},
    {"entity": "account"}, {"more": 1}, {"conflict_policy": "newest"},
])  # fmt: skip
def test_a_wrong_mapping_says_what_is_wrong_where(content: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        entity_mapping("quote", content)
    assert refused.value.status == 422
    assert all(one["field"] and one["detail"] for one in refused.value.problems)


@pytest.mark.parametrize(("content", "place", "detail"), [
    ({"fields": [ROW, ROW | {"direction": "both"}]}, (1, "direction"), "one of sync_once, dynamics_to_oneflow, "),
    ({"fields": [ROW | {"oneflow_field": " \x1f"}]}, (0, "oneflow_field"), "a text of 1 to 255 characters"),
    ({"fields": [{}]}, (0, "dynamics_column"), "a text of 1 to 255 characters"),
    ({"fields": ["row"]}, (0, "fields"), "an object"), ({"auto_push": "yes"}, (None, "auto_push"), "true or false"),
    ({"fields": [ROW] * 301}, (None, "fields"), "a list of at most 300"),
    ({"entity": "account"}, (None, "entity"), "the table that the address names"),
    ({"fields": [ROW | {"time_zone": ""}]}, (0, "time_zone"), "the IANA name of a time zone, such as Europe/Stockholm"),
    ({"fields": [ROW | {"labels": {"yes": ["Ja"], "no": 1}}]}, (0, "labels"), 'as {"yes": ["Ja", "Yes"], "no": ["Nej"'),
    ({"fields": [ROW | {"labels": {"yes": [], "no": [], "both": []}}]}, (0, "labels"), 'as {"yes": ["Ja", "Yes"]'),
    ({"fields": [ROW | {"format": {"locale": "sv-SE", "length": "huge"}}]}, (0, "format"), "(short, medium, long)"),
    ({"fields": [ROW | {"format": {"locale": "sv-SE", "more": 1}}]}, (0, "format"), '"length"'),
    ({"fields": [ROW | {"resolve_labels": 1}]}, (0, "resolve_labels"), "true, false or the name of a key column"),
])  # fmt: skip
def test_each_wrong_member_of_a_mapping_is_told_what_it_must_be(content: Any, place: Any, detail: str) -> None:
    with pytest.raises(Invalid) as refused:
        entity_mapping("quote", content)
    found = {(one.get("row"), one["field"]): one["detail"] for one in refused.value.problems}
    assert found[place].startswith("must be ") and detail in found[place]
    assert len(found) == (3 if content == {"fields": [{}]} else 1), "nothing else is wrong, and nothing is told twice"


def test_every_option_of_a_row_goes_in_and_out_unchanged() -> None:
    row = ROW | {
        "oneflow_kind": "party",
        "conflict_policy": "dynamics_wins",
        "time_zone": "Europe/Stockholm",
        "labels": {"yes": ["Ja"], "no": ["Nej", "No"]},
        "format": {"locale": "sv-SE", "length": "short", "currency": True},
        "resolve_labels": "accountnumber",
    }
    assert row.keys() == requests.MappingRow.model_fields.keys(), "a new option is told of here too"
    assert mapping_json(entity_mapping("quote", {"fields": [row]}))["fields"] == [row]


def test_what_is_left_out_of_a_mapping_may_also_be_null() -> None:
    empty = entity_mapping("quote", {})
    assert entity_mapping("quote", dict.fromkeys(requests.EntityMapping.model_fields)) == empty
    bare = entity_mapping("quote", {"fields": [ROW]})
    assert entity_mapping("quote", {"fields": [dict.fromkeys(requests.MappingRow.model_fields) | ROW]}) == bare


def test_a_body_tells_all_its_problems_at_once() -> None:
    content = {"template_id": True, "workspace_id": 1.0, "name": "", "parties": [1], "extra": 1}
    with pytest.raises(Invalid) as refused:
        read_body(requests.NewContract, content, "The contract cannot be created.", {})
    assert str(refused.value) == "The contract cannot be created."
    assert list(refused.value.problems) == [
        {"field": "template_id", "detail": "must be a whole number"},
        {"field": "workspace_id", "detail": "must be a whole number"},
        {"field": "name", "detail": "must be a text of 1 to 130 characters"},
        {"field": "parties", "detail": "must be a list of at most 40 objects, as Oneflow's parties are"},
        {"field": "extra", "detail": "is not known here"},
    ]


BODIES = [one.body for one in OPERATIONS.values() if one.body]


@pytest.mark.parametrize("shape", BODIES, ids=[shape.__name__ for shape in BODIES])
def test_no_problem_quotes_what_was_sent(shape: type[Body]) -> None:
    for wrong in ("MARKER", ["MARKER"], {"MARKER": "MARKER"}, 10**20):
        content = dict.fromkeys(shape.model_fields, wrong) | {"extra": "MARKER"}
        with pytest.raises(Invalid) as refused:
            read_body(shape, content, "Refused.", {})
        assert "MARKER" not in json.dumps(refused.value.problems)


@pytest.mark.parametrize(("shape", "params", "text"), [
    (requests.PreviewQuery, {}, "action must be one of push, fetch, keep, undo."),
    (requests.PreviewQuery, {"action": "create"}, "action must be one of push, fetch, keep, undo."),
    (requests.NewPreviewQuery, {"template_id": "1"}, "workspace_id must be a whole number."),
    (requests.TemplatesQuery, {"workspace_id": "-1"}, "workspace_id must be a whole number."),
    (requests.FieldsQuery, {"template_type_id": "1" * 16}, "template_type_id must be a whole number."),
    (requests.LogQuery, {"contract_id": "\u0663"}, "contract_id must be a whole number."),
])  # fmt: skip
def test_a_wrong_query_is_a_bad_request_that_says_what_it_must_be(
    shape: type[Query], params: dict[str, str], text: str
) -> None:
    with pytest.raises(Invalid) as refused:
        read_query(shape, params)
    assert (refused.value.status, str(refused.value)) == (400, text)


def test_an_empty_or_unknown_query_counts_as_left_out() -> None:
    assert read_query(requests.LogQuery, {"contract_id": "", "more": "1"}) == requests.LogQuery()
    assert read_query(requests.LogQuery, {"contract_id": "7", "field": "name"}).contract_id == 7


def asked(name: str, content: Any, **headers: str) -> func.HttpResponse:
    """What the operation answers to a body where nothing behind it may be asked."""
    sent = func.HttpRequest(
        "POST",
        "https://sync.example/api/x",
        headers={"content-type": "application/json", **headers},
        body=json.dumps(content).encode(),
        route_params={"entity": "quote", "contract_id": "7"},
    )
    nothing: Any = None
    return OPERATIONS[name].run(Call(sent, nothing, nothing))


def test_a_mapping_is_not_looked_at_before_its_if_match() -> None:
    for headers, status in (({}, 428), ({"if-match": "*"}, 422)):
        with pytest.raises(Invalid) as refused:
            asked("save_mapping", {"more": 1}, **headers)
        assert refused.value.status == status


@pytest.mark.parametrize(("error", "status", "retry"), [
    (ConfigurationError(["ONEFLOW_API_TOKEN is missing."]), 503, True), (NotAuthentic("x"), 401, False),
    (Unreadable("x"), 400, False), (Invalid("x", status=428), 428, False), (Taken("x", status=412), 412, False),
    (Busy("x", retry_after=3.2), 409, True), (RateLimited("x", retry_after=60), 503, True), (Temporary("x"), 503, True),
    (ConnectionBroken("x"), 503, True), (NotAllowed("x"), 403, False), (Gone("x"), 404, False),
    (Refused("x"), 422, False),
])  # fmt: skip
def test_each_error_has_its_answer(error: Exception, status: int, retry: bool) -> None:
    answer = problem_of(error)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    body = json.loads(answer.get_body())
    assert body["status"] == status and body["title"] and body["detail"]
    assert ("Retry-After" in answer.headers) == retry
    if isinstance(error, Busy):
        assert answer.headers["Retry-After"] == "4"


def test_an_unexpected_error_tells_nothing_of_itself(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError("MARKER")
    except ValueError as error:
        answer = problem_of(error)
    assert answer.status_code == 500
    assert "MARKER" not in answer.get_body().decode() + caplog.text
    assert "test_guards.py" in caplog.text, "where it happened is in the log"


class Jobs:
    def __init__(self) -> None:
        self.ran: list[tuple[Any, datetime]] = []
        self.poison: list[str] = []

    def run(self, job: Any, inserted_at: datetime) -> None:
        self.ran.append((job, inserted_at))

    def poisoned(self, text: str) -> None:
        self.poison.append(text)


class Secrets:
    def __init__(self) -> None:
        self.told = 0

    def of_job(self) -> None:
        self.told += 1


class Services:
    def __init__(self) -> None:
        self.jobs, self.secrets_in_use = Jobs(), Secrets()


def _never(job: Any, delay: float) -> None:
    raise AssertionError("the settings are there")


def test_jobs_wait_while_settings_are_missing_and_none_is_lost() -> None:
    from azure.functions.queue import QueueMessage

    from sync_core.handlers import worker

    def broken() -> Any:
        raise ConfigurationError(["DATAVERSE_URL is missing."])

    waiting: list[tuple[Any, float]] = []
    app = func.FunctionApp()
    worker.register(app, broken, lambda job, delay: waiting.append((job, delay)))
    functions = {one.get_function_name(): one.get_user_function() for one in app.get_functions()}
    functions["sync_jobs"](QueueMessage(id="1", body='{"kind": "sync", "contract_id": 7}'))
    assert waiting == [(SyncJob(7), 60.0)]


def test_a_message_that_is_no_job_goes_to_the_dead_letters_at_once() -> None:
    from azure.functions.queue import QueueMessage

    from sync_core.handlers import worker

    services, app = Services(), func.FunctionApp()
    worker.register(app, lambda: services, _never)  # type: ignore[arg-type, return-value]
    functions = {one.get_function_name(): one.get_user_function() for one in app.get_functions()}
    functions["sync_jobs"](QueueMessage(id="1", body="no json"))
    functions["sync_jobs"](QueueMessage(id="2", body="[1]"))
    naive = datetime(2026, 3, 12)  # noqa: DTZ001 as the worker library gives it
    text = '{"kind": "sync", "contract_id": 7}'
    functions["sync_jobs"](QueueMessage(id="3", body=text, insertion_time=naive))
    functions["sync_jobs_poison"](QueueMessage(id="4", body='{"kind": "sync"}'))
    assert services.jobs.poison == ["no json", "[1]", '{"kind": "sync"}']
    assert services.jobs.ran == [(SyncJob(7), datetime(2026, 3, 12, tzinfo=UTC))]
    assert services.secrets_in_use.told == 1, "after a job, which secrets this process uses"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            ConfigurationError(["DATAVERSE_URL is missing."]),
            "=ConfigurationError detail=DATAVERSE_URL is missing.",
        ),
        (KeyError("MARKER"), "error=KeyError detail=at test_guards.py:"),
    ],
)
def test_a_timer_that_cannot_do_its_work_says_so_and_does_not_fail(
    caplog: pytest.LogCaptureFixture, error: Exception, told: str
) -> None:
    from sync_core.handlers import timers

    def broken() -> Any:
        raise error

    app = func.FunctionApp()
    timers.register(app, broken)
    with caplog.at_level(logging.ERROR):
        for one in app.get_functions():
            one.get_user_function()(None)
    assert [one.getMessage().split()[0] for one in caplog.records] == ["reconcile.failed", "history.purge_failed"]
    assert caplog.text.count(told) == 2 and "MARKER" not in caplog.text
