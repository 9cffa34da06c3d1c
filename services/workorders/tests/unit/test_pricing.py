"""What a row takes from its product, and what may be typed by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.workorders.domain.errors import RowRefused
from services.workorders.domain.pricing import PriceWish, ProductFacts, Stamp, stamp
from services.workorders.domain.rows import QuantityOf, compare_with_plan
from services.workorders.domain.values import PriceSource
from shared.periods import Period
from shared.prices import PriceFact, Question, Resolution, Scope, resolve
from shared.vat import VatClass

DAY = date(2026, 11, 20)
LABOUR = ProductFacts(VatClass.STANDARD)
EDITABLE = ProductFacts(VatClass.STANDARD, price_editable=True)


def listed(price: str | None) -> Resolution:
    facts = [] if price is None else [PriceFact("f", Scope(), Period("f", date(2026, 1, 1)), price=Decimal(price))]
    return resolve(facts, Question(DAY))


def stamped(
    product: ProductFacts,
    wish: PriceWish | None = None,
    *,
    price: str | None = "57.75",
    day: date = DAY,
    quantity: str = "1",
) -> Stamp:
    return stamp(product, listed(price), wish or PriceWish(), work_date=day, quantity=Decimal(quantity))


def refused(product: ProductFacts, wish: PriceWish | None = None, **when: str | date) -> list[tuple[str, str]]:
    with pytest.raises(RowRefused) as caught:
        stamped(product, wish, **when)  # type: ignore[arg-type]
    return [(error.pointer, error.code) for error in caught.value.errors]


def test_the_list_price_and_the_rate_of_the_day_are_stamped() -> None:
    row = stamped(LABOUR)
    assert (row.unit_price, row.price_source) == (Decimal("57.7500"), PriceSource.LIST)
    assert (row.vat_class, row.vat_rate_percent) == (VatClass.STANDARD, Decimal("25.5"))


@pytest.mark.parametrize(
    ("vat_class", "day", "rate"),
    [
        (VatClass.STANDARD, date(2024, 8, 31), "24"),
        (VatClass.STANDARD, date(2024, 9, 1), "25.5"),
        (VatClass.REDUCED, date(2025, 12, 31), "14"),
        (VatClass.REDUCED, date(2026, 1, 1), "13.5"),
    ],
)
def test_the_work_date_decides_the_rate(vat_class: VatClass, day: date, rate: str) -> None:
    assert stamped(ProductFacts(vat_class), day=day).vat_rate_percent == Decimal(rate)


def test_a_product_without_a_price_leaves_the_row_without() -> None:
    row = stamped(EDITABLE, price=None)
    assert (row.unit_price, row.price_source) == (None, None)


def test_a_typed_price_is_remembered_with_its_reason() -> None:
    row = stamped(EDITABLE, PriceWish(Decimal("450"), "Tarjous 12.11."))
    assert (row.unit_price, row.price_source, row.price_reason) == (
        Decimal("450"),
        PriceSource.TYPED,
        "Tarjous 12.11.",
    )


def test_who_plans_may_price_anything() -> None:
    assert stamped(LABOUR, PriceWish(Decimal(50), "sovittu", by_planner=True)).unit_price == 50


def test_everything_wrong_comes_at_once() -> None:
    product = ProductFacts(VatClass.STANDARD, field_recordable=False, archived=True)
    wish = PriceWish(Decimal(2), " ", Decimal(5))
    assert refused(product, wish, day=date(1999, 1, 1)) == [
        ("/product_id", "product.archived"),
        ("/product_id", "product.not_for_field"),
        ("/unit_price", "price.not_editable"),
        ("/price_reason", "reason.missing"),
        ("/discount_percent", "price.not_editable"),
        ("/work_date", "vat.no_rate_on_day"),
    ]


def test_absurd_amounts_are_slips_of_the_finger() -> None:
    assert stamped(LABOUR, price="1000000", quantity="999.999")
    assert refused(LABOUR, price="1000000", quantity="-1000") == [("/quantity", "amount.too_large")]


def test_the_plan_is_compared_per_product_and_unit() -> None:
    rows = [
        QuantityOf("a", "h", Decimal("4"), planned=True),
        QuantityOf("b", "kpl", Decimal("1"), planned=False),
        QuantityOf("a", "h", Decimal("1.5"), planned=False),
        QuantityOf("a", "h", Decimal("1"), planned=False),
    ]
    first, second = compare_with_plan(rows)
    assert (first.product_id, first.planned, first.recorded, first.difference) == (
        "a",
        4,
        Decimal("2.5"),
        Decimal("-1.5"),
    )
    assert (second.planned, second.difference) == (0, 1)
    assert compare_with_plan(rows[1:]) == ()
