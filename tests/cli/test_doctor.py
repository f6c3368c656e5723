"""The doctor finds what is wrong, and names what mends it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.doctor.clock import check_clock
from cli.session import Session, SignIn
from sandbox.dataverse import seed
from sandbox.role import SELLERS_ROLE
from sandbox.story import MAPPING
from sandbox.wire import Response, Server
from sync_core.adapters.storage import (
    dead_letters,
    due,
    idempotency,
    installation,
    jobs,
    links,
    mappings,
    measures,
    records_index,
)
from sync_core.bootstrap.operator import QUEUES, TABLES
from sync_core.engine.model.jobs import SyncJob
from tests.cli.desk import Desk


def _unheard(desk: Desk) -> None:
    """The app did not answer an event; a job of somebody else's, and one of long ago, are nobody's matter."""
    events, world = desk.world.dataverse.events, desk.world.dataverse.world
    others = {"name": "Somebody else's", "statecode": 3, "statuscode": 31}
    world.add("asyncoperation", others, seed.ADMINISTRATOR)
    events.send, send = lambda *_: 500, events.send
    try:
        desk.world.edit_record({"name": "Changed"})
        desk.world.drain()
    finally:
        events.send = send


@dataclass(frozen=True)
class Fault:
    """`spoil` makes it; the doctor must find `check`, say `says`, and `remedy` must stand in what it advises."""

    name: str
    spoil: Callable[[Desk], Any]
    check: str
    remedy: str
    level: str = "failed"
    says: str = ""


def _set(name: str, value: str) -> Callable[[Desk], None]:
    return lambda desk: desk.env.update({name: value})


def _unset(name: str) -> Callable[[Desk], None]:
    def spoil(desk: Desk) -> None:
        del desk.env[name]

    return spoil


def _user(**changes: Any) -> Callable[[Desk], Any]:
    return lambda desk: desk.world.oneflow.people.change_user(desk.env["ONEFLOW_USER_EMAIL"], **changes)


def _as_app(spoil: Callable[[Desk], Any]) -> Callable[[Desk], None]:
    """The application signs in, by its secret, instead of the administrator."""

    def spoil_and_sign_in(desk: Desk) -> None:
        spoil(desk)
        desk.as_app = True

    return spoil_and_sign_in


def _role(*without: str) -> Callable[[Desk], None]:
    """Somebody took these privileges out of the role that `connect` made."""

    def spoil(desk: Desk) -> None:
        security = desk.world.dataverse.world.security
        [role] = security.roles_of(seed.APPLICATION)
        held = {name: depth for name, depth in security.of_role(role).items() if name not in without}
        security.give(role, held, replace=True)

    return spoil


def _through_a_team(desk: Desk) -> None:
    """The role is a team's, and the application user is one of its members."""
    world = desk.world.dataverse.world
    team = world.add("team", {"name": "Integrations"}, seed.ADMINISTRATOR).id
    [role] = world.security.roles_of(seed.APPLICATION)
    world.security.take(seed.APPLICATION, role)
    world.security.assign(team, role, "team")
    world.security.join(seed.APPLICATION, team)


def _mapped(*rows: tuple[str, str, str]) -> Callable[[Desk], None]:
    return lambda desk: desk.map([*MAPPING, *rows])


def _secured(desk: Desk) -> None:
    desk.map([*MAPPING, ("new_secret", "reference", "two_way")])


def _secured_readable(desk: Desk) -> None:
    _secured(desk)
    desk.world.dataverse.world.security.secure(seed.APPLICATION, "opportunity", "new_secret", "read")


def _secured_elsewhere(readable: bool) -> Callable[[Desk], None]:
    """A column of the account, which the opportunity shows through its lookup, is secured there."""

    def spoil(desk: Desk) -> None:
        world = desk.world.dataverse.world
        attributes = dict(world.tables["account"].attributes)
        attributes["name"] = replace(attributes["name"], secured=True)
        world.tables = {**world.tables, "account": replace(world.tables["account"], attributes=attributes)}
        if readable:
            world.security.secure(seed.APPLICATION, "account", "name", "read")
        desk.map([*MAPPING, ("parentaccountid.name", "reference", "dynamics_to_oneflow")])

    return spoil


def _no_app_setting(desk: Desk) -> None:
    desk.world.dataverse.world.rows["appsetting"] = {}


def _noting_without_right(desk: Desk) -> None:
    desk.map(MAPPING, timeline_notes=True)  # and nobody ran `connect` since


def _may_edit_own(desk: Desk) -> None:
    desk.world.dataverse.world.security.give(SELLERS_ROLE, {"prvWriteUser": "Basic"})


def _no_application_user(desk: Desk) -> None:
    desk.world.dataverse.world.rows["systemuser"][seed.APPLICATION].values["applicationid"] = None


def _no_queue(desk: Desk) -> None:
    with desk.settings():
        desk.operator.store.queue("sync-jobs-poison").delete_queue()


def _no_table(desk: Desk) -> None:
    with desk.settings():
        desk.operator.store._table_service().delete_table("operations")


def _dead_letter(desk: Desk) -> None:
    with desk.settings():
        desk.operator._letters.add(70001, "refused", "The contract was refused.", SyncJob(70001))


def _poison(desk: Desk) -> None:
    with desk.settings():
        desk.operator.store.queue("sync-jobs-poison").send_message("{}")


def _slept(desk: Desk) -> None:
    with desk.settings():
        desk.operator.marks.set("last_reconcile", "2026-01-01T00:00:00Z")


def _no_fields(desk: Desk) -> None:
    desk.map([])


def _owned_by_oneflow(desk: Desk) -> None:
    people = desk.world.oneflow.people
    people.set_template_field(desk.world.oneflow_seed.DYNAMICS_APP, "customer_name", name="Customer name")


def _column_gone(desk: Desk) -> None:
    tables = desk.world.dataverse.world.tables
    kept = {name: one for name, one in tables["opportunity"].attributes.items() if name != "description"}
    desk.world.dataverse.world.tables = {**tables, "opportunity": replace(tables["opportunity"], attributes=kept)}


def _row(desk: Desk, kind: str, name: str) -> Any:
    rows = desk.world.dataverse.world.rows[kind].values()
    return next(row for row in rows if row.values.get("name") == name)


def _step_disabled(desk: Desk) -> None:
    _row(desk, "sdkmessageprocessingstep", "Oneflow sync: Update of opportunity").values["statecode"] = 1


def _step_gone(desk: Desk) -> None:
    row = _row(desk, "sdkmessageprocessingstep", "Oneflow sync: Delete of opportunity")
    del desk.world.dataverse.world.rows["sdkmessageprocessingstep"][row.id]


def _role_taken(desk: Desk) -> None:
    desk.world.dataverse.world.security.take(seed.APPLICATION, _row(desk, "role", "Oneflow sync application").id)


def _button_gone(desk: Desk) -> None:
    rows = desk.world.dataverse.world.rows["customapirequestparameter"]
    rows.popitem()


def _webhook(**changes: Any) -> Callable[[Desk], None]:
    def spoil(desk: Desk) -> None:
        hooks = desk.world.oneflow.world.state.webhooks
        for number, hook in list(hooks.items()):
            hooks[number] = replace(hook, **changes)

    return spoil


def _webhook_twice(desk: Desk) -> None:
    hooks = desk.world.oneflow.world.state.webhooks
    hooks[9999] = replace(next(iter(hooks.values())), id=9999)


_FEWER_EVENTS = [{"filter_rules": [{"type": "EVENT_TYPE", "values": ["contract:sign"]}]}]

FAULTS = [
    Fault(
        "no webhook",
        _webhook(callback_url="https://elsewhere.example/"),
        "registration.due",
        " connect`",
        says="the Oneflow webhook",
    ),
    Fault(
        "webhook deaf to edits",
        _webhook(filters=_FEWER_EVENTS),
        "registration.due",
        " connect`",
        says="is out of date (",
    ),
    Fault(
        "webhook signed otherwise",
        _webhook(sign_key="somebody-else's-key"),
        "registration.due",
        " connect`",
        says="is out of date (sign key",
    ),
    Fault("a second webhook", _webhook_twice, "registration.due", " connect`", says="is no longer needed"),
    Fault("a step is disabled", _step_disabled, "registration.due", " connect`", says="is out of date (statecode)"),
    Fault("a step is gone", _step_gone, "registration.due", " connect`", says="the step "),
    Fault(
        "steps of an older mapping",
        lambda desk: desk.map([("name", "customer_name", "two_way")]),
        "registration.due",
        " connect`",
        says="step",
    ),
    Fault(
        "a rotated function key",
        _set("DYNAMICS_EVENTS_KEY", "new" * 9),
        "registration.due",
        " connect`",
        says="the service endpoint ",
    ),
    Fault(
        "the app has moved",
        _set("PUBLIC_URL", "https://moved.example"),
        "registration.due",
        " connect`",
        says="the service endpoint ",
    ),
    Fault("a button without a parameter", _button_gone, "registration.due", " connect`", says="the parameter "),
    Fault(
        "the role was taken away",
        _role_taken,
        "registration.due",
        " connect`",
        says="the role of the application user ",
    ),
    Fault("events key unknown", _unset("DYNAMICS_EVENTS_KEY"), "registration.events_key", "dynamics_events", "warning"),
    Fault("sign keys missing", _unset("ONEFLOW_SIGN_KEYS"), "settings.ONEFLOW_SIGN_KEYS", "keys new"),
    Fault(
        "plain http", _set("DATAVERSE_URL", "http://contoso.example"), "settings.DATAVERSE_URL", "environment's address"
    ),
    Fault("half a token", _set("ONEFLOW_API_TOKEN", "too-short"), "settings.ONEFLOW_API_TOKEN", "whole token"),
    Fault("misspelt", _set("ONEFLOW_SIGN_KEY", "x"), "settings.ONEFLOW_SIGN_KEY", "ONEFLOW_SIGN_KEYS", "warning"),
    Fault("a short key", _set("ONEFLOW_SIGN_KEYS", "short"), "settings.ONEFLOW_SIGN_KEYS", "keys rotate", "warning"),
    Fault("no public address", _unset("PUBLIC_URL"), "settings.PUBLIC_URL", "azurewebsites.net"),
    Fault("no function key", _unset("ONEFLOW_WEBHOOK_KEY"), "settings.ONEFLOW_WEBHOOK_KEY", "Function keys", "warning"),
    Fault(
        "wrong secret", _as_app(_set("DATAVERSE_CLIENT_SECRET", "wrong")), "dynamics.sign_in", "its value, not its id"
    ),
    Fault(
        "wrong client id",
        _as_app(_set("DATAVERSE_CLIENT_ID", "99999999-9999-4999-8999-999999999999")),
        "dynamics.sign_in",
        "not an app registration of the tenant",
    ),
    Fault("no application user", _no_application_user, "dynamics.application_user", "New app user"),
    Fault("may not read", _role("prvReadOpportunity"), "dynamics.rights.opportunity", "connect"),
    Fault("may not write", _role("prvWriteOpportunity"), "dynamics.rights.opportunity", "connect"),
    Fault(
        "may not read a currency", _role("prvReadTransactionCurrency"), "dynamics.rights.transactioncurrency", "connect"
    ),
    Fault("may not read labels", _role("prvReadOptionSet"), "dynamics.rights", "connect"),
    Fault("may act for others through a team only", _through_a_team, "dynamics.delegate", "application user itself"),
    Fault(
        "may not see what is registered",
        _as_app(lambda desk: None),
        "registration.not_looked_at",
        "az login",
        "warning",
    ),
    Fault("may not act for others", _role("prvActOnBehalfOfAnotherUser"), "dynamics.delegate", "connect"),
    Fault("secured, not readable", _secured, "dynamics.column.opportunity.new_secret", "column security profile"),
    Fault("secured, not updatable", _secured_readable, "dynamics.column.opportunity.new_secret", "Update"),
    Fault(
        "secured where a lookup leads",
        _secured_elsewhere(readable=False),
        "dynamics.column.opportunity.parentaccountid.name",
        "of account.name",
    ),
    Fault(
        "secured where a lookup leads, readable",
        _secured_elsewhere(readable=True),
        "dynamics.column.opportunity.parentaccountid.name",
        "Map another column",
        "warning",
    ),
    Fault("people may change who they are", _may_edit_own, "dynamics.user_address", "domainname", "warning"),
    Fault("a column is gone", _column_gone, "dynamics.column.opportunity.description", "Setup Entities"),
    Fault(
        "a lookup two ways",
        _mapped(("customerid", "reference", "two_way")),
        "dynamics.column.opportunity.customerid",
        "Change or remove",
    ),
    Fault(
        "a table is gone",
        lambda desk: desk.map([("name", "customer_name", "two_way")], "nosuchtable"),
        "dynamics.table.nosuchtable",
        "remove its mapping",
    ),
    Fault("revoked token", _set("ONEFLOW_API_TOKEN", "x" * 40), "oneflow.token", "Make a token"),
    Fault("unknown user", _set("ONEFLOW_USER_EMAIL", "nobody@x.example"), "oneflow.user", "Invite"),
    Fault("inactive user", _user(active=False), "oneflow.user", "Activate"),
    Fault("powerless user", _user(may_write=False), "oneflow.workspaces", "may create and edit contracts"),
    Fault(
        "misspelt field",
        _mapped(("new_count", "refrence", "two_way")),
        "oneflow.field.refrence",
        "Did you mean reference?",
    ),
    Fault(
        "a field that Oneflow fills",
        _mapped(("new_count", "contract_number", "two_way")),
        "oneflow.field.contract_number",
        "that people fill",
        "warning",
    ),
    Fault("Oneflow's own app", _owned_by_oneflow, "oneflow.types", "template type of your own", "warning"),
    Fault("a local user in Azure", _set("WEBSITE_POD_NAME", "pod-1"), "settings.SYNC_LOCAL_USER", "Remove"),
    Fault("a local user in a container", _set("CONTAINER_NAME", "c"), "settings.SYNC_LOCAL_USER", "without", "warning"),
    Fault("a queue is missing", _no_queue, "storage.queues", "Storage Queue Data Contributor"),
    Fault("a table of ours is missing", _no_table, "storage.tables", "Storage Table Data Contributor"),
    Fault("poisoned", _poison, "storage.poison", "whether the app runs"),
    Fault("given up on", _dead_letter, "storage.dead_letters", "dead-letters list", "warning"),
    Fault("the timer sleeps", _slept, "sync.reconcile", "function `reconcile`"),
    Fault("Dynamics could not tell", _unheard, "dynamics.system_jobs", "System jobs", "warning"),
    Fault("no app has notifications", _no_app_setting, "dynamics.notifications", "app designer", "warning"),
    Fault("no right to notify", _role("prvCreateAppnotification"), "dynamics.notifications", "connect", "warning"),
    Fault("no right to note", _noting_without_right, "dynamics.notifications", "connect", "warning"),
    Fault("nothing mapped", _no_fields, "mapping.saved", "mapping import", "warning"),
]


def test_a_sound_installation_has_nothing_to_mend(desk: Desk) -> None:
    done = desk.run("doctor", "--json", "--strict")

    told = [finding for finding in done.json["findings"] if finding["level"] != "ok"]
    assert (told, done.code, done.err) == ([], 0, "")
    assert len(done.json["findings"]) >= 15


@pytest.mark.parametrize("as_app", [False, True], ids=["an administrator", "the application"])
def test_that_teams_own_records_is_told_as_a_fact(desk: Desk, as_app: bool) -> None:
    desk.as_app = as_app

    def told() -> list[tuple[str, str]]:
        return _notifications(desk)

    assert ["Teams" in text for text, _ in told()] == [False]
    world = desk.world.dataverse.world
    team = world.add("team", {"name": "Sales of the north"}, seed.ADMINISTRATOR).id
    world.add("opportunity", {"name": "Of a team", "ownerid": ("team", team)}, seed.ADMINISTRATOR)

    assert [level for _, level in told()] == ["ok", "ok"]
    assert ["Teams own records of opportunity" in text for text, _ in told()] == [False, True]
    assert "`timeline_notes` puts it there" in told()[1][0]


def test_a_mapping_that_tells_nobody_needs_no_setting_and_no_right(desk: Desk) -> None:
    _no_app_setting(desk)
    _role("prvCreateAppnotification")(desk)
    desk.map(MAPPING, notify="off")
    ((text, level),) = _notifications(desk)
    assert (level, "No mapping" in text) == ("ok", True)


def test_a_dynamics_without_notifications_has_nothing_to_mend(desk: Desk) -> None:
    tables = desk.world.dataverse.world.tables
    desk.world.dataverse.world.tables = {name: one for name, one in tables.items() if name != "appnotification"}
    ((text, level),) = _notifications(desk)
    assert (level, "has no notifications" in text) == ("ok", True)


def _notifications(desk: Desk) -> list[tuple[str, str]]:
    findings = desk.run("doctor", "--json").json["findings"]
    return [(one["text"], one["level"]) for one in findings if one["check"] == "dynamics.notifications"]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_found_with_its_remedy(desk: Desk, fault: Fault) -> None:
    fault.spoil(desk)

    done = desk.run("doctor", "--json")

    found = [one for one in done.json["findings"] if (one["check"], one["level"]) == (fault.check, fault.level)]
    assert found, done.out
    assert any(fault.remedy in one["remedy"] and fault.says in one["text"] for one in found), found
    assert done.code == (1 if done.json["failed"] else 0)
    assert (done.code == 1) or fault.level == "warning"


def test_what_connect_mends_is_one_finding_with_counts(desk: Desk) -> None:
    rows = desk.world.dataverse.world.rows["customapirequestparameter"]
    there = len(rows)
    rows.clear()
    _webhook_twice(desk)
    found = [one for one in desk.run("doctor", "--json").json["findings"] if one["check"].startswith("registration")]
    assert len(found) == 1
    assert f": {there} parameters are missing; the Oneflow webhook " in found[0]["text"]
    assert found[0]["text"].endswith(" is no longer needed.")


def test_where_nothing_is_registered_the_solution_comes_first(desk: Desk) -> None:
    desk.bare()
    found = {one["check"]: one for one in desk.run("doctor", "--json").json["findings"]}
    assert "solution install`)" in found["registration.due"]["remedy"].partition("Run ")[0]
    assert "the privileges of role Oneflow sync application are missing" in found["registration.due"]["text"]


def test_commands_are_named_as_they_must_be_typed() -> None:
    plain, found = Session(), Session(Path("prod settings.env"), SignIn.AZ)
    said = "Run `python -m cli connect`, or `python -m cli --sign-in az doctor`; `doctor` checks."
    assert plain.as_typed(said) == said
    tool = "python -m cli --env 'prod settings.env' --sign-in az"
    assert found.as_typed(said) == f"Run `{tool} connect`, or `{tool} doctor`; `doctor` checks."


def test_failed_system_jobs_are_counted_by_step_and_old_ones_are_not(desk: Desk) -> None:
    _unheard(desk)
    said = [one["text"] for one in desk.run("doctor", "--json").json["findings"] if "system job" in one["text"]]
    assert said == ["1 system job of the step 'Oneflow sync: Update of opportunity' failed in the last seven days."]
    for row in desk.world.dataverse.world.rows["asyncoperation"].values():
        row.values["createdon"] = "2020-01-01T00:00:00Z"
    assert "system job" not in desk.run("doctor", "--json").out


def test_who_may_not_look_at_system_jobs_is_told_nothing_of_them(desk: Desk) -> None:
    _unheard(desk)
    desk.as_app = True
    assert "system job" not in desk.run("doctor", "--json").out


def test_the_user_principal_name_needs_no_look_at_peoples_rights(desk: Desk) -> None:
    _may_edit_own(desk)
    desk.env["SYNC_USER_ADDRESS"] = "domainname"

    (found,) = [one for one in desk.run("doctor", "--json").json["findings"] if one["check"] == "dynamics.user_address"]

    assert found["level"] == "ok"


@pytest.mark.parametrize(
    ("code", "told"),
    [("AuthorizationFailure", "closed to this machine"), ("AuthorizationPermissionMismatch", "Storage Table Data")],
)
def test_storage_that_does_not_let_this_machine_in_is_told_by_why(desk: Desk, code: str, told: str) -> None:
    """A private network and a missing role are both a 403; what serves is not the same."""
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>no</Message></Error>'.encode()
    server = Server(lambda _: Response(403, body, {"Content-Type": "application/xml", "x-ms-error-code": code}))
    key = base64.b64encode(b"no key").decode()
    desk.env["AzureWebJobsStorage"] = (
        f"DefaultEndpointsProtocol=http;AccountName=closed;AccountKey={key};"
        f"TableEndpoint={server.url}/closed;QueueEndpoint={server.url}/closed;"
    )
    try:
        done = desk.run("doctor", "--json")
    finally:
        server.close()

    found = {one["check"]: one for one in done.json["findings"]}
    assert told in found["storage.unreadable"]["remedy"].replace("Storage is", "storage is")
    assert found["oneflow.token"]["level"] == "ok", "all else is looked at"


def test_a_warning_fails_only_where_that_is_asked(desk: Desk) -> None:
    _dead_letter(desk)

    assert desk.run("doctor").code == 0
    assert desk.run("doctor", "--strict").code == 1


def test_a_vendor_that_is_down_hides_no_other_finding(desk: Desk) -> None:
    _user(active=False)(desk)
    desk.env["DATAVERSE_URL"] = "http://127.0.0.1:9"

    checks = {one["check"]: one for one in desk.run("doctor", "--json").json["findings"]}

    assert checks["sign-in.unreadable"]["remedy"].startswith("Run the command again")
    assert checks["oneflow.user"]["level"] == "failed"


def test_no_secret_and_no_value_is_printed(desk: Desk) -> None:
    names = ("ONEFLOW_API_TOKEN", "ONEFLOW_SIGN_KEYS", "DATAVERSE_CLIENT_SECRET", "ONEFLOW_WEBHOOK_KEY")
    for name in names:
        desk.env[name] = f"wrong-{name.lower()}-000000000000000000000"[:40].replace("_", "-")

    done = desk.run("doctor")

    assert done.code == 1
    assert not [name for name in names if desk.env[name] in done.out + done.err]
    assert not [name for name in names if desk.world.env[name] in done.out + done.err]


@pytest.mark.parametrize(("seconds", "level"), [(2, "ok"), (90, "warning"), (900, "failed"), (-900, "failed")])
def test_a_clock_that_is_off_is_found(seconds: int, level: str) -> None:
    now = datetime(2026, 3, 12, 12, 0, tzinfo=UTC)
    headers = {"Date": "Thu, 12 Mar 2026 12:00:00 GMT"}

    [finding] = check_clock({"Oneflow": lambda: headers}, lambda: now + timedelta(seconds=seconds))

    assert (finding.check, finding.level) == ("clock.skew", level)
    assert ("NTP" in finding.remedy) == (level != "ok")


def test_the_doctor_knows_every_table_and_queue_of_the_app() -> None:
    named = {dead_letters._TABLE, due._TABLE, links.TABLE, mappings._TABLE, idempotency._TABLE, installation._TABLE}

    assert set(TABLES) == named | {records_index.TABLE, measures._TABLE}
    assert (jobs.QUEUE, f"{jobs.QUEUE}-poison") == QUEUES


# --- what an account of Oneflow may lack or refuse ---


@pytest.mark.parametrize("has", [True, False])
def test_an_account_without_template_types_is_told_what_it_lacks(desk: Desk, has: bool) -> None:
    switches = desk.world.oneflow.switches
    switches.update({"template_types_extension": has})
    found = desk.run("doctor", "--json").json["findings"]
    switches.update({"template_types_extension": True})
    told = [one for one in found if one["check"] == "oneflow.template_types"]
    assert len(told) == (0 if has else 1)
    assert has or "extension for template types" in told[0]["remedy"]


@pytest.mark.parametrize(("taken", "said"), [
    ("all", ""), ("connector", "fewer event types"), ("refused", "no filter"),
])  # fmt: skip
def test_connect_takes_what_oneflow_takes_of_its_webhook_and_says_it(desk: Desk, taken: str, said: str) -> None:
    hooks, switches = desk.world.oneflow.world.state.webhooks, desk.world.oneflow.switches
    hooks.clear()
    switches.update({"webhook_filters": taken})
    assert desk.run("connect", "--yes").code == 0
    assert "Oneflow webhook" not in desk.run("connect", "--dry-run").out, "and is not repaired for ever"
    found = desk.run("doctor", "--json").json["findings"]
    switches.update({"webhook_filters": "all"})
    told = [one["text"] for one in found if one["check"] == "oneflow.webhook_events"]
    assert len(hooks) == 1
    assert (said in told[0]) if said else not told
    assert not [one for one in found if one["check"] == "registration.due"]
