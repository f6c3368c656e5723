"""A contract's own log of changes. https://developer.oneflow.com/docs/contract-event"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync_core.adapters.oneflow.api import OneflowApi, count_of, listed
from sync_core.engine.model.actor import MACHINE
from sync_core.engine.model.contracts import ContractEvent
from sync_core.errors import Refused

_PAGE = 100


def newest(api: OneflowApi, contract_id: int, sorts: bool = True) -> list[Any]:
    """Some hundred events, the newest first, whether or not Oneflow sorts them as it is asked to. `sorts`: False where
    it is known to refuse to."""
    rows, count = _page(api, contract_id, 0, sorts)
    if count > len(rows) and not _is_newest_first(rows):
        # In its own order, oldest first: the newest are at the end.
        rows, _ = _page(api, contract_id, max(0, count - _PAGE), sorts)
    return sorted(rows, key=_age, reverse=True)


def _page(api: OneflowApi, contract_id: int, offset: int, sorts: bool) -> tuple[list[Any], int]:
    """Its rows, and how many there are in all, where that is told."""
    params: dict[str, str | int] = {"limit": _PAGE, "offset": offset} | ({"sort": "-created_time"} if sorts else {})
    try:
        data = api.call("GET", "contracts/{id}/events", MACHINE, at={"id": contract_id}, params=params).data
    except Refused as refused:
        if refused.status != 400 or not sorts:
            raise
        return _page(api, contract_id, offset, sorts=False)
    rows = [row for row in listed(data) if isinstance(row, Mapping)]
    count = count_of(data)
    return rows, len(rows) if count is None else count


def _is_newest_first(rows: list[Any]) -> bool:
    return bool(rows) and _age(rows[0]) >= _age(rows[-1])


def _age(row: Mapping[str, Any]) -> tuple[str, int]:
    """Grows with time; an event's id tells the order where whole seconds do not."""
    number = row.get("id")
    return str(row.get("created_time") or ""), number if isinstance(number, int) else 0


_Change = tuple[str | None, str | None]  # from, to


def event_of(row: Any) -> list[ContractEvent]:
    """One event per data field that the row tells of; the sheet is silent on how a field is named, so all are tried."""
    if not isinstance(row, Mapping):
        return []
    actor = row.get("actor")
    name = str(actor.get("name") or "") if isinstance(actor, Mapping) else ""
    head = (int(row.get("id") or 0), str(row.get("type") or ""), str(row.get("created_time") or ""), name)
    return [ContractEvent(*head, tuple(changes), field_id) for field_id, changes in _by_field(row).items()]


def _by_field(row: Mapping[str, Any]) -> dict[int | None, list[_Change]]:
    """The changes of each field; none of them for a field that changed where nothing tells how."""
    data = row.get("data")
    data = data if isinstance(data, Mapping) else {}
    whole = _field_id(row) or _field_id(data)
    found: dict[int | None, list[_Change]] = {}
    for change in data.get("changes") or ():
        if isinstance(change, Mapping) and change.get("attribute") in (None, "value"):
            own = _field_id(change) or whole
            found.setdefault(own, []).append((_text(change.get("from")), _text(change.get("to"))))
    if not found and "data_field" in str(row.get("type")):
        found[whole] = []
    return found


def _field_id(part: Mapping[str, Any]) -> int | None:
    for name in ("data_field", "subject"):
        one = part.get(name)
        if isinstance(one, Mapping) and isinstance(one.get("id"), int):
            return int(one["id"])
    plain = part.get("data_field_id")
    return plain if isinstance(plain, int) else None


def _text(value: Any) -> str | None:
    """Cleared reads as an empty text; a change that does not tell a side leaves it unknown."""
    if value is None:
        return None
    return value if isinstance(value, str) else str(value)
