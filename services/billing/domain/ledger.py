"""The row ledger: where the quantity of every approved work row is.

A row starts open; a document reserves it, an accepted dispatch transfers it, a reversal credits it back to
open, and what shall never be billed is closed with a reason. The one rule that always holds (domain sheet,
section 3):

    quantity = open + reserved + transferred − credited + closed

Quantities are `Decimal` with up to three decimals in the row's unit and may be negative (returned material).
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from services.billing.domain.errors import LedgerBroken, NotInBucket

ZERO = Decimal(0)


class RowState(StrEnum):
    """Where the bulk of a row is; for people and filters. The buckets of `Balance` are the truth."""

    OPEN = "open"
    RESERVED = "reserved"
    TRANSFERRED = "transferred"
    CREDITED = "credited"
    CLOSED_WITHOUT_BILLING = "closed_without_billing"


@dataclass(frozen=True, slots=True)
class Balance:
    """The buckets of one ledger row; see the module for their rule.

    `transferred` and `credited` only ever grow: their difference is what the target holds for us now.
    """

    quantity: Decimal
    open: Decimal = ZERO
    reserved: Decimal = ZERO
    transferred: Decimal = ZERO
    credited: Decimal = ZERO
    closed: Decimal = ZERO

    @property
    def state(self) -> RowState:
        """The state to show: what is on its way first, then what can still be billed, then what is over."""
        if self.reserved:
            return RowState.RESERVED
        if self.open:
            return RowState.CREDITED if self.credited else RowState.OPEN
        if self.transferred - self.credited:
            return RowState.TRANSFERRED
        return RowState.CLOSED_WITHOUT_BILLING


def checked(balance: Balance) -> Balance:
    """Return `balance` if its buckets add up to its quantity; raises LedgerBroken if not."""
    total = balance.open + balance.reserved + balance.transferred - balance.credited + balance.closed
    if total != balance.quantity:
        raise LedgerBroken(f"The buckets hold {total}, the row says {balance.quantity}.")
    return balance


def opened(quantity: Decimal, *, already_billed: Decimal = ZERO) -> Balance:
    """Return the balance of a newly approved row.

    already_billed  what earlier billing rounds of the same work row have transferred and not credited: it is
                    closed at once, so that an order that was reopened and approved again charges only the
                    difference.
    """
    return checked(Balance(quantity, open=quantity - already_billed, closed=already_billed))


def reserve(balance: Balance) -> Balance:
    """Move everything that is open into a document that is being made."""
    return checked(replace(balance, open=ZERO, reserved=balance.reserved + balance.open))


def release(balance: Balance) -> Balance:
    """Move everything reserved back to open: the document will not be sent."""
    return checked(replace(balance, reserved=ZERO, open=balance.open + balance.reserved))


def transfer(balance: Balance) -> Balance:
    """Move everything reserved to transferred: the target has accepted the document."""
    return checked(replace(balance, reserved=ZERO, transferred=balance.transferred + balance.reserved))


def credit(balance: Balance, quantity: Decimal) -> Balance:
    """Return `quantity` of what was transferred to the pool, after a credit document for it was accepted.

    Raises NotInBucket if the target does not hold that much for us.
    """
    _must_hold(balance.transferred - balance.credited, quantity)
    return checked(
        replace(balance, credited=balance.credited + quantity, open=balance.open + quantity),
    )


def close(balance: Balance, quantity: Decimal | None = None) -> Balance:
    """Close `quantity` of what is open (all of it if None): it will never be billed.

    The reason is kept beside the balance. Raises NotInBucket if less is open.
    """
    amount = balance.open if quantity is None else quantity
    _must_hold(balance.open, amount)
    return checked(replace(balance, open=balance.open - amount, closed=balance.closed + amount))


def _must_hold(bucket: Decimal, amount: Decimal) -> None:
    """A move may not overshoot its bucket, nor go against its sign."""
    overshoots = abs(amount) > abs(bucket)
    against = amount * bucket < 0
    if overshoots or against:
        raise NotInBucket(f"{amount} was to be moved, but there is {bucket}.", wanted=str(amount), held=str(bucket))
