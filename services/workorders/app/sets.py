"""Sets: a recorded set is charged through rows of its components, which add up to its price (domain.md 2.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from services.workorders.app.loading import LoadedOrder
from services.workorders.app.prices import PriceBook
from services.workorders.app.rows import apply_stamp, new_row
from services.workorders.domain.pricing import NO_PRICE, PriceWish, stamp
from services.workorders.domain.values import PriceSource
from services.workorders.models import CopyProduct, WorkRow
from shared.money import round_quantity
from shared.product_sets import Component, expand

COMPONENTS = "components"
"""Key of a set's composition in its row's `price_explanation`: it stays as it was when the set was recorded."""


@dataclass(frozen=True, slots=True)
class Part:
    """One row that a set becomes. quantity, unit_price  None: no price is known"""

    product_id: str
    quantity: Decimal
    unit_price: Decimal | None
    discount_percent: Decimal


def stamp_composition(row: WorkRow, product: CopyProduct, prices: PriceBook) -> None:
    """Write onto the row of a set what the set consists of now, with the components' own prices on the work date."""
    row.is_set = True
    parts = [_told(one, prices, row) for one in product.components or ()]
    row.price_explanation = {**(row.price_explanation or {}), COMPONENTS: parts}


def component_ids(row: WorkRow) -> list[str]:
    """Return the products that the set on this row consists of."""
    return [one["product_id"] for one in (row.price_explanation or {}).get(COMPONENTS, ())]


def parts_of(row: WorkRow) -> tuple[Part, ...]:
    """Return the rows that a set's row becomes; their amounts add up to the amount of the set.

    A set without a price has nothing to share: its components have their own prices.
    """
    told = (row.price_explanation or {}).get(COMPONENTS, ())
    components = [_component(one) for one in told]
    if not components or not row.quantity:
        return ()
    if row.unit_price is None:
        return tuple(
            Part(
                one["product_id"],
                round_quantity(row.quantity * Decimal(one["quantity"])),
                _price(one["price"]),
                row.discount_percent,
            )
            for one in told
        )
    found = expand(row.quantity, row.unit_price, components, discount_percent=row.discount_percent)
    return tuple(Part(one.product_id, one.quantity, one.unit_price, one.discount_percent) for one in found)


def set_rows(
    loaded: LoadedOrder, parent: WorkRow, products: Mapping[str, CopyProduct], *, now: datetime
) -> Iterator[WorkRow]:
    """Yield the rows that stand for a set, not yet added to the order; their ids depend on the set's row alone."""
    for index, part in enumerate(parts_of(parent)):
        product = products[part.product_id]
        row = new_row(
            loaded, product, row_id=str(uuid5(UUID(parent.id), str(index))), work_date=parent.work_date, now=now
        )
        row.set_row_id, row.set_code = parent.id, parent.product_code
        row.quantity = part.quantity
        row.chargeability, row.chargeability_reason = parent.chargeability, parent.chargeability_reason
        row.recorded_by, row.worked_by, row.content_hash = parent.recorded_by, parent.worked_by, parent.content_hash
        wish = PriceWish(part.unit_price, parent.product_code, part.discount_percent, by_planner=True)
        facts = product.facts().in_use()
        apply_stamp(row, stamp(facts, NO_PRICE, wish, work_date=parent.work_date, quantity=part.quantity))
        row.price_source = PriceSource.SET.value if part.unit_price is not None else None
        row.price_reason, row.price_explanation = None, None
        yield row


def _told(one: Mapping[str, Any], prices: PriceBook, row: WorkRow) -> dict[str, Any]:
    quantity = Decimal(one["quantity"])
    price = prices.resolve(one["product_id"], quantity * row.quantity, row.work_date).unit_price
    listed = prices.list_price(one["product_id"], row.work_date)
    return {
        "product_id": one["product_id"],
        "quantity": f"{quantity:f}",
        "price": None if price is None else f"{price:.4f}",
        "list_price": None if listed is None else f"{listed:.4f}",
        "share_weight": one.get("share_weight"),
    }


def _component(told: Mapping[str, Any]) -> Component:
    weight = _price(told["share_weight"])
    return Component(told["product_id"], Decimal(told["quantity"]), _price(told["list_price"]), weight)


def _price(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
