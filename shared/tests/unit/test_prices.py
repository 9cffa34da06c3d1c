"""Which price wins: the rules of domain.md §2.5, and agreement with a reference that works by another way."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP
from decimal import Decimal as D

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.periods import Period
from shared.prices import PriceBook, PriceFact, Question, Scope, Source, resolve

DAY = date(2026, 9, 3)
SCOPES = [Scope(), Scope("A"), Scope("B"), Scope(customer_id="c"), Scope(site_id="s"), Scope(site_id="p")]


def fact(number: int, scope: Scope, value: str, *, first: int, length: int, step: str, discount: bool) -> PriceFact:
    begin = DAY + timedelta(days=first)
    period = Period(str(number), begin, begin + timedelta(days=length) if length < 3 else None)
    as_discount = discount and scope != Scope()
    return PriceFact(
        str(number),
        scope,
        period,
        D(step),
        price=None if as_discount else D(value),
        discount_percent=D(value) if as_discount else None,
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
        discount=st.booleans(),
    ),
    max_size=14,
    unique_by=lambda one: one.id,
)
questions = st.builds(
    Question,
    st.just(DAY),
    st.sampled_from([D(1), D(5), D(-20)]),
    st.sampled_from([None, "c"]),
    st.sampled_from([None, "A"]),
    st.sampled_from([(), ("s", "p"), ("p",)]),
)


def naive(found: list[PriceFact], question: Question) -> tuple[D | None, Source | None]:
    """Go from the weakest source to the strongest, and let each change the price that the weaker ones gave."""
    rungs: list[tuple[Source, list[Scope]]] = [
        (Source.LIST, [Scope()]),
        (Source.GROUP, [Scope(question.price_group)] if question.price_group else []),
        (Source.CUSTOMER, [Scope(customer_id=question.customer_id)] if question.customer_id else []),
        (Source.SITE, [Scope(site_id=site) for site in question.site_path]),
    ]
    price: D | None = None
    source: Source | None = None
    for rung, scopes in rungs:
        holding = [
            one
            for scope in scopes[:1] + scopes[1:]
            for one in found
            if one.scope == scope
            and one.period.first <= DAY
            and (one.period.last is None or one.period.last >= DAY)
            and one.min_quantity <= abs(question.quantity)
        ]
        if not holding:
            continue
        nearest = next(scope for scope in scopes if any(one.scope == scope for one in holding))
        own = [one for one in holding if one.scope == nearest]
        largest = max(one.min_quantity for one in own)
        winner = max((one for one in own if one.min_quantity == largest), key=lambda one: (one.period.first, one.id))
        if winner.price is not None:
            price, source = winner.price, rung
        elif price is not None and winner.discount_percent is not None:
            exact = price * (100 - winner.discount_percent) / 100
            price, source = exact.quantize(D("0.0001"), rounding=ROUND_HALF_UP), rung
    return price, source


@settings(max_examples=300, deadline=None)
@given(facts, questions)
def test_the_price_is_the_one_that_a_naive_search_finds(found: list[PriceFact], question: Question) -> None:
    resolved = resolve(found, question)
    assert (resolved.unit_price, resolved.source) == naive(found, question)
    assert {step.fact.id for step in resolved.steps} == {one.id for one in found}, "every fact is explained"
    again = resolve(list(reversed(found)), question)
    assert (again.unit_price, again.source) == (resolved.unit_price, resolved.source)


@settings(max_examples=100, deadline=None)
@given(facts, facts, questions)
def test_a_book_says_what_the_facts_of_a_product_say(
    found: list[PriceFact], other: list[PriceFact], question: Question
) -> None:
    book = PriceBook([*(("one", fact) for fact in found), *(("other", fact) for fact in other)])
    for product, own in (("one", found), ("other", other)):
        asked, plain = book.resolve(product, question), resolve(own, question)
        assert (asked.unit_price, asked.source) == (plain.unit_price, plain.source)
        in_scope = {one.id for one in own if one.scope.key in question.scope_keys}
        assert {step.fact.id for step in asked.steps} == in_scope
    assert book.resolve("none", question).unit_price is None


def test_discounts_are_taken_off_what_would_hold_without_them() -> None:
    period = Period("x", DAY)
    found = [
        PriceFact("1", Scope(), period, price=D("57.75")),
        PriceFact("2", Scope("A"), period, discount_percent=D(8)),
        PriceFact("3", Scope(site_id="s"), period, discount_percent=D(50)),
    ]
    resolved = resolve(found, Question(DAY, price_group="A", site_path=("s",)))
    assert (resolved.unit_price, resolved.source) == (D("26.5650"), Source.SITE)
    assert resolve(found[1:], Question(DAY, price_group="A")).unit_price is None
