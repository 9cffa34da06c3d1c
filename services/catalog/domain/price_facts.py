"""What a product costs for whom, when and from which quantity: dated facts, and the one that wins (domain.md §2.5).

Sources, strongest first: agreement for the site, agreement for the customer, price group, list price. Inside one source
the nearest site wins, then the largest quantity step that is reached, then the newest start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum
from typing import Any, Final

from services.catalog.domain.errors import InvalidPrice
from shared.errors import FieldError
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


@dataclass(frozen=True, slots=True)
class Step:
    """One fact that was looked at, and what became of it: applied, other_scope, other_day, quantity, weaker."""

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


def check_fact(given: Mapping[str, Any]) -> Scope:
    """Return the scope of a new fact. Raises InvalidPrice: exactly one of price and discount, at most one scope."""
    errors = []
    if (given.get("price") is None) == (given.get("discount_percent") is None):
        errors.append(FieldError("/price", "price_or_discount", "Give a price or a discount, and not both."))
    named = [name for name in ("price_group", "customer_id", "site_id") if given.get(name)]
    if len(named) > 1:
        errors.append(FieldError(f"/{named[1]}", "one_scope", "A price is for a group, a customer or a site."))
    if given.get("discount_percent") is not None and not named:
        errors.append(FieldError("/discount_percent", "no_scope", "A discount needs a group, a customer or a site."))
    if errors:
        raise InvalidPrice(errors=errors)
    return Scope(*(given.get(name) or None for name in ("price_group", "customer_id", "site_id")))


def adjusted(price: Decimal, percent: Decimal, step: Decimal) -> Decimal:
    """Return a price changed by `percent` and rounded to a multiple of `step`, half away from zero.

    step  e.g. 0.05 for whole five cents; 0.0001 is the finest
    """
    changed = round_unit_price(price * (_HUNDRED + percent) / _HUNDRED)
    multiples = (changed / step).quantize(Decimal(1), rounding="ROUND_HALF_UP")
    return round_unit_price(multiples * step)


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
