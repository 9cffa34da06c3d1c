"""What a product costs for whom, when and from which quantity: dated facts, and the one that wins (domain.md §2.5).

Sources, strongest first: agreement for the site, agreement for the customer, price group, list price. Inside one source
the nearest site wins, then the largest quantity step that is reached, then the newest start.

The owner of the facts explains prices with it, and whoever keeps copies of them prices rows with it: both get the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum
from typing import Final

from shared.money import round_unit_price
from shared.periods import Period

_HUNDRED: Final = Decimal(100)


class Source(IntEnum):
    """Where a price comes from; the larger, the stronger."""

    LIST = 1
    GROUP = 2
    CUSTOMER = 3
    SITE = 4


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom a fact holds; at most one is set, none of them is the list price."""

    price_group: str | None = None
    customer_id: str | None = None
    site_id: str | None = None

    @property
    def source(self) -> Source:
        """Return the source of a fact with this scope."""
        if self.site_id:
            return Source.SITE
        if self.customer_id:
            return Source.CUSTOMER
        return Source.GROUP if self.price_group else Source.LIST

    @property
    def key(self) -> str:
        """Return the scope as one text: facts of one product, scope and step may not overlap."""
        parts = (("site", self.site_id), ("customer", self.customer_id), ("group", self.price_group))
        return next((f"{name}:{value}" for name, value in parts if value), "list")


@dataclass(frozen=True, slots=True)
class PriceFact:
    """A price, or a discount in per cent off the next weaker price, in a period and from a quantity on.

    price             of one unit without VAT, up to 4 decimals; None for a discount
    discount_percent  0 to 100, 2 decimals; None for a price
    """

    id: str
    scope: Scope
    period: Period
    min_quantity: Decimal = Decimal(0)
    price: Decimal | None = None
    discount_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Whose price is asked for.

    site_path  ids of the site and of those it lies in, the site itself first
    """

    day: date
    quantity: Decimal = Decimal(1)
    customer_id: str | None = None
    price_group: str | None = None
    site_path: tuple[str, ...] = ()

    @property
    def scope_keys(self) -> tuple[str, ...]:
        """Return the keys of the scopes whose facts can hold: all others need not be looked at."""
        own = [Scope(site_id=site) for site in self.site_path]
        if self.customer_id:
            own.append(Scope(customer_id=self.customer_id))
        if self.price_group:
            own.append(Scope(self.price_group))
        return tuple(scope.key for scope in (*own, Scope()))


@dataclass(frozen=True, slots=True)
class Step:
    """One fact that was looked at, and what became of it.

    verdict      applied, other_scope, other_day, quantity, weaker, no_price_below
    price_after  the unit price once the fact is applied; None if it was not
    """

    fact: PriceFact
    verdict: str
    price_after: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """The unit price (4 decimals; None if there is none), where it came from, and every step on the way."""

    unit_price: Decimal | None
    source: Source | None
    steps: tuple[Step, ...]


def resolve(facts: Iterable[PriceFact], question: Question) -> Resolution:
    """Return what one unit costs, and why.

    facts  of one product, in any order
    A discount is taken off the price that would hold without it, and so on down; without any price below it the
    discount gives none. The result is rounded to 4 decimals, half away from zero, once for each discount.
    """
    verdicts: list[tuple[PriceFact, str]] = []
    candidates: list[PriceFact] = []
    for fact in facts:
        verdict = _unfit(fact, question)
        if verdict is None:
            candidates.append(fact)
        else:
            verdicts.append((fact, verdict))
    candidates.sort(key=lambda fact: _strength(fact, question), reverse=True)
    discounts: list[PriceFact] = []
    base: PriceFact | None = None
    used_sources: set[Source] = set()
    for fact in candidates:
        if base is not None or fact.scope.source in used_sources:
            verdicts.append((fact, "weaker"))
        elif fact.price is not None:
            base = fact
        else:
            discounts.append(fact)
            used_sources.add(fact.scope.source)
    return _explained(base, discounts, verdicts)


class PriceBook:
    """Facts of many products, found by product and scope: what others have agreed costs no time."""

    def __init__(self, facts: Iterable[tuple[str, PriceFact]]) -> None:
        """Take (product id, fact) pairs in any order."""
        self._by_product: dict[str, dict[str, list[PriceFact]]] = {}
        for product_id, fact in facts:
            self._by_product.setdefault(product_id, {}).setdefault(fact.scope.key, []).append(fact)

    def resolve(self, product_id: str, question: Question) -> Resolution:
        """Return what one unit of a product costs; see `resolve`. The steps tell only of facts in scope."""
        scopes = self._by_product.get(product_id, {})
        return resolve((fact for key in question.scope_keys for fact in scopes.get(key, ())), question)


def _unfit(fact: PriceFact, question: Question) -> str | None:
    scope = fact.scope
    fits = (
        scope.source is Source.LIST
        or (scope.source is Source.GROUP and scope.price_group == question.price_group)
        or (scope.source is Source.CUSTOMER and scope.customer_id == question.customer_id)
        or (scope.source is Source.SITE and scope.site_id in question.site_path)
    )
    if not fits:
        return "other_scope"
    if not fact.period.covers(question.day):
        return "other_day"
    return "quantity" if abs(question.quantity) < fact.min_quantity else None


def _strength(fact: PriceFact, question: Question) -> tuple[int, int, Decimal, date, str]:
    nearness = -question.site_path.index(fact.scope.site_id) if fact.scope.site_id else 0
    return fact.scope.source, nearness, fact.min_quantity, fact.period.first, fact.id


def _explained(
    base: PriceFact | None, discounts: Sequence[PriceFact], verdicts: Sequence[tuple[PriceFact, str]]
) -> Resolution:
    steps: list[Step] = []
    price = base.price if base else None
    if base is not None:
        steps.append(Step(base, "applied", price))
    for fact in reversed(discounts):
        if price is not None and fact.discount_percent is not None:
            price = round_unit_price(price * (_HUNDRED - fact.discount_percent) / _HUNDRED)
            steps.append(Step(fact, "applied", price))
        else:
            steps.append(Step(fact, "no_price_below"))
    steps += [Step(fact, verdict) for fact, verdict in verdicts]
    strongest = discounts[0] if discounts and price is not None else base
    return Resolution(price, strongest.scope.source if strongest else None, tuple(steps))
