"""Product tables: what later capabilities will need to know. Asked of the probe's own draft only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from sync_core.adapters.oneflow.api import OneflowApi
from sync_core.engine.model.actor import MACHINE

Found = tuple[str, str]

_GROUP = "contracts/{id}/product_groups/{group}"
_BASE, _DISCOUNT, _QUANTITY = 100, 10, 2
_KEPT, _LEFT_OUT = "probe-kept", "probe-left-out"
# What `amount` shows of a product of these numbers: of a unit or of the line, by what the discount is of.
_UNIT = {Decimal(_BASE - _DISCOUNT), Decimal((_BASE - _DISCOUNT) * _QUANTITY)}
_LINE = {Decimal(_BASE) - Decimal(_DISCOUNT) / _QUANTITY, Decimal(_BASE * _QUANTITY - _DISCOUNT)}


def products(api: OneflowApi, contract: Mapping[str, object], shown: Mapping[str, Any]) -> Iterator[Found]:
    """Nothing where the template has no product table."""
    groups = shown.get("product_groups") or ()
    if not groups:
        return
    at = {**contract, "group": groups[0].get("id")}
    for custom_id in (_KEPT, _LEFT_OUT):
        api.call("POST", f"{_GROUP}/products", MACHINE, at=at, json=_product(custom_id))
    rows = _rows(api, contract, at)
    named = {(row.get("_private_ownerside") or {}).get("custom_id"): row for row in rows}
    yield "product_custom_id", "yes" if {_KEPT, _LEFT_OUT} <= named.keys() else "no"
    kept = named.get(_KEPT) or rows[-2]
    yield from _discount(kept)
    yield "product_lock", "kept" if kept.get("counterparty_lock") is True else "dropped"
    before = len(rows)
    api.call("PUT", _GROUP, MACHINE, at=at, json={"products": [{"id": kept.get("id"), "name": kept.get("name")}]})
    yield "product_bulk", "deletes" if len(_rows(api, contract, at)) < before else "keeps"


def _product(custom_id: str) -> dict[str, Any]:
    price = {"base_amount": {"amount": f"{_BASE}.00"}, "discount_amount": {"amount": f"{_DISCOUNT}.00"}}
    return {
        "name": custom_id,
        "price_1": price,
        "quantity": {"type": "quantity", "amount": _QUANTITY},
        "counterparty_lock": True,
        "_private_ownerside": {"custom_id": custom_id},
    }


def _rows(api: OneflowApi, contract: Mapping[str, object], at: Mapping[str, object]) -> list[Mapping[str, Any]]:
    data = api.call("GET", "contracts/{id}", MACHINE, at=contract).data or {}
    rows = [one.get("products") or () for one in data.get("product_groups") or () if one.get("id") == at["group"]]
    return list(rows[0]) if rows else []


def _discount(row: Mapping[str, Any]) -> Iterator[Found]:
    amount = ((row.get("price_1") or {}).get("amount") or {}).get("amount")
    try:
        shown = Decimal(str(amount))
    except InvalidOperation:
        return
    if shown in _UNIT:
        yield "product_discount", "unit"
    elif shown in _LINE:
        yield "product_discount", "line"
