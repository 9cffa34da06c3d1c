"""A set product as the rows that it becomes, whose rounded amounts add up to the set's own price (domain.md §2.4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Final

from shared.errors import RuleBroken
from shared.money import QUANTITY_STEP, UNIT_PRICE_STEP, line_net, round_quantity, round_unit_price, spread

_HUNDRED: Final = Decimal(100)
_WIDE: Final = Context(prec=60)


class CannotExpand(RuleBroken):
    """A set without components, or none of a set, has no rows to share a price over."""

    code = "product_set.cannot_expand"
    title = "The set cannot be written as rows"


@dataclass(frozen=True, slots=True)
class Component:
    """What a set consists of.

    quantity      in one set, in the component's unit; above 0, 3 decimals
    price         of one unit without VAT on its own; None if it has none, which weighs as 0
    share_weight  its part of the set's price against those of the others; all components have one, or none has:
                  then quantity × price decides
    """

    product_id: str
    quantity: Decimal
    price: Decimal | None = None
    share_weight: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SetRow:
    """One row of an expanded set; `net` is `line_net` of its other values, in cents."""

    product_id: str
    quantity: Decimal
    unit_price: Decimal
    discount_percent: Decimal
    net: Decimal


def expand(
    quantity: Decimal, unit_price: Decimal, components: Sequence[Component], *, discount_percent: Decimal = Decimal(0)
) -> tuple[SetRow, ...]:
    """Return the rows that a quantity of a set becomes, in the order of its components.

    quantity          how many sets; negative for returned ones, not 0
    unit_price        of one set without VAT, up to 4 decimals
    discount_percent  is written on every row, so that the customer sees it; unit prices are those before it
    The nets of the rows add up to line_net(quantity, unit_price, discount_percent) exactly: the cents are shared by
    largest remainder, and each row gets the 4-decimal unit price that gives its cents. Above a quantity of about 100
    there may be none; then one unit of it becomes a row of its own, which takes the difference.
    Row quantities have 3 decimals; one that would round to nothing becomes 0.001.
    A set without a price has nothing to share: its components are then priced one by one, without this function.
    Raises CannotExpand, and InvalidDiscount from `line_net`.
    """
    if not components:
        raise CannotExpand("The set has no components.")
    if not quantity:
        raise CannotExpand("The quantity of the set is zero.")
    gross = abs(line_net(quantity, unit_price))
    total = abs(line_net(quantity, unit_price, discount_percent))
    weights = _weights(components)
    rows: list[SetRow] = []
    for component, share, gross_share in zip(components, spread(total, weights), spread(gross, weights), strict=True):
        wanted = max(round_quantity(abs(quantity) * component.quantity), QUANTITY_STEP)
        parts = _free(wanted, gross_share) if discount_percent == _HUNDRED else _parts(wanted, share, discount_percent)
        for part, price in parts:
            signed = part.copy_sign(quantity), price.copy_sign(unit_price)
            rows.append(SetRow(component.product_id, *signed, discount_percent, line_net(*signed, discount_percent)))
    return tuple(rows)


def _weights(components: Sequence[Component]) -> list[Decimal]:
    if all(one.share_weight is not None for one in components):
        return [one.share_weight or Decimal(0) for one in components]
    return [one.quantity * (one.price or Decimal(0)) for one in components]


def _free(quantity: Decimal, gross_share: Decimal) -> Iterator[tuple[Decimal, Decimal]]:
    """Everything is given away: any price nets to 0, so the row shows what it would have cost."""
    yield quantity, round_unit_price(_WIDE.divide(gross_share, quantity))


def _parts(quantity: Decimal, net: Decimal, discount_percent: Decimal) -> Iterator[tuple[Decimal, Decimal]]:
    """Yield quantities and unit prices, all 0 or more, whose nets add up to `net`."""
    price = _price(quantity, net, discount_percent)
    if line_net(quantity, price, discount_percent) == net:
        yield quantity, price
        return
    # A step of the unit price moves this row by more than a cent, so its quantity is above 100: one unit can be split
    # off, and for one unit every cent has a price. Rounded down, the rest cannot come to more than `net`.
    rest = quantity - 1
    if line_net(rest, price, discount_percent) > net:
        price = _price(quantity, net, discount_percent, rounding=ROUND_FLOOR)
    yield rest, price
    yield Decimal(1), _price(Decimal(1), net - line_net(rest, price, discount_percent), discount_percent)


def _price(quantity: Decimal, net: Decimal, discount_percent: Decimal, rounding: str | None = None) -> Decimal:
    exact = _WIDE.divide(net * _HUNDRED, quantity * (_HUNDRED - discount_percent))
    if rounding is None:
        return round_unit_price(exact)
    return exact.quantize(UNIT_PRICE_STEP, rounding=rounding, context=_WIDE)
