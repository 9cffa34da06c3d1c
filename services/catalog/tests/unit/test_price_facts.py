"""Which price wins: the rules of domain.md §2.5, and agreement with a reference that tries everything."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.catalog.domain.price_facts import PriceFact, Question, Scope, Source, adjusted, resolve
from shared.periods import Period

DAY = date(2026, 9, 3)
SCOPES = [Scope(), Scope("A"), Scope("B"), Scope(customer_id="c"), Scope(site_id="s"), Scope(site_id="p")]


def fact(number: int, scope: Scope, price: str, *, first: int = 0, length: int = 0, step: str = "0") -> PriceFact:
    begin = DAY + timedelta(days=first)
    return PriceFact(
        str(number), scope, Period(str(number), begin, begin + timedelta(days=length)), Decimal(step), Decimal(price)
    )


facts = st.lists(
    st.builds(
        fact,
        st.integers(0, 99),
        st.sampled_from(SCOPES),
        st.decimals(0, 100, places=2).map(str),
        first=st.integers(-3, 1),
        length=st.integers(0, 3),
        step=st.sampled_from(["0", "5", "10"]),
    ),
    max_size=12,
    unique_by=lambda one: one.id,
)


@settings(max_examples=60, deadline=None)
@given(
    facts,
    st.sampled_from(["1", "5", "-20"]),
    st.sampled_from([None, "A"]),
    st.sampled_from([None, "c"]),
    st.sampled_from([(), ("s", "p"), ("p",)]),
)
def test_the_winner_is_the_one_that_a_naive_search_finds(found, quantity, group, customer, path) -> None:
    question = Question(DAY, Decimal(quantity), customer, group, path)
    best = None
    for one in found:
        scope = one.scope
        fits = (
            scope == Scope()
            or (scope.price_group is not None and scope.price_group == group)
            or (scope.customer_id is not None and scope.customer_id == customer)
            or scope.site_id in path
        )
        if not fits or not one.period.covers(DAY) or abs(Decimal(quantity)) < one.min_quantity:
            continue
        near = len(path) - path.index(scope.site_id) if scope.site_id else 0
        rank = (scope.source, near, one.min_quantity, one.period.first, one.id)
        if best is None or rank > best[0]:
            best = (rank, one)
    resolved = resolve(found, question)
    assert resolved.unit_price == (best[1].price if best else None)
    assert resolved.source == (best[1].scope.source if best else None)
    assert {step.fact.id for step in resolved.steps} == {one.id for one in found}
    assert resolve(list(reversed(found)), question).unit_price == resolved.unit_price


def test_discounts_are_taken_off_what_would_hold_without_them() -> None:
    period = Period("x", DAY)
    found = [
        PriceFact("1", Scope(), period, price=Decimal("57.75")),
        PriceFact("2", Scope("A"), period, discount_percent=Decimal(8)),
        PriceFact("3", Scope(site_id="s"), period, discount_percent=Decimal(50)),
    ]
    resolved = resolve(found, Question(DAY, price_group="A", site_path=("s",)))
    assert (resolved.unit_price, resolved.source) == (Decimal("26.5650"), Source.SITE)
    assert resolve(found[1:], Question(DAY, price_group="A")).unit_price is None


@pytest.mark.parametrize(
    ("price", "percent", "step", "expected"),
    [
        ("57.75", "3.5", "0.05", "59.75"),
        ("1.00", "0.5", "0.01", "1.01"),  # 1.005: half away from zero
        ("10", "-10", "1", "9"),
        ("1.4520", "0", "0.0001", "1.4520"),
    ],
)
def test_an_adjusted_price_is_rounded_to_the_step(price: str, percent: str, step: str, expected: str) -> None:
    assert adjusted(Decimal(price), Decimal(percent), Decimal(step)) == Decimal(expected)
