"""Products of a contract, as far as they are known (docs/product, docs/product-group). What is not is a switch."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from sandbox.oneflow.account.model import Contract, Product, ProductGroup
from sandbox.oneflow.account.world import Happening
from sandbox.oneflow.api.bodies import Problems, read_object
from sandbox.oneflow.api.call import Call, Route
from sandbox.oneflow.api.problems import invalid, not_found
from sandbox.wire import Response

_KEYS = ("id", "name", "description", "price_1", "price_2", "quantity", "counterparty_lock", "_private_ownerside")
_CONFIGURATION = ("configuration", "enabled_columns", "products")


def add_product(call: Call) -> Response:
    contract, group = _of_path(call)
    body = read_object(call.request, _KEYS, ("name",))
    made = _filled(_new(call), body)
    _store(call, contract, replace(group, products=(*group.products, made)), "product:create")
    return Response.of_json(200, call.views.product(made))


def put_group(call: Call) -> Response:
    """Creates and updates what is sent; whether it deletes what is left out, a switch decides."""
    contract, group = _of_path(call)
    body = read_object(call.request, _CONFIGURATION)
    given = body.get("products")
    if given is None:
        return Response.of_json(200, call.views.product_group(group))
    problems = Problems()
    if not isinstance(given, list):
        raise invalid({"products": ["Must be an array."]})
    for i, one in enumerate(given):
        problems.keys(one, f"products[{i}]", _KEYS)
    problems.raise_if_any()
    there = {one.id: one for one in group.products}
    written = [_filled(there.get(one.get("id")) or _new(call), one) for one in given]
    if call.switches.product_bulk == "keeps":
        named = {one.id for one in written}
        written += [one for one in group.products if one.id not in named]
    changed = replace(group, products=tuple(written))
    _store(call, contract, changed, "product:update")
    return Response.of_json(200, call.views.product_group(changed))


def _of_path(call: Call) -> tuple[Contract, ProductGroup]:
    contract = call.contract_to_write()
    number = call.id_of("group_id")
    group = next((one for one in contract.product_groups if one.id == number), None)
    if group is None:
        raise not_found("Product group", number)
    call.must_be_open(contract, "Products")
    return contract, group


def _new(call: Call) -> Product:
    at = call.world.now()
    return Product(call.world.next_id("product"), "", at, at)


def _filled(product: Product, body: dict[str, Any]) -> Product:
    """Absent keys are kept."""
    price, quantity = body.get("price_1"), body.get("quantity")
    if price is not None:
        discount = (price.get("discount_amount") or {}).get("amount", product.discount)
        product = replace(product, base=str(Decimal(price["base_amount"]["amount"])), discount=str(Decimal(discount)))
    if quantity is not None:
        product = replace(product, quantity=str(Decimal(str(quantity["amount"]))), quantity_type=quantity["type"])
    custom_id = (body.get("_private_ownerside") or {}).get("custom_id", product.custom_id)
    lock = body.get("counterparty_lock", product.counterparty_lock)
    return replace(product, name=body.get("name", product.name), custom_id=custom_id, counterparty_lock=bool(lock))


def _store(call: Call, contract: Contract, group: ProductGroup, event: str) -> None:
    groups = tuple(group if one.id == group.id else one for one in contract.product_groups)
    happenings = [Happening(event)] if contract.state == "pending" else []
    call.world.commit(replace(contract, product_groups=groups), happenings, call.by(contract))


_GROUP = r"/contracts/(?P<contract_id>[^/]+)/product_groups/(?P<group_id>[^/]+)"
ROUTES = (
    Route("PUT", _GROUP, put_group, needs_user=True),
    Route("POST", _GROUP + "/products", add_product, needs_user=True),
)
