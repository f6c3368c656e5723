"""Views, charts, the form and the dashboard of *Oneflow contract*."""

from __future__ import annotations

from dynamics.description.contract import LINK_STATUS, OUTCOME, STATE, SYNC_STATE
from dynamics.description.table import Chart, Condition, Dashboard, Form, Option, Section, Tile, View
from dynamics.description.words import Text

_UNSIGNED_DAYS = 7


def _values(options: tuple[Option, ...], *keys: str) -> tuple[str, ...]:
    return tuple(str(one.value) for one in options if one.key in keys)


_USUAL = (
    ("ofs_name", 260), ("ofs_state", 110), ("ofs_syncstate", 160), ("ofs_lastchangeon", 150),
    ("ofs_lastchangeside", 120), ("ownerid", 150),
)  # fmt: skip
_WAITS = (
    ("ofs_name", 260), ("ofs_syncstate", 160), ("ofs_conflicts", 90), ("ofs_refused", 90), ("ofs_waiting", 90),
    ("ofs_lastchangeon", 150), ("ownerid", 150),
)  # fmt: skip
_SIGNING = (
    ("ofs_name", 260), ("ofs_senton", 150), ("ofs_signedon", 150), ("ofs_expireson", 150), ("ofs_value", 110),
    ("ofs_currency", 80), ("ownerid", 150),
)  # fmt: skip
VIEWS = (
    View("all", 0, Text("All Oneflow contracts", "Alla Oneflow-avtal"), _USUAL, order="ofs_lastchangeon", default=True),
    View(
        "needs a decision", 0, Text("Needs a decision", "Behöver ett beslut"), _WAITS,
        (Condition("ofs_syncstate", "in", _values(SYNC_STATE, "conflict", "refused", "not_agreed")),),
        "ofs_lastchangeon",
    ),
    View(
        "waiting for a push", 0, Text("Waiting for a push", "Väntar på att skickas"), _WAITS,
        (Condition("ofs_syncstate", "in", _values(SYNC_STATE, "waiting_for_push")),), "ofs_lastchangeon",
    ),
    View(
        "broken or paused", 0, Text("Broken or paused", "Brutna eller pausade"),
        (("ofs_name", 260), ("ofs_linkstatus", 110), ("ofs_linkreason", 320), ("ofs_lastsyncedon", 150),
         ("ownerid", 150)),
        (Condition("ofs_linkstatus", "in", _values(LINK_STATUS, "broken", "paused")),), "ofs_lastsyncedon",
    ),
    View(
        "sent and not signed", 0,
        Text("Sent a week ago and not signed", "Skickade för en vecka sedan och inte signerade"), _SIGNING,
        (
            Condition("ofs_state", "in", _values(STATE, "pending")),
            Condition("ofs_senton", "olderthan-x-days", (str(_UNSIGNED_DAYS),)),
        ),
        "ofs_senton",
    ),
    View(
        "signed this month", 0, Text("Signed this month", "Signerade den här månaden"), _SIGNING,
        (Condition("ofs_signedon", "this-month"),), "ofs_signedon",
    ),
    View(
        "requests not done", 0, Text("Requests that were not done", "Begäranden som inte gjordes"),
        (("ofs_name", 260), ("ofs_outcomerequest", 100), ("ofs_outcomeresult", 150), ("ofs_outcome", 320),
         ("ofs_outcomeon", 150), ("ofs_outcomeby", 150)),
        (Condition("ofs_outcomeresult", "in", _values(OUTCOME, "partly", "conflict", "blocked", "failed", "waiting")),),
        "ofs_outcomeon",
    ),
    View("advanced find", 1, Text("Oneflow contracts: advanced find", "Oneflow-avtal: avancerad sökning"), _USUAL),
    View("associated", 2, Text("Oneflow contracts of a record", "Oneflow-avtal för en post"), _USUAL,
         order="ofs_lastchangeon"),
    View(
        "quick find", 4, Text("Find Oneflow contracts", "Sök Oneflow-avtal"), _USUAL,
        (Condition("ofs_name", "like", ("{0}",)), Condition("ofs_contractnumber", "like", ("{0}",))), "ofs_name",
        any_of=True,
    ),
    View("lookup", 64, Text("Oneflow contracts: lookup", "Oneflow-avtal: uppslag"),
         (("ofs_name", 260), ("ofs_state", 110), ("ofs_contractnumber", 110)), order="ofs_name"),
)  # fmt: skip
CHARTS = (
    Chart("by state", Text("Contracts by state", "Avtal efter tillstånd"), "ofs_state", "Bar"),
    Chart("by sync state", Text("Contracts by sync state", "Avtal efter synkläge"), "ofs_syncstate", "Bar"),
    Chart("by owner", Text("Contracts by owner", "Avtal efter ägare"), "ownerid", "Bar"),
    Chart("signed by month", Text("Signed by month", "Signerade per månad"), "ofs_signedon", "Column", by="month"),
)
FORM = Form(
    "contract",
    Text("Oneflow contract", "Oneflow-avtal"),
    (
        Section(
            "contract", Text("Contract", "Avtal"),
            ("ofs_name", "ofs_state", "ofs_url", "ofs_value", "ofs_currency", "ofs_signers", "ofs_opportunityid",
             "ofs_quoteid", "ownerid"),
        ),
        Section(
            "dates", Text("Dates", "Datum"),
            ("ofs_senton", "ofs_signedon", "ofs_declinedon", "ofs_expireson", "ofs_periodstart", "ofs_periodend",
             "ofs_renewson"),
        ),
        Section(
            "sync", Text("Sync", "Synk"),
            ("ofs_syncstate", "ofs_linkstatus", "ofs_linkreason", "ofs_waiting", "ofs_conflicts", "ofs_notagreed",
             "ofs_refused", "ofs_lastchangeon", "ofs_lastchangeside", "ofs_lastchangefields", "ofs_lastchangeby",
             "ofs_lastsyncedon", "ofs_outcomerequest", "ofs_outcomeresult", "ofs_outcome", "ofs_outcomeon",
             "ofs_outcomeby"),
        ),
    ),
)  # fmt: skip
DASHBOARD = Dashboard(
    "health",
    Text("Oneflow contracts", "Oneflow-avtal"),
    (
        Tile("needs a decision"), Tile("broken or paused"), Tile("all", "by sync state"), Tile("all", "by state"),
        Tile("all", "by owner"), Tile("all", "signed by month"),
    ),
)  # fmt: skip
