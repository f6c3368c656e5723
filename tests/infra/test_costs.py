"""docs/scale.md, "What a month costs": each line follows from counts and from the prices in its one table.

The counts are taken elsewhere: tests/stories/test_scale.py and tests/stories/test_log_lines.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from sync_core.usecases.jobs.reconcile import SWEEP
from tests.infra.bicep import ROOT
from tests.infra.queries import alerts
from tests.infra.test_infra import MAIN
from tests.stories.test_scale import first_numbers, number, row

MODULES = sorted((ROOT / "infra").rglob("*.bicep"))
PAGE = (ROOT / "docs/scale.md").read_text()
MONTH = 30 * 86_400  # seconds
LINKS = (0, 10_000, 1_000_000)
GB: float = MAIN.parameters["instanceMemoryMB"].default / 1024


def price(unit: str, per: str) -> float:
    found = re.search(rf"^\| {re.escape(unit)} \| ([\d.]+) \| {re.escape(per)} \| 20\d\d-\d\d \|$", PAGE, re.M)
    assert found, unit
    return float(found[1])


def given(what: str) -> float:
    return float(row(what)[0])


def shown(line: str) -> list[float]:
    return [float(cell.replace(",", "")) for cell in row(line)]


SWEEPS = MONTH / 30


def looks(links: int) -> float:
    """Of a month: no more than sweeps may take."""
    return min(links, SWEEP * 86_400 / 30) * 30


def calls_cost(calls: float) -> float:
    """Each call is paid for as at least one second."""
    return calls * GB * price("execution, on demand", "GB-second") + calls / 1e6 * price("executions", "million")


def logs_cost(rows: float) -> float:
    return rows * given("size of a row of logs, KB") / 1e6 * price("logs taken in", "GB")


def host_rows() -> float:
    return given("rows of the host for each call: begun, ended, request")


def of_a_call() -> float:
    return given("log lines of the app for each sweep or look") + host_rows()


def storage_cost(links: int) -> float:
    on_tables = SWEEPS * given("storage operations of an idle sweep, on tables")
    on_tables += looks(links) * (first_numbers("look by reconcile")[2] + _daily())
    on_queues = SWEEPS * given("storage operations of an idle sweep, on queues")
    on_queues += looks(links) * given("queue operations for a message: put, taken, deleted")
    on_queues += MONTH / 60 * given("leases and queue polls of the platform a minute")
    tables, queues = price("table operations", "10,000"), price("queue operations", "10,000")
    return (on_tables * tables + on_queues * queues) / 1e4


def _daily() -> int:
    return first_numbers("daily sweep for lacking due rows")[2]


def alerts_cost() -> float:
    every = {"PT5M": "every 5 minutes", "PT10M": "every 10 minutes", "PT15M": "every 15 minutes"}
    return sum(price(f"alert rule, {every[one['every']]}", "month") for one in alerts().values())


def ready_cost() -> float:
    instances = MAIN.parameters["alwaysReadyInstances"].default
    return float(MONTH * GB * instances * price("always ready, baseline", "GB-second"))


MEASURES = "rows of measures a minute, while nothing happens"
AUDIT = "the key vault's log of who read a secret (`AuditEvent`)"
READINGS = "rows of the vault's `AuditEvent` a day: each secret, each time that an instance or the tool fetches it"
COPY = "the platform's copy of the lines (`FunctionAppLogs`)"
COSTS: dict[str, Callable[[int], float]] = {
    "reconcile timer: a sweep every 30 s, each paid for as at least one second": lambda links: calls_cost(SWEEPS),
    "jobs: a look a day of each link, each paid for as at least one second": lambda links: calls_cost(looks(links)),
    "storage transactions, the platform's own among them": storage_cost,
    "log lines and requests": lambda links: logs_cost((SWEEPS + looks(links)) * of_a_call()),
    # Lines without the request: as many as the host's rows, one of which is the request, and the app's.
    COPY: lambda links: logs_cost((SWEEPS + looks(links)) * (of_a_call() - 1)),
    "measures": lambda links: logs_cost(MONTH / 60 * given(MEASURES)),
    AUDIT: lambda links: logs_cost(30 * given(READINGS)),
    "alerts: ten rules": lambda links: alerts_cost(),
    "one instance always ready for people and webhooks": lambda links: ready_cost(),
}


@pytest.mark.parametrize("line", COSTS)
def test_a_line_of_the_bill_follows_from_counts_and_prices(line: str) -> None:
    for links, cost in zip(LINKS, shown(line), strict=True):
        assert cost == pytest.approx(COSTS[line](links), abs=0.01, rel=0.002), links


def test_the_sum_is_the_sum_of_the_lines() -> None:
    for place, total in enumerate(shown("**sum**")):
        assert total == pytest.approx(sum(shown(line)[place] for line in COSTS), abs=0.05)
    table = PAGE.partition("| line |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| (.*?) \|", table, re.M)) == {*COSTS, "**sum**", "GB of logs a day"}


def test_the_daily_cap_holds_as_many_links_as_the_page_says() -> None:
    def a_day(links: float) -> float:
        rows = (
            (SWEEPS + looks(int(links))) * (2 * of_a_call() - 1) + MONTH / 60 * given(MEASURES) + 30 * given(READINGS)
        )
        return rows * given("size of a row of logs, KB") / 1e6 / 30

    assert shown("GB of logs a day") == [pytest.approx(a_day(links), abs=0.006) for links in LINKS]
    cap = MAIN.parameters["dailyLogCapGb"].default
    assert f"`dailyLogCapGb` ({cap} GB)" in PAGE
    assert a_day(number(r"before you have some (\d+) thousand links") * 1_000) == pytest.approx(cap, rel=0.1)
    assert number(r"lets ([\d,]+) be looked at in a day") == SWEEP * 2880


def test_what_the_choices_cost_follows_too() -> None:
    assert number(r"is the cheap choice: ([\d.]+) a month") == pytest.approx(
        shown("**sum**")[0] - ready_cost(), abs=0.02
    )
    assert number(r"four endpoints, ([\d.]+) a month") == pytest.approx(4 * 720 * price("private endpoint", "hour"))
    assert len(alerts()) == 10


# A category of logs, always on, and the line that has its price.
ALWAYS_LOGGED = {"FunctionAppLogs": COPY, "AuditEvent": AUDIT}


def test_every_log_that_is_always_on_has_a_line_in_the_bill() -> None:
    always = re.findall(r"category: '(\w+)'\s+enabled: true", "".join(file.read_text() for file in MODULES))
    chosen = {"AppServiceAuthenticationLogs"}  # only where the parameter says so
    assert set(always) - chosen == set(ALWAYS_LOGGED)
    assert set(ALWAYS_LOGGED.values()) <= set(COSTS)


def test_every_price_has_its_date() -> None:
    table = PAGE.partition("| unit | USD |")[2].partition("\n\n")[0]
    assert "from memory and not looked up" in PAGE
    rows = re.findall(r"^\| ([^|]+) \| [\d.]+ \| [^|]+ \| (20\d\d-\d\d) \|$", table, re.M)
    assert len(rows) == table.count("\n|") - 1 >= 10
