"""Parts of charging that need no database: list prices of a copy, totals, sets as rows, hashes of repeated rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.workorders.app.charging import charging_totals
from services.workorders.app.commands import RowWish
from services.workorders.app.sets import COMPONENTS, parts_of
from services.workorders.domain.rows import REMOVED, Measure
from services.workorders.models import CopyProduct, CopySite, WorkRow
from shared.money import line_net
from shared.prices import Question, resolve

PRICES = [
    {"id": "b", "price": "60.0000", "valid_from": "2026-07-01", "valid_to": "2026-07-31"},
    {"id": "a", "price": "50.0000", "valid_from": "2026-01-01", "valid_to": "2026-06-29"},
]


@pytest.mark.parametrize(
    ("day", "price"),
    [
        (date(1999, 1, 1), "50"),
        (date(2026, 6, 29), "50"),
        (date(2026, 6, 30), None),
        (date(2026, 7, 31), "60"),
        (date(2026, 8, 1), None),
    ],
)
def test_the_first_list_price_holds_for_the_days_before_it_and_no_other_does(day: date, price: str | None) -> None:
    product = CopyProduct(id="p", list_price=Decimal(70), list_prices=PRICES)
    found = resolve(product.list_facts(), Question(day)).unit_price
    assert found == (None if price is None else Decimal(price))


@pytest.mark.parametrize(("listed", "told"), [(None, True), (None, False), ([], True)])
def test_a_product_without_a_list_price_has_none(listed: list[Any] | None, told: bool) -> None:
    product = CopyProduct(id="p", list_price=None, list_prices=listed if told else None)
    assert product.list_facts() == []


@pytest.mark.parametrize(
    ("path", "found"),
    [(None, ("c",)), ("/", ("c",)), ("/c", ("c",)), ("/a/b/c", ("c", "b", "a")), ("/a/b/c/", ("c", "b", "a"))],
)
def test_a_path_is_walked_from_the_site_up(path: str | None, found: tuple[str, ...]) -> None:
    assert CopySite(id="c", path=path).nearest_first == found


def row(**values: Any) -> WorkRow:
    return WorkRow(**{"planned": False, "is_set": False, "chargeability": "charge", "unit": "h", **values})


def test_totals_are_by_unit_and_leave_out_what_rules_add() -> None:
    rows = [
        row(worked_quantity=Decimal("1.3"), quantity=Decimal("1.5")),
        row(worked_quantity=Decimal("2"), quantity=Decimal("2"), chargeability="included"),
        row(worked_quantity=Decimal("9"), quantity=Decimal("9"), closed_reason=REMOVED),
        row(worked_quantity=Decimal("1"), quantity=Decimal("1"), closed_reason="Hyvitys"),
        row(worked_quantity=None, quantity=Decimal("4"), derived_by="rule"),
        row(worked_quantity=None, quantity=Decimal("2"), set_row_id="set"),
        row(worked_quantity=Decimal("7"), quantity=Decimal("5"), unit="km"),
    ]
    assert charging_totals(rows) == (
        Measure("h", Decimal("4.3"), Decimal("3.5")),
        Measure("km", Decimal(7), Decimal(5)),
    )


def set_row(quantity: Decimal, price: Decimal | None, parts: list[Any], discount: str = "0") -> WorkRow:
    told = {COMPONENTS: parts}
    return row(
        is_set=True, quantity=quantity, unit_price=price, discount_percent=Decimal(discount), price_explanation=told
    )


def part(quantity: str, price: str | None = None, weight: str | None = None) -> dict[str, Any]:
    return {
        "product_id": "p",
        "quantity": quantity,
        "price": price,
        "list_price": price,
        "share_weight": weight,
    }


@given(
    quantity=st.decimals("-999.999", "999.999", places=3).filter(bool),
    price=st.decimals("0", "5000", places=4),
    parts=st.lists(
        st.builds(
            part,
            st.decimals("0.001", "500", places=3).map(str),
            st.none() | st.decimals("0", "99", places=4).map(str),
        ),
        min_size=1,
        max_size=6,
    ),
    discount=st.sampled_from(["0", "8.00", "33.33"]),
)
def test_the_parts_of_a_set_add_up_to_its_amount(
    quantity: Decimal, price: Decimal, parts: list[Any], discount: str
) -> None:
    parent = set_row(quantity, price, parts, discount)
    found = [line_net(one.quantity, one.unit_price or Decimal(0), one.discount_percent) for one in parts_of(parent)]
    assert sum(found) == parent.net


def test_a_set_without_price_or_composition_has_what_its_parts_have() -> None:
    assert parts_of(set_row(Decimal(2), None, [])) == ()
    known, unknown = parts_of(set_row(Decimal(2), None, [part("1.5", "10"), part("2")]))
    assert (known.quantity, known.unit_price) == (Decimal(3), Decimal(10))
    assert (unknown.quantity, unknown.unit_price) == (Decimal(4), None)


def test_a_row_that_was_sent_before_an_upgrade_is_recognised_after_it() -> None:
    """The hash of the release before charging rules; a changed one would refuse what a phone repeats."""
    wish = RowWish("01939f6a-7c00-7cc0-8f00-2b5a1d3e4f60", Decimal("2.5"))
    assert wish.content_hash == "b62ace3e3c9da4c708cf3fd7fc9e11792a2e2e8d34346810f3a6d7a202a068d9"
    marked = RowWish(wish.product_id, wish.quantity, marks=("overtime_50",))
    by_hand = RowWish(wish.product_id, wish.quantity, charge_as_recorded=True)
    assert len({wish.content_hash, marked.content_hash, by_hand.content_hash}) == 3
