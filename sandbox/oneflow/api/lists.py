"""Paging, sorting and filtering of collections (docs/pagination, docs/sorting, docs/filtering)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

from sandbox.oneflow.api.problems import invalid
from sandbox.oneflow.api.views import Views
from sandbox.wire import Request, Response

T = TypeVar("T")
MAX_LIMIT, MAX_OFFSET = 100, 19_900
_FILTER = re.compile(r"filter\[(.*)\]")


def paged(request: Request, views: Views, rows: Sequence[T], render: Callable[[T], Any]) -> Response:
    """One page of `rows` in the collection envelope. 400 outside the documented ranges."""
    limit = _whole(request, "limit", 100, 1, MAX_LIMIT)
    offset = _whole(request, "offset", 0, 0, MAX_OFFSET)
    links: dict[str, Any] = {"self": _page(request, views, limit, offset)}
    links["next"] = _page(request, views, limit, offset + limit) if offset + limit < len(rows) else None
    links["previous"] = _page(request, views, limit, max(0, offset - limit)) if offset else None
    if views.switches.last_page_next == "absent":
        links = {name: link for name, link in links.items() if link is not None}
    page = [render(row) for row in rows[offset : offset + limit]]
    return Response.of_json(200, {"_links": links, "count": len(rows), "data": page})


def _whole(request: Request, name: str, default: int, lowest: int, highest: int) -> int:
    text = request.param(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not lowest <= int(text) <= highest:
        raise invalid({name: [f"Must be a whole number from {lowest} to {highest}."]})
    return int(text)


def _page(request: Request, views: Views, limit: int, offset: int) -> dict[str, Any]:
    kept = [(key, value) for key, value in request.query if key not in ("limit", "offset")]
    query = [*kept, ("limit", str(limit)), ("offset", str(offset))]
    path = "/" + request.path.strip("/").removeprefix("v1").strip("/")
    return views.link(f"{path}?" + "&".join(f"{quote(k, safe='[]')}={quote(v, safe='')}" for k, v in query))


def sorted_by(request: Request, rows: Sequence[T], keys: Mapping[str, Callable[[T], Any]]) -> list[T]:
    """`?sort=a,-b`. Empty text first, nulls last; 400 for a key that cannot be sorted by."""
    result = list(rows)
    for part in reversed([p for p in (request.param("sort") or "").split(",") if p]):
        name = part.removeprefix("-")
        if name not in keys:
            raise invalid({"sort": [f"'{name}' is not a sortable attribute."]})
        key = keys[name]
        present = [row for row in result if key(row) is not None]
        absent = [row for row in result if key(row) is None]
        result = sorted(present, key=key, reverse=part.startswith("-")) + absent
    return result


def filters(request: Request, known: Collection[str]) -> dict[str, str]:
    """The `filter[...]` parameters. 400 if one is unknown or repeated."""
    found: dict[str, str] = {}
    for key, value in request.query:
        match = _FILTER.fullmatch(key)
        if not match:
            continue
        name = match.group(1)
        if name not in known:
            raise invalid({key: ["Unknown filter."]})
        if name in found:
            raise invalid({key: ["A filter may be given once only."]})
        found[name] = value
    return found


def any_of(text: str) -> set[str]:
    """A comma list: one of these."""
    return {part.strip() for part in text.split(",")}


def in_range(name: str, text: str) -> Callable[[datetime | None], bool]:
    """A test for `<from>|<to>`, either side may be empty; both ends belong to it."""
    start, bar, end = text.partition("|")
    try:
        lowest = _moment(start) if start else None
        highest = _moment(end) if end else None
    except ValueError as error:
        raise invalid({f"filter[{name}]": ["Not a datetime range."]}) from error
    if not bar:
        raise invalid({f"filter[{name}]": ["A datetime range needs '|'."]})
    return lambda at: at is not None and (lowest is None or at >= lowest) and (highest is None or at <= highest)


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
