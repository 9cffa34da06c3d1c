"""Stamping: what a recorded row takes from the product and the price facts, and keeps whatever happens to them later.

Source: domain.md 2.5 (the work date decides; price, its source and the VAT class are copied to the row), 4 (VAT by the
day of the work). Which price holds is decided by `shared.prices`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from services.workorders.domain.errors import RowRefused
from services.workorders.domain.values import PriceSource
from shared.errors import FieldError
from shared.money import line_net
from shared.prices import Resolution, Step
from shared.vat import NoVatRate, VatClass, rate_on

LARGEST_NET = Decimal("1000000000")
"""Rows of this size and above are slips of the finger; sums of rows stay far below what a column holds."""


LARGEST_QUANTITY = Decimal("10000000000")
"""Likewise of one row, in whatever unit."""


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """What stamping needs of a product, beside its price."""

    vat_class: VatClass
    price_editable: bool = False
    field_recordable: bool = True
    archived: bool = False

    def in_use(self) -> ProductFacts:
        """Return the same for a row that no person chose the product of: it is taxed and priced like any other."""
        return replace(self, field_recordable=True, archived=False)


@dataclass(frozen=True, slots=True)
class PriceWish:
    """What the caller says about the price.

    unit_price        typed by hand; None takes the resolved price
    reason            why it was typed
    discount_percent  0–100, 2 decimals; a discount is typed by its nature
    by_planner        the caller may plan, so may price any product and record any product
    """

    unit_price: Decimal | None = None
    reason: str | None = None
    discount_percent: Decimal = Decimal(0)
    by_planner: bool = False


@dataclass(frozen=True, slots=True)
class Stamp:
    """What goes on the row. unit_price is None when no price is known and none was typed."""

    unit_price: Decimal | None
    price_source: PriceSource | None
    price_reason: str | None
    price_explanation: dict[str, Any]
    discount_percent: Decimal
    vat_class: VatClass
    vat_rate_percent: Decimal


NO_PRICE = Resolution(None, None, ())
"""What is resolved where nothing has a price."""


def stamp(
    product: ProductFacts, resolution: Resolution, wish: PriceWish, *, work_date: date, quantity: Decimal
) -> Stamp:
    """Return the price and VAT of a row recorded for `work_date`.

    resolution  what the product costs for the order's customer and site, unless it is typed
    quantity  in the product's unit, 3 decimals, may be negative; only used to refuse absurd amounts.
    Raises RowRefused with one error per wrong field; pointers are relative to the row, e.g. `/unit_price`.
    """
    errors = [*_product_errors(product, wish), *_price_errors(product, wish)]
    rate_percent = Decimal(0)
    try:
        rate_percent = rate_on(product.vat_class, work_date)
    except NoVatRate:
        errors.append(FieldError("/work_date", "vat.no_rate_on_day", "No VAT rate is known for this day."))
    unit_price, source = _price(resolution, wish)
    if _is_absurd(quantity, unit_price):
        errors.append(FieldError("/quantity", "amount.too_large", "Quantity times price is too large."))
    if errors:
        raise RowRefused(errors=errors)
    reason = wish.reason if source is PriceSource.TYPED else None
    explanation = explain(resolution)
    return Stamp(unit_price, source, reason, explanation, wish.discount_percent, product.vat_class, rate_percent)


def _is_absurd(quantity: Decimal, unit_price: Decimal | None) -> bool:
    """A part of a set may be a thousandth of a unit, or a hundred thousand of them for each set."""
    price = unit_price or Decimal(0)
    largest = max(abs(price), abs(line_net(quantity, price)))
    return largest >= LARGEST_NET or abs(quantity) >= LARGEST_QUANTITY


def source_of(resolution: Resolution) -> PriceSource | None:
    """Return where a resolved price came from; None if there is none."""
    return PriceSource(resolution.source.name.lower()) if resolution.source is not None else None


def explain(resolution: Resolution) -> dict[str, Any]:
    """Return, as JSON, the price that was resolved and the facts that made it, weakest first.

    `resolved_price` differs from the row's price where that was typed by hand.
    """
    price = resolution.unit_price
    return {
        "resolved_price": None if price is None else f"{price:.4f}",
        "steps": [_told(step) for step in resolution.steps if step.verdict == "applied"],
    }


def _told(step: Step) -> dict[str, Any]:
    fact, after = step.fact, step.price_after
    return {
        "fact_id": fact.id,
        "source": fact.scope.source.name.lower(),
        "price": None if fact.price is None else f"{fact.price:.4f}",
        "discount_percent": None if fact.discount_percent is None else f"{fact.discount_percent:.2f}",
        "min_quantity": f"{fact.min_quantity:.3f}",
        "valid_from": None if fact.period.first == date.min else fact.period.first.isoformat(),
        "valid_to": None if fact.period.last is None else fact.period.last.isoformat(),
        "price_after": None if after is None else f"{after:.4f}",
    }


def _price(resolution: Resolution, wish: PriceWish) -> tuple[Decimal | None, PriceSource | None]:
    if wish.unit_price is not None:
        return wish.unit_price, PriceSource.TYPED
    return resolution.unit_price, source_of(resolution)


def reason_errors(wish: PriceWish) -> Iterator[FieldError]:
    """Yield what is wrong with why a price was typed, whatever the product."""
    if wish.unit_price is not None and not (wish.reason or "").strip():
        yield FieldError("/price_reason", "reason.missing", "Say why the price was typed by hand.")


def _product_errors(product: ProductFacts, wish: PriceWish) -> Iterator[FieldError]:
    if product.archived:
        yield FieldError("/product_id", "product.archived", "The product is archived.")
    if not product.field_recordable and not wish.by_planner:
        yield FieldError("/product_id", "product.not_for_field", "This product is not recorded in the field.")


def _price_errors(product: ProductFacts, wish: PriceWish) -> Iterator[FieldError]:
    may_type = product.price_editable or wish.by_planner
    if wish.unit_price is not None and not may_type:
        yield FieldError("/unit_price", "price.not_editable", "The price of this product is not typed by hand.")
    yield from reason_errors(wish)
    if wish.discount_percent and not may_type:
        yield FieldError("/discount_percent", "price.not_editable", "This product is not discounted by hand.")
