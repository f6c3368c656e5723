"""Log queries: valid to Microsoft's own service, and each alert fires on what it is for, and on nothing else.

The rows are as the app writes them: its log lines word for word, and measures as they leave through the exporter and
Application Insights files them (Sum is the value, ItemCount how many were added up; a gauge has no Min and Max).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sandbox.azurite.install import NotInstalled
from sandbox.wire import Server
from sync_core.adapters.azure_monitor import AzureMonitorMetrics
from sync_core.telemetry import metrics
from sync_core.telemetry.metrics import Instrument
from tests.infra.kusto.evaluator import Unknown, answer
from tests.infra.kusto.service import Checked, checked
from tests.infra.queries import APP, alerts, elsewhere, every_query, pages, shown, unmarked
from tests.telemetry.test_azure_monitor import KEY, Ingestion

Row = dict[str, Any]
NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)


def by_service(queries: list[str]) -> list[Checked]:
    try:
        return checked(queries)
    except NotInstalled as why:
        pytest.skip(f"The queries were not checked: {why}")


def line(message: str, app: str = APP) -> tuple[str, Row]:
    return "AppTraces", {"AppRoleName": app, "Message": message}


def request(name: str, code: int, app: str = APP) -> tuple[str, Row]:
    url = f"https://{app}.azurewebsites.net/api/{name.replace('_', '/')}"
    return "AppRequests", {"AppRoleName": app, "Name": name, "Url": url, "ResultCode": str(code)}


@cache
def measure(one: Instrument, *values: float, app: str = APP, **attributes: str) -> tuple[str, Row]:
    """One row, as the exporter sends these values of a minute."""
    taken = Ingestion()
    server = Server(taken, 0)
    try:
        sink = AzureMonitorMetrics(f"InstrumentationKey={KEY};IngestionEndpoint={server.url}/", role=app, patience=0)
        for value in values:
            sink(one, value, attributes)
        sink.close()
    finally:
        server.close()
    (point,) = taken.points(one.name)
    row = {"AppRoleName": point["tags"]["ai.cloud.role"], "Name": one.name, "Properties": point["of"]}
    row |= {"Sum": point["value"], "ItemCount": point.get("count") or 1}
    return "AppMetrics", row | {"Min": point.get("min"), "Max": point.get("max")}


def dead(cause: str) -> tuple[str, Row]:
    return line(f"job.dead kind=sync contract_id=70001 cause={cause} correlation_id=4bf92f3577b34da6a3ce929d0e0e4736")


RETRIED = line("job.retried kind=sync contract_id=70001 attempt=1 delay=12 error=oneflow answered with status 503")
SWEPT = line("reconcile.swept due=0 missing=0 sync-jobs=0 sync-jobs-poison=0")
WAITS = "job.waits kind=sync contract_id=70001 error={} delay=60"


def poison(length: float, app: str = APP) -> tuple[str, Row]:
    return measure(metrics.QUEUE_LENGTH, length, app=app, queue="sync-jobs-poison")


def oneflow_calls(count: int, side: str = "oneflow") -> tuple[str, Row]:
    return measure(metrics.VENDOR_CALLS, *[1.0] * count, side=side, call="GET contracts/{id}", status="200")


Case = tuple[str, bool, list[tuple[str, Row]]]
CASES: list[Case] = [
    ("dead-letters", True, [dead("refused")]),
    ("dead-letters", True, [line("history.purge_failed error=Temporary detail=storage did not answer"), SWEPT]),
    ("dead-letters", False, [line("history.purged entries=0 log_rows=0 answers=0"), SWEPT]),
    ("dead-letters", False, [SWEPT, RETRIED, line(dead("refused")[1]["Message"], "another-app")]),
    ("poison-queue", True, [poison(1)]),
    ("poison-queue", True, [dead("crash")]),
    ("poison-queue", True, [poison(0), poison(2), dead("crash")]),
    ("poison-queue", False, [poison(0), dead("refused"), poison(3, "another-app")]),
    ("poison-queue", False, [measure(metrics.QUEUE_LENGTH, 7, queue="sync-jobs")]),
    ("poison-queue", False, []),
    ("failing-syncs", True, [RETRIED] * 21),
    ("failing-syncs", False, [RETRIED] * 20),
    ("failing-syncs", True, [*[RETRIED] * 20, line("request.failed error=KeyError at=links.py:7")]),
    ("connection-broken", True, [line(WAITS.format("ConnectionBroken"))]),
    ("connection-broken", True, [line("job.waits error=ConfigurationError detail=ONEFLOW_API_TOKEN is missing.")]),
    ("connection-broken", True, [line("reconcile.failed error=Temporary detail=storage did not answer")]),
    ("connection-broken", True, [line("connection.broken since=2026-03-12T09:00:00Z error=no token"), SWEPT]),
    ("connection-broken", False, [line(WAITS.format("RateLimited")), line(WAITS.format("Busy")), SWEPT]),
    ("reconcile-not-run", True, []),
    ("reconcile-not-run", True, [line("reconcile.failed error=Temporary"), line(SWEPT[1]["Message"], "another-app")]),
    ("reconcile-not-run", False, [SWEPT]),
    ("drift", True, [line("sync.drift contract_id=70001")] * 21),
    ("drift", False, [line("sync.drift contract_id=70001")] * 20),
    ("slow", True, [measure(metrics.WEBHOOK_TO_WRITTEN, 2.0, 700.0)]),
    ("slow", False, [measure(metrics.WEBHOOK_TO_WRITTEN, 2.0, 400.0), measure(metrics.QUEUE_AGE, 9000.0)]),
    ("slow", False, []),
    ("links-waiting", True, [measure(metrics.LINKS_WAITING, 2.0, standing="broken")]),
    (
        "links-waiting",
        True,
        [
            measure(metrics.LINKS_WAITING, 0.0, standing="broken"),
            measure(metrics.LINKS_WAITING, 1.0, standing="refused"),
        ],
    ),
    ("links-waiting", False, [measure(metrics.LINKS_WAITING, 0.0, standing="broken")]),
    ("links-waiting", False, []),
    ("rate-limit", True, [oneflow_calls(900), oneflow_calls(901)]),
    ("rate-limit", False, [oneflow_calls(900), oneflow_calls(900), oneflow_calls(901, "dynamics")]),
    ("rate-limit", False, []),
    ("webhooks-refused", True, [request("oneflow_webhook", 401)] * 21),
    ("webhooks-refused", True, [*[request("dynamics_events", 403)] * 20, request("oneflow_webhook", 400)]),
    ("webhooks-refused", False, [*[request("oneflow_webhook", 200)] * 30, *[request("show_log", 401)] * 30]),
]


def test_every_query_is_one_to_microsofts_own_service() -> None:
    queries = every_query()
    found = zip(queries, by_service(list(queries.values())), strict=True)
    assert {where: one.problems for where, one in found if one.problems} == {}
    assert len(queries) > len(alerts()), "the pages show some too"


def test_every_alerts_query_answers_one_number_named_value() -> None:
    known = alerts()
    for name, one in zip(known, by_service([alert["query"] for alert in known.values()]), strict=True):
        assert list(one.columns) == ["value"] and one.columns["value"] in ("long", "real"), name


@pytest.mark.parametrize(
    ("fault", "query", "told"),
    [
        ("no such operator", "AppTraces | wher Message == 'x'", "operator expected"),
        ("no such column", "AppTraces | where Massage has 'x' | summarize value = count()", "'Massage'"),
        ("no such table", "AppTrace | summarize value = count()", "'AppTrace'"),
        ("a column of another table", "AppTraces | summarize value = max(Sum)", "'Sum'"),
        (
            "one name, two types, out of a union",
            "AppMetrics | summarize n = max(Sum) | union (AppTraces | summarize n = count()) | summarize sum(n)",
            "'n'",
        ),
    ],
)
def test_a_fault_in_a_query_is_found(fault: str, query: str, told: str) -> None:
    (found,) = by_service([query])
    assert any(told in problem for problem in found.problems), (fault, found)


def fires(alert: dict[str, Any], recorded: list[tuple[str, Row]]) -> bool:
    tables: dict[str, list[Row]] = {"AppTraces": [], "AppMetrics": [], "AppRequests": []}
    for table, row in recorded:
        tables[table].append({"TimeGenerated": NOON, **row})
    (row,) = answer(alert["query"], tables)
    value, threshold = row["value"], int(alert["threshold"])
    assert value is not None, "no number, no alert"
    return bool(value > threshold if alert["operator"] == "GreaterThan" else value < threshold)


@pytest.mark.parametrize(("name", "wanted", "recorded"), CASES, ids=[f"{name}-{wanted}" for name, wanted, _ in CASES])
def test_an_alert_fires_on_what_it_is_for_and_on_nothing_else(
    name: str, wanted: bool, recorded: list[tuple[str, Row]]
) -> None:
    assert fires(alerts()[name], recorded) is wanted


# --- in time --------------------------------------------------------------------------------------------------------


def told_at(alert: dict[str, Any], a_minute: dict[int, int], late: int, phase: int) -> int | None:
    """The minute at which the alert fires first; None if never. `a_minute`: Oneflow requests by minute, each of which
    arrives `late` minutes after its time; the looks are at `phase`, and then as often as the alert says."""
    window, every = minutes(alert["window"]), minutes(alert["every"])
    for now in range(phase, 90, every):
        seen = [
            ("AppMetrics", {**oneflow_calls(1)[1], "Sum": float(count), "TimeGenerated": NOON + timedelta(minutes=at)})
            for at, count in a_minute.items()
            if now - window <= at <= now - late
        ]
        if fires(alert, seen):
            return now
    return None


def minutes(text: str) -> int:
    found = re.fullmatch(r"PT(\d+)([MH])", text)
    assert found, text
    return int(found[1]) * {"M": 1, "H": 60}[found[2]]


LATE = (0, 1, 3, 6, 9)
PHASES = range(5)
BURSTS = {
    "five minutes just beyond 90 %": dict.fromkeys(range(20, 25), 361),
    "all in one minute": {23: 1900},
    "in two minutes that a clock's five minutes part": {24: 950, 25: 950},
    "after a quiet hour, and on": dict.fromkeys(range(20, 60), 390),
}
CALM = {
    "88 % all the time, which is thrice as much in a quarter of an hour": dict.fromkeys(range(90), 352),
    "two bursts with five minutes between": {20: 1000, 26: 1000, 40: 1700, 47: 1700},
    "nothing": {},
}


@pytest.mark.parametrize("burst", BURSTS)
def test_the_rate_limits_alert_fires_soon_wherever_the_burst_lies_and_however_late_its_rows_come(burst: str) -> None:
    for late in LATE:
        for phase in PHASES:
            beyond = min(  # the minute in which the limit's share is used up
                at for at in BURSTS[burst] if sum(BURSTS[burst].get(one, 0) for one in range(at - 4, at + 1)) > 1800
            )
            told = told_at(alerts()["rate-limit"], BURSTS[burst], late, phase)
            assert told is not None and beyond + late <= told < beyond + late + 5, (late, phase)


@pytest.mark.parametrize("calm", CALM)
def test_the_rate_limits_alert_does_not_fire_while_every_five_minutes_stay_below(calm: str) -> None:
    for late in LATE:
        for phase in PHASES:
            assert told_at(alerts()["rate-limit"], CALM[calm], late, phase) is None, (late, phase)


def test_a_window_without_room_for_late_rows_would_be_found() -> None:
    """As it was: five minutes, looked at every five."""
    narrow = {**alerts()["rate-limit"], "window": "PT5M"}
    burst = BURSTS["five minutes just beyond 90 %"]
    assert [told_at(narrow, burst, 3, phase) for phase in PHASES] == [None] * 5
    coarse = (
        narrow["query"]
        .replace(
            "| extend ending = range(minute, minute + 4m, 1m) | mv-expand ending to typeof(datetime)",
            "| extend ending = minute",
        )
        .replace("bin(TimeGenerated, 1m)", "bin(TimeGenerated, 5m)")
    )
    assert coarse != narrow["query"]
    parted = BURSTS["in two minutes that a clock's five minutes part"]
    assert told_at({**narrow, "window": "PT15M", "query": coarse}, parted, 0, 0) is None


def test_every_alerts_window_has_room_for_rows_that_come_late() -> None:
    for name, alert in alerts().items():
        assert minutes(alert["window"]) - minutes(alert["every"]) >= 10, name


def test_each_alert_has_rows_that_fire_it_and_rows_that_do_not() -> None:
    shown = {(name, wanted) for name, wanted, _ in CASES}
    assert shown == {(name, wanted) for name in alerts() for wanted in (True, False)}


def test_a_gauge_leaves_without_a_maximum() -> None:
    """Why `poison-queue` asks for Sum."""
    _, row = poison(3)
    assert (row["Sum"], row["Max"]) == (3, None)


def test_a_query_in_a_page_is_marked_so_that_it_is_checked() -> None:
    assert {page.name: found for page in pages() if (found := unmarked(page))} == {}


def test_no_query_stands_where_it_is_not_checked() -> None:
    assert elsewhere() == [], "put it into alerts.bicep or a page, or have every_query read this file too"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("infra/workbook.json", '{"query": "AppTraces | where Massage has \'x\'"}'),
        ("infra/workbook.json", '{"query": "AppTraces\\n| where Massage has \'x\'"}'),
        ("infra/modules/dashboard.bicep", "var one = 'AppMetrics | summarize max(Sum)'"),
        ("infra/queries/slow.kql", "AppRequests\n| where Massage has 'x'\n"),
        ("docs/dashboard.json", '"query": "AppExceptions | take 1"'),
        ("cli/doctor/logs.py", 'QUERY = "FunctionAppLogs | where Massage has 1"'),
    ],
)
def test_a_query_that_stands_elsewhere_is_found(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(text)
    (tmp_path / "infra/modules").mkdir(parents=True, exist_ok=True)
    (tmp_path / "infra/modules/alerts.bicep").write_text("'AppTraces | take 1'")
    assert elsewhere(tmp_path) == [file]


WRONG = "AppTraces | where Massage has 'x'"


@pytest.mark.parametrize(
    "block",
    [
        f"    {WRONG}", f"\t{WRONG}", f"```\n{WRONG}\n```", f"```text\n{WRONG}\n```", f"```sql\n{WRONG}\n```",
        f"~~~\n{WRONG}\n~~~", "```\nAppTraces\n| take 1\n```", "```\nunion AppTraces, AppMetrics | take 1\n```",
        "```\nFunctionAppLogs | take 1\n```", f"   ````\n   // why\n{WRONG}\n   ````",
    ],
)  # fmt: skip
def test_a_query_that_nobody_marked_is_found(tmp_path: Path, block: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"Look:\n\n{block}\n\nDone.\n")
    assert len(unmarked(page)) == 1 and shown(page) == []


@pytest.mark.parametrize(
    "block",
    [
        f"```kusto\n{WRONG}\n```", f"```kql\n{WRONG}\n```", f"``` Kusto title=x\n{WRONG}\n```",
        f"~~~kusto\n{WRONG}\n~~~", f"````{{.kusto}}\n{WRONG}\n````", f"Look at `{WRONG}` now.",
        f"| what | look at `{WRONG.replace('|', chr(92) + '|')}` |",
    ],
)  # fmt: skip
def test_a_query_that_a_page_shows_is_looked_at_however_it_is_shown(tmp_path: Path, block: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"Look:\n\n{block}\n\nDone.\n")
    assert shown(page) == [WRONG] and unmarked(page) == []


@pytest.mark.parametrize("text", ["In `AppTraces`: no line", "```sh\nmake run | tail\n```", "Azure | Oneflow"])
def test_what_only_names_a_table_is_no_query(tmp_path: Path, text: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"{text}\n")
    assert shown(page) == [] and unmarked(page) == []


def test_the_evaluator_refuses_what_it_does_not_know() -> None:
    for query in (
        "AppTraces | take 1",
        "AppTraces | summarize value = dcount(Message)",
        "AppTraces | where f(Message)",
    ):
        with pytest.raises(Unknown):
            answer(query, {"AppTraces": [{"Message": "x"}]})
