"""Money: exact decimals, rounded at named places only.

Rounding is half away from zero everywhere (domain.md §4: it happens at the line total, the VAT of a rate and
the document total, and nowhere else). No float ever becomes an amount: the functions refuse it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from typing import Final

from shared.errors import Malformed, RuleBroken

AMOUNT_STEP: Final = Decimal("0.01")
UNIT_PRICE_STEP: Final = Decimal("0.0001")
QUANTITY_STEP: Final = Decimal("0.001")
MAX_DIGITS: Final = 20
"""Longest number that is read from text: far above any real amount, far below what would slow us down."""

# Wide enough for quantity × price × percent without an intermediate rounding; ROUND_HALF_UP in `decimal`
# rounds the magnitude, which is "half away from zero" for both signs.
_EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
_HUNDRED = Decimal(100)


class MixedCurrencies(RuleBroken):
    """Two amounts of different currencies were added or compared."""

    code = "money.mixed_currencies"
    title = "Amounts of two currencies cannot be added"


class InvalidDiscount(RuleBroken):
    """A discount below 0 or above 100 percent."""

    code = "money.invalid_discount"
    title = "A discount is between 0 and 100 percent"


class CannotSpread(RuleBroken):
    """There is nothing to spread over, or the total has more decimals than the shares may have."""

    code = "money.cannot_spread"
    title = "The total cannot be shared"


class NotADecimal(Malformed):
    """The text is not a number in the Finnish (or plain machine) form."""

    code = "money.not_a_decimal"
    title = "This is not a number"


def round_amount(value: Decimal) -> Decimal:
    """Round to cents, half away from zero: 0.125 → 0.13, -0.125 → -0.13."""
    return _round(value, AMOUNT_STEP)


def round_unit_price(value: Decimal) -> Decimal:
    """Round a price of one unit to 4 decimals, half away from zero."""
    return _round(value, UNIT_PRICE_STEP)


def round_quantity(value: Decimal) -> Decimal:
    """Round a quantity to 3 decimals, half away from zero."""
    return _round(value, QUANTITY_STEP)


def line_net(quantity: Decimal, unit_price: Decimal, discount_percent: Decimal = Decimal(0)) -> Decimal:
    """Return quantity × unit price − discount, in cents, rounded once (finnish-billing.md §4, EN 16931).

    quantity          in the row's unit; negative for returned material.
    unit_price        without VAT, for one unit.
    discount_percent  0–100; so a discount never turns a line's sign.
    Raises InvalidDiscount.
    """
    if not 0 <= discount_percent <= _HUNDRED:
        raise InvalidDiscount(f"The discount is {discount_percent} %")
    gross = _EXACT.multiply(quantity, unit_price)
    net = _EXACT.divide(_EXACT.multiply(gross, _HUNDRED - discount_percent), _HUNDRED)
    return round_amount(net)


def spread(total: Decimal, weights: Sequence[Decimal], *, step: Decimal = AMOUNT_STEP) -> tuple[Decimal, ...]:
    """Share `total` in proportion to `weights` so that the rounded shares add up to it exactly.

    Method: every share is rounded down to `step`, the missing steps go to the largest remainders (earlier
    ones first). A negative total gives the mirror image, so a credit takes back what the charge gave.
    Weights that add up to zero share equally.

    Returns one share per weight, in order. Raises CannotSpread when there are no weights for a total other
    than zero, or the total is not a whole number of steps.
    """
    if not weights:
        if total == 0:
            return ()
        raise CannotSpread(f"There is nothing to share {total} over")
    if _round(total, step) != total:
        raise CannotSpread(f"{total} is not a whole number of {step}")
    if total < 0:
        return tuple(-share for share in spread(-total, weights, step=step))
    whole = sum(weights, Decimal(0))
    parts = list(weights) if whole else [Decimal(1)] * len(weights)
    whole = whole or Decimal(len(weights))
    exact = [_EXACT.divide(_EXACT.multiply(total, part), whole) for part in parts]
    shares = [value.quantize(step, rounding=ROUND_FLOOR, context=_EXACT) for value in exact]
    missing = int((total - sum(shares, Decimal(0))) / step)
    by_remainder = sorted(range(len(parts)), key=lambda i: (shares[i] - exact[i], i))
    for index in by_remainder[:missing]:
        shares[index] += step
    return tuple(shares)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency. Arithmetic between currencies raises MixedCurrencies.

    amount    exact decimal of any scale; `rounded()` gives cents.
    currency  ISO 4217, three capital letters.
    """

    amount: Decimal
    currency: str = "EUR"

    def __post_init__(self) -> None:
        _require_decimal(self.amount)
        if not re.fullmatch(r"[A-Z]{3}", self.currency):
            raise Malformed(f"{self.currency!r} is not a currency code (ISO 4217)")

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def rounded(self) -> Money:
        """The same money in cents, rounded half away from zero."""
        return Money(round_amount(self.amount), self.currency)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise MixedCurrencies(f"{self.currency} and {other.currency}")
        return other.amount


_SPACES = "\u0020\u00a0\u2009\u202f\u2007"
_NUMBER = re.compile(
    rf"""(?P<sign>[+-]?)[{_SPACES}]*
    (?: (?P<grouped>[0-9]{{1,3}}(?P<space>[{_SPACES}])[0-9]{{3}}(?:(?P=space)[0-9]{{3}})*)  # 1 234 567
      | (?P<dotted>[0-9]{{1,3}}(?:\.[0-9]{{3}})+(?=,))                                      # 1.234.567,
      | (?P<pointed>[0-9]{{1,3}}(?:,[0-9]{{3}})+(?=\.))                                     # 1,234,567.
      | (?P<quoted>[0-9]{{1,3}}(?:['’][0-9]{{3}})+)                                         # 1'234'567
      | (?P<plain>[0-9]+)
      | (?=[.,][0-9]) )                                                                     # ,50
    (?: [.,](?P<decimals>[0-9]+) )?""",
    re.VERBOSE,
)
_EURO = re.compile(rf"^(?:€|EUR\b)|(?:€|\bEUR|(?<=[0-9])EUR|(?<=[0-9{_SPACES}])e)$", re.IGNORECASE)
_MINUSES = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2011": "-"})


def parse_finnish_decimal(text: str) -> Decimal:
    """Read a number as it is written in Finland: `1 234,50`, `103,2993 €`, `-5`, `12.5`, no-break spaces too.

    A comma or a point is the decimal mark; spaces separate thousands in groups of three; `1.234,50`,
    `1,234.50` and `1'234.50` are read too, since they can mean only one thing. One euro sign (or EUR) may stand before
    or after. Anything else, a unit included, raises NotADecimal, and so do numbers of more than 20 digits.
    """
    stripped = text.strip().strip(_SPACES).translate(_MINUSES)
    stripped = _EURO.sub("", stripped, count=1).strip(_SPACES)
    found = _NUMBER.fullmatch(stripped)
    if found is None:
        raise NotADecimal(f"{text[:40]!r} is not a number")
    whole = next(filter(None, map(found.group, ("grouped", "dotted", "pointed", "quoted", "plain"))), "0")
    digits = re.sub(r"[^0-9]", "", whole)
    if len(digits) + len(found["decimals"] or "") > MAX_DIGITS:
        raise NotADecimal(f"{text[:40]!r} is too long a number")
    return Decimal(f"{found['sign']}{digits}.{found['decimals'] or '0'}".removesuffix(".0"))


def _round(value: Decimal, step: Decimal) -> Decimal:
    _require_decimal(value)
    return value.quantize(step, rounding=ROUND_HALF_UP, context=_EXACT)


def _require_decimal(value: object) -> None:
    if not isinstance(value, Decimal):
        raise TypeError(f"An amount is a Decimal, not {type(value).__name__}")
    if not value.is_finite():
        raise NotADecimal(f"{value} is not an amount")
