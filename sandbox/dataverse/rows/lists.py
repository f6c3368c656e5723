"""Answers with many rows: filtered, in order, counted, page by page (fact sheet 1.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from sandbox.dataverse.customizing.requests import DRAFT
from sandbox.dataverse.odata.headers import TOTAL, TOTAL_EXCEEDED
from sandbox.dataverse.odata.options import COUNTED, LIST, options_of
from sandbox.dataverse.row import Row
from sandbox.dataverse.rows.answers import answer, text
from sandbox.dataverse.rows.views import Asked, Views
from sandbox.dataverse.schema import TableSchema
from sandbox.dataverse.switches import Switches
from sandbox.wire import Request, Response

MOST_COUNTED = 5000


class Lists:
    def __init__(self, views: Views, switches: Switches) -> None:
        self._views, self._switches = views, switches

    def answer(
        self, request: Request, asked: Asked, table: TableSchema, rows: Sequence[Row], path: str, service: str,
        unpublished: bool = False,
    ) -> Response:  # fmt: skip
        """`path`: where these rows are, for the next page's address. Counted where it ends in /$count."""
        counted = path.endswith("/$count")
        options = options_of(request, COUNTED if counted else LIST)
        asked = Asked(asked.caller, options, asked.preferences)
        self._views.selected(table, options.select)
        found = self._views.listed(asked, table, list(rows))
        count = min(len(found), MOST_COUNTED)
        if counted:
            return text(str(count))
        size = min(asked.preferences.page or self._switches.page_size, self._switches.page_size)
        end = len(found) if options.top is None else min(len(found), options.top)
        start = options.skiptoken
        page = found[start : min(start + size, end)]
        content: dict[str, Any] = {"@odata.context": f"{service}/$metadata#{self._views.context(table, options)}"}
        if options.count:
            content["@odata.count"] = count
            if asked.preferences.annotates(TOTAL):
                content |= {f"@{TOTAL}": count, f"@{TOTAL_EXCEEDED}": len(found) > count}
        content["value"] = [self._views.whole(asked, table, row) for row in page]
        if unpublished:
            for row, view in zip(page, content["value"], strict=True):
                view["content"] = row.values.get(DRAFT, row.values.get("content"))
        if start + size < end:
            kept = [f"{name}={quote(value)}" for name, value in request.query if name != "$skiptoken"]
            content["@odata.nextLink"] = f"{service}/{path}?{'&'.join([*kept, f'$skiptoken={start + size}'])}"
        return answer(200, content, asked.preferences.applied())
