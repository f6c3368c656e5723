"""Hostile addresses, queries, headers and bodies against every route of the app's own table: a clear refusal, no 500,
nothing written at either vendor, and nothing of what was sent in a log."""

from __future__ import annotations

import http.client
import json
import logging
import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote, urlsplit

import pytest

from tests.access.attempts import ROUTES, Route
from tests.stories.stage import Stage

MARK = "Zyx9Mark"  # in every hostile text, so that it would be found in a log
# As they travel; all but the last few are one part of a path for the host as well.
HOSTILE = (
    f"{MARK}'",
    f"{MARK}%27%20or%201%20eq%201",
    f"{MARK}'%20or%20PartitionKey%20ne%20'",
    f"{MARK}%27)%20or%20(%271%27%20eq%20%271",
    f"..%2f..%2f{MARK}",
    f"%2e%2e%5c{MARK}",
    f"{MARK}%00",
    f"{MARK}%0d%0aX-Made-Up:%201",
    f"{MARK}%23%3f%25",
    f"{MARK}%3fapi-version=1&$filter=true",
    f"{MARK}%f0%9f%92%a9%e2%80%ae",
    f"{MARK}%ff%fe",
    f"{MARK}{{0}}%7b1%7d%24select",
    f"{MARK}{'9' * 3000}",
    f"-1%20{MARK}",
    f"../../{MARK}",
)
QUERIES = ("next", "contract_id", "field", "action", "template_type_id", "workspace_id", "template_id")


@pytest.fixture(autouse=True)
def nothing_is_written_or_told(stage: Stage, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG, "sync_core")
    yield
    # The contract and the record are checked by what was asked of the vendors.
    assert stage.writes() == []
    told = [record.getMessage() for record in caplog.records if record.name.startswith("sync_core")]
    assert not [text for text in told if MARK in text]


def ask(
    stage: Stage, verb: str, target: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """The target goes out as it stands: no client tidies it up."""
    host = urlsplit(stage.world.app_url).netloc
    connection = http.client.HTTPConnection(host, timeout=60)
    try:
        connection.putrequest(verb, f"/api/{target}", skip_host=False)
        sent = {"Content-Type": "application/json", "Content-Length": str(len(body or b"")), **(headers or {})}
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


def good_parts(stage: Stage) -> dict[str, str]:
    contract = stage.contract()
    stage.forget_requests()
    return {
        "entity": "opportunity",
        "record_id": stage.record_id,
        "contract_id": str(contract),
        "letter_id": "0" * 24,
        "entry_id": "0" * 32,
        "plan_id": "link-" + "0" * 16,
        "line": "1",
        "type_id": "1",
        "path": "settings.html",
    }


def key(stage: Stage, route: Route) -> dict[str, str]:
    return {"x-functions-key": stage.world.function_keys[route.name]} if route.kind == "machine" else {}


def body_of(route: Route) -> bytes | None:
    return b"{}" if route.verb in ("POST", "PUT") else None


def refused(route: Route, sent: str, status: int, text: str) -> None:
    assert 400 <= status < 500, f"{route.verb} {route.path} with {sent[:60]}: {status} {text[:200]}"
    assert "Traceback" not in text and "azure" not in text.lower()


def filled(path: str, parts: Mapping[str, str]) -> str:
    return re.sub(r"\{\*?(\w+)\}", lambda found: parts[found[1]], path)


@pytest.mark.timeout(300)
def test_no_part_of_an_address_leads_elsewhere(stage: Stage) -> None:
    good, met = good_parts(stage), 0
    for route in ROUTES:
        for part in re.findall(r"\{\*?(\w+)\}", route.path):
            for hostile in HOSTILE:
                parts = {**good, part: hostile}
                target = filled(route.path, parts)
                headers = {**key(stage, route), "If-Match": "*"}
                refused(route, hostile, *ask(stage, route.verb, target, body_of(route), headers))
                met += 1
    assert met > 300


@pytest.mark.timeout(300)
def test_no_query_finds_more_than_is_the_callers(stage: Stage) -> None:
    good = good_parts(stage)
    for route in ROUTES:
        if route.verb != "GET":
            continue
        target = re.sub(r"\{\*?(\w+)\}", lambda found: good[found[1]], route.path)
        for name in QUERIES:
            for hostile in HOSTILE:
                status, text = ask(stage, "GET", f"{target}?{name}={hostile}")
                assert status < 500, f"{route.path}?{name}={hostile[:60]}: {status} {text[:200]}"
                if status == 200 and (name, route.name) in (
                    ("contract_id", "show_log"),
                    ("action", "preview_contract"),
                ):
                    raise AssertionError(f"{route.path}?{name}={hostile[:60]} is believed")
                if name == "field" and route.name == "show_log":
                    assert json.loads(text)["entries"] == []


SURROGATE = f'"{MARK}\\ud800"'
BODIES: dict[str, str | bytes] = {
    "a lone surrogate as a value": f'{{"plan_id": {SURROGATE}, "oneflow_field": {SURROGATE}, "name": {SURROGATE}}}',
    "a lone surrogate as a name": f"{{{SURROGATE}: 1}}",
    "a lone surrogate in a row": f'{{"fields": [{{"dynamics_column": {SURROGATE}, "oneflow_field": {SURROGATE}, '
    f'"direction": "two_way"}}]}}',
    "no number": f'{{"template_id": NaN, "workspace_id": Infinity, "name": "{MARK}"}}',
    "a number beyond all": f'{{"template_id": 1e999, "workspace_id": -1e999, "name": "{MARK}"}}',
    "a number without end": f'{{"template_id": {"9" * 6000}, "name": "{MARK}"}}',
    "broken UTF-8": b'{"name": "' + MARK.encode() + b'\xff\xfe\xc3"}',
    "UTF-16": json.dumps({"name": MARK}).encode("utf-16"),
    "NUL": f'{{"name\\u0000": "{MARK}\\u0000", "plan_id": "\\u0000"}}',
    "cut off": f'{{"name": "{MARK}',
    "nested": b'{"parties": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nested just so": b'{"template_id": 1, "workspace_id": 1, "name": "' + MARK.encode() + b'", "parties": [{"type": '
    + b"[" * 900 + b"]" * 900 + b"}]}",
    "rows nested just so": b'{"fields": [{"labels": ' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}]}",
    "another type": b'[{"name": 1}]',
    "a text": json.dumps(MARK),
    "null": "null",
}  # fmt: skip


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", BODIES)
def test_no_body_breaks_any_route(stage: Stage, kind: str) -> None:
    content = BODIES[kind]
    body = content if isinstance(content, bytes) else content.encode()
    good = good_parts(stage)
    for route in ROUTES:
        if route.verb not in ("POST", "PUT") or route.name == "webhooks_on":
            continue
        target = re.sub(r"\{\*?(\w+)\}", lambda found: good[found[1]], route.path)
        status, text = ask(stage, route.verb, target, body, {**key(stage, route), "If-Match": "*"})
        refused(route, kind, status, text)


def test_a_body_over_a_mebibyte_is_refused_by_every_route(stage: Stage) -> None:
    good = good_parts(stage)
    body = json.dumps({"name": MARK * 150_000}).encode()
    for route in ROUTES:
        if route.verb not in ("POST", "PUT"):
            continue
        target = re.sub(r"\{\*?(\w+)\}", lambda found: good[found[1]], route.path)
        status, text = ask(stage, route.verb, target, body, {**key(stage, route), "If-Match": "*"})
        assert status in (400, 401, 413), f"{route.path}: {status} {text[:200]}"


@pytest.mark.parametrize("etag", ["x", 'W/"x"', "W/\"datetime'2026'\"", "*, *", f'"{MARK}"', "'", "\x7f"])
def test_an_if_match_that_was_never_given_saves_nothing(stage: Stage, etag: str) -> None:
    before = stage.ok("GET", "entities/opportunity/mapping")
    stage.forget_requests()
    body = json.dumps({"fields": []}).encode()
    status, text = ask(stage, "PUT", "entities/opportunity/mapping", body, {"If-Match": etag})
    assert status == 412, f"{status} {text[:200]}"
    assert stage.world.storage
    writes = [seen for seen in stage.world.storage.log if seen.method != "GET" and "mappings" in seen.what]
    assert not writes, "what was made up is not even sent to storage"
    assert stage.ok("GET", "entities/opportunity/mapping") == before


def test_headers_are_believed_no_more_than_bodies(stage: Stage) -> None:
    good = good_parts(stage)
    for name in ("x-correlation-id", "x-ms-client-request-id", "traceparent", "Origin", "X-MS-CLIENT-PRINCIPAL"):
        for value in (f"{MARK}'\"<script>", f"{MARK}{'x' * 5000}", f"{MARK}\xff"):
            status, text = ask(stage, "GET", f"contracts/{quote(good['contract_id'])}/history", None, {name: value})
            assert status < 500, f"{name}: {status} {text[:200]}"
            assert MARK not in text


def signed(stage: Stage, **changed: object) -> dict[str, object]:
    """A notification as Oneflow signed it, altered."""
    contract = stage.contract()
    stage.edit_contract(contract, description="Once")
    stage.drain()
    body: dict[str, object] = json.loads(stage.last_notification(contract))
    stage.forget_requests()
    return body | changed


FORGED: dict[str, dict[str, object]] = {
    "another callback id": {"callback_id": f"{MARK}-1"},
    "a signature cut short": {"signature": "da39a3ee", "events": []},
    "an empty signature": {"signature": "", "events": []},
    "a list for a signature": {"signature": ["x"], "events": []},
    "a surrogate for a signature": {"signature": "\ud800", "events": []},
    "a surrogate for a callback id": {"callback_id": "\ud800"},
    "a long signature": {"signature": "a" * 100_000, "events": []},
    "other letters": {"signature": "\uff41" * 40, "events": []},
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_notification_is_refused(stage: Stage, kind: str) -> None:
    body = json.dumps(signed(stage, **FORGED[kind])).encode()
    assert stage.post_webhook(body).status_code in (400, 401)
    stage.drain()
    assert stage.vendor_requests(without_events=True) == {}


def test_a_notification_cut_off_anywhere_is_refused(stage: Stage) -> None:
    whole = json.dumps(signed(stage)).encode()
    for end in range(0, len(whole), max(1, len(whole) // 40)):
        assert stage.post_webhook(whole[:end]).status_code in (400, 401), end
