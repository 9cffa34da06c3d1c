"""Stamping: what a recorded row takes from the product and keeps whatever happens to the product later.

Source: domain.md 2.5 (the work date decides; price, its source and the VAT class are copied to the row), 4 (VAT by the
day of the work).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.workorders.domain.errors import RowRefused
from services.workorders.domain.values import PriceSource
from shared.errors import FieldError
from shared.money import line_net
from shared.vat import NoVatRate, VatClass, rate_on

LARGEST_NET = Decimal("1000000000")
"""Rows of this size and above are slips of the finger; sums of rows stay far below what a column holds."""


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """What stamping needs of a product. Prices are for one `unit`, without VAT, up to 4 decimals."""

    list_price: Decimal | None
    vat_class: VatClass
    price_editable: bool = False
    field_recordable: bool = True
    archived: bool = False


@dataclass(frozen=True, slots=True)
class PriceWish:
    """What the caller says about the price.

    unit_price        typed by hand; None takes the list price
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
    """What goes on the row. unit_price is None when there is no list price and none was typed."""

    unit_price: Decimal | None
    price_source: PriceSource | None
    price_reason: str | None
    discount_percent: Decimal
    vat_class: VatClass
    vat_rate_percent: Decimal


def stamp(product: ProductFacts, wish: PriceWish, *, work_date: date, quantity: Decimal) -> Stamp:
    """Return the price and VAT of a row recorded for `work_date`.

    quantity  in the product's unit, 3 decimals, may be negative; only used to refuse absurd amounts.
    Raises RowRefused with one error per wrong field; pointers are relative to the row, e.g. `/unit_price`.
    """
    errors = [*_product_errors(product, wish), *_price_errors(product, wish)]
    rate_percent = Decimal(0)
    try:
        rate_percent = rate_on(product.vat_class, work_date)
    except NoVatRate:
        errors.append(FieldError("/work_date", "vat.no_rate_on_day", "No VAT rate is known for this day."))
    unit_price, source = _price(product, wish)
    if unit_price is not None and abs(line_net(quantity, unit_price, Decimal(0))) >= LARGEST_NET:
        errors.append(FieldError("/quantity", "amount.too_large", "Quantity times price is too large."))
    if errors:
        raise RowRefused(errors=errors)
    reason = wish.reason if source is PriceSource.TYPED else None
    return Stamp(unit_price, source, reason, wish.discount_percent, product.vat_class, rate_percent)


def _price(product: ProductFacts, wish: PriceWish) -> tuple[Decimal | None, PriceSource | None]:
    if wish.unit_price is not None:
        return wish.unit_price, PriceSource.TYPED
    return product.list_price, PriceSource.LIST if product.list_price is not None else None


def _product_errors(product: ProductFacts, wish: PriceWish) -> Iterator[FieldError]:
    if product.archived:
        yield FieldError("/product_id", "product.archived", "The product is archived.")
    if not product.field_recordable and not wish.by_planner:
        yield FieldError("/product_id", "product.not_for_field", "This product is not recorded in the field.")


def _price_errors(product: ProductFacts, wish: PriceWish) -> Iterator[FieldError]:
    may_type = product.price_editable or wish.by_planner
    if wish.unit_price is not None:
        if not may_type:
            yield FieldError("/unit_price", "price.not_editable", "The price of this product is not typed by hand.")
        if not (wish.reason or "").strip():
            yield FieldError("/price_reason", "reason.missing", "Say why the price was typed by hand.")
    if wish.discount_percent and not may_type:
        yield FieldError("/discount_percent", "price.not_editable", "This product is not discounted by hand.")
