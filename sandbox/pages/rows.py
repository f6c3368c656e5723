"""The rows of *Oneflow contract* as its views and charts show them, and what owners were told: for a plain page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from dynamics.description.contract import CONTRACT
from dynamics.description.table import Chart, Condition, View
from dynamics.description.views import CHARTS, VIEWS
from dynamics.description.words import Text
from sandbox.dataverse.row import Row
from sandbox.dataverse.schema import TableSchema
from sandbox.dataverse.world import World

_TABLE, _PUBLIC = "ofs_contract", 0
_NOTIFICATIONS = "appnotification"
_SWEDISH = 1053


def drawn(world: World, lcid: int) -> dict[str, Any]:
    """In the language of whoever looks; without the solution there are no views."""
    with world.lock:
        table = world.tables.get(_TABLE)
        rows = list(world.rows.get(_TABLE, {}).values())
        told = [one.values for one in world.rows.get(_NOTIFICATIONS, {}).values()]
        shown = _Shown(world, table, lcid) if table else None
        return {
            "views": [shown.view(one, rows) for one in VIEWS if one.kind == _PUBLIC] if shown else [],
            "charts": [shown.chart(one, rows) for one in CHARTS] if shown else [],
            "notifications": [{"title": str(one["title"]), "text": str(one.get("body") or "")} for one in told],
        }


class _Shown:
    def __init__(self, world: World, table: TableSchema, lcid: int) -> None:
        self._world, self._table, self._swedish = world, table, lcid == _SWEDISH

    def view(self, view: View, rows: Iterable[Row]) -> dict[str, Any]:
        found = [row for row in rows if all(self._fits(row, one) for one in view.conditions)]
        found.sort(key=lambda row: str(row.values.get(view.order) or ""), reverse=True)
        names = [name for name, _ in view.columns]
        return {
            "label": self._said(view.label),
            "columns": [self._headed(name) for name in names],
            "rows": [[self._text(row, name) for name in names] for row in found],
        }

    def chart(self, chart: Chart, rows: Iterable[Row]) -> dict[str, Any]:
        texts = (self._text(row, chart.column) for row in rows)
        counted = Counter(text[:7] if chart.by == "month" else text for text in texts if text)
        bars = [{"label": label, "count": count} for label, count in sorted(counted.items())]
        return {"label": self._said(chart.label), "bars": bars}

    def _headed(self, name: str) -> str:
        own = next((one.label for one in CONTRACT.columns if one.logical == name), None)
        return self._said(own) if own else self._table.attributes[name].label

    def _said(self, text: Text) -> str:
        return text.sv if self._swedish else text.en

    def _text(self, row: Row, name: str) -> str:
        attribute = self._table.attributes[name]
        value = row.value(attribute)
        if value in attribute.options:
            return attribute.options[value][int(self._swedish)]
        if attribute.is_reference:
            return self._world.label(value, attribute) or ""
        return "" if value is None else str(value)

    def _fits(self, row: Row, condition: Condition) -> bool:
        value = row.values.get(condition.column)
        if condition.operator == "in":
            return value is not None and str(value) in condition.value
        at, now = _moment(value), self._world.now()
        if at is None:
            return False
        if condition.operator == "this-month":
            return (at.year, at.month) == (now.year, now.month)
        if condition.operator == "olderthan-x-days":
            return at < now - timedelta(days=int(_only(condition.value)))
        raise NotImplementedError(condition.operator)


def _only(values: Sequence[str]) -> str:
    (value,) = values
    return value


def _moment(value: Any) -> datetime | None:
    return datetime.fromisoformat(str(value).replace("Z", "+00:00")) if value else None
