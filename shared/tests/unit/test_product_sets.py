"""A set as rows: the cents add up, whatever the quantities, prices and discounts (domain.md §2.4, §11.3 case 2)."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.money import InvalidDiscount, line_net
from shared.product_sets import CannotExpand, Component, expand

quantities = st.decimals(D("0.001"), D(100_000), places=3)
prices = st.decimals(0, D(10_000), places=4)
weights = st.decimals(0, 1000, places=4)
priced = st.builds(Component, st.text(max_size=2), quantities, st.none() | prices)
weighted = st.builds(Component, st.text(max_size=2), quantities, st.none() | prices, weights)
baskets = st.lists(priced, min_size=1, max_size=8) | st.lists(weighted, min_size=1, max_size=8)


def lay(*components: tuple[str, str]) -> list[Component]:
    return [Component(str(index), D(quantity), D(price)) for index, (quantity, price) in enumerate(components)]


@settings(max_examples=120, deadline=None)
@given(
    baskets,
    st.decimals(D("-1000"), D(1000), places=3).filter(bool),
    prices | st.decimals(D(-100), 0, places=4),
    st.decimals(0, 100, places=2),
)
@example(lay(("333.333", "1")), D(3), D("1000"), D(0))
@example(lay(("150", "1"), ("150", "1")), D(1), D("0.01"), D(0))
@example(lay(("100000", "0.0001"), ("1", "99999")), D(1), D("10000"), D("0.01"))
@example(lay(("200", "1")), D(1), D("1.99"), D(0))
@example(lay(("0.001", "1")), D("0.001"), D("10000"), D("99.99"))
def test_the_rows_add_up_to_the_set_to_the_cent(basket, quantity, price, discount) -> None:
    rows = expand(quantity, price, basket, discount_percent=discount)
    assert sum(line_net(row.quantity, row.unit_price, row.discount_percent) for row in rows) == line_net(
        quantity, price, discount
    )
    assert [row.net for row in rows] == [line_net(row.quantity, row.unit_price, row.discount_percent) for row in rows]
    assert all(row.quantity * quantity > 0 for row in rows), "a return gives back what a charge took"
    assert all(row.unit_price * price >= 0 for row in rows)
    assert all(row.quantity == round(row.quantity, 3) and row.unit_price == round(row.unit_price, 4) for row in rows)
    assert {row.discount_percent for row in rows} == {discount}
    back = expand(-quantity, price, basket, discount_percent=discount)
    assert [(-row.quantity, row.unit_price) for row in back] == [(row.quantity, row.unit_price) for row in rows]


@settings(max_examples=50, deadline=None)
@given(baskets, st.decimals(D("0.001"), D(1000), places=3), prices)
def test_no_component_is_lost_and_its_quantity_is_that_of_the_sets(basket, quantity, price) -> None:
    basket = [Component(str(index), one.quantity, one.price, one.share_weight) for index, one in enumerate(basket)]
    rows = expand(quantity, price, basket)
    assert list(dict.fromkeys(row.product_id for row in rows)) == [one.product_id for one in basket]
    for one in basket:
        own = sum(row.quantity for row in rows if row.product_id == one.product_id)
        assert abs(own - one.quantity * quantity) <= D("0.001")


def test_a_discount_on_a_set_of_three_is_shared_to_the_cent() -> None:
    basket = lay(("1", "99.99"), ("0.333", "57.75"), ("17", "1.4520"))
    rows = expand(D(1), D("120.00"), basket, discount_percent=D(8))
    assert [row.net for row in rows] == [D("76.71"), D("14.75"), D("18.94")]
    assert sum(row.net for row in rows) == D("110.40")
    assert {row.discount_percent for row in rows} == {D(8)}


@pytest.mark.parametrize(
    ("weights", "nets"),
    [
        (("1", "1", "1"), ["3.34", "3.33", "3.33"]),
        (("2", "1", "0"), ["6.67", "3.33", "0.00"]),
        (("0", "0", "0"), ["3.34", "3.33", "3.33"]),
    ],
)
def test_share_weights_go_before_prices(weights: tuple[str, ...], nets: list[str]) -> None:
    basket = [Component(str(index), D(2), D(index), D(weight)) for index, weight in enumerate(weights)]
    assert [str(row.net) for row in expand(D(1), D("10.00"), basket)] == nets


def test_what_no_unit_price_can_hit_becomes_a_row_of_one() -> None:
    rows = expand(D(1), D("100.01"), lay(("1234", "1")))
    assert [(row.quantity, row.unit_price, row.net) for row in rows] == [
        (D("1233.000"), D("0.0810"), D("99.87")),
        (D(1), D("0.1400"), D("0.14")),
    ]


def test_what_is_given_away_still_shows_its_prices() -> None:
    rows = expand(D(2), D("10.00"), lay(("1", "3"), ("3", "1")), discount_percent=D(100))
    assert [(row.quantity, row.unit_price, row.net) for row in rows] == [
        (D(2), D("5.0000"), D("0.00")),
        (D(6), D("1.6667"), D("0.00")),
    ]


def test_nothing_cannot_be_shared() -> None:
    with pytest.raises(CannotExpand):
        expand(D(1), D(1), [])
    with pytest.raises(CannotExpand):
        expand(D(0), D(1), lay(("1", "1")))
    with pytest.raises(InvalidDiscount):
        expand(D(1), D(1), lay(("1", "1")), discount_percent=D(101))
