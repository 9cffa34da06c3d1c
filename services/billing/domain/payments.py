"""What an accounting system tells of the payment of a document, and how often it is asked.

Accounting systems tell nobody when an invoice is paid, so the state is polled: no event exists for it
(netvisor sheet §10.5–10.6, procountor sheet §9).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final


class PaymentState(StrEnum):
    """How far a document is paid, as the target's books say.

    overdue    not (wholly) paid after the due date, reminders and collection included
    cancelled  the target has deleted or invalidated the document
    unknown    the target tells nothing that can be used: a draft, an order, an invoice without our key
    """

    OPEN = "open"
    PAID = "paid"
    PARTLY_PAID = "partly_paid"
    OVERDUE = "overdue"
    CREDIT_LOSS = "credit_loss"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


SETTLED: Final = frozenset({PaymentState.PAID, PaymentState.CREDIT_LOSS, PaymentState.CANCELLED})
"""Nothing further is expected, so nobody asks again."""


@dataclass(frozen=True, slots=True)
class PaymentStatus:
    """What the target's books show of a document now.

    open_amount  still to be paid, two decimals, in the document's currency, negative for a credit; None if not told
    paid_on      date of the last payment; None if there is none or it is not told
    """

    state: PaymentState
    open_amount: Decimal | None = None
    paid_on: date | None = None


UNKNOWN: Final = PaymentStatus(PaymentState.UNKNOWN)

_PAUSE_FACTORS: Final = ((timedelta(days=2), 1), (timedelta(days=60), 6), (timedelta(days=180), 24))
_OLD_FACTOR: Final = 168
_LONGEST_ASKED: Final = timedelta(days=3 * 365)
_MOST_DOUBLINGS: Final = 5


def next_ask(status: PaymentStatus, accepted_at: datetime, now: datetime, pause_s: float) -> datetime | None:
    """When the document is asked for again, or None: never.

    pause_s  between two questions about a document of less than two days; six times that up to 60 days, 24 times up
             to 180 days and 168 times after them. With one hour: hourly, four times a day, daily, weekly.
    What is settled, or was accepted more than three years ago, is left alone.
    """
    age = now - accepted_at
    if status.state in SETTLED or age > _LONGEST_ASKED:
        return None
    factor = next((factor for youngest, factor in _PAUSE_FACTORS if age < youngest), _OLD_FACTOR)
    return now + timedelta(seconds=pause_s * factor)


def ask_again(failures: int, now: datetime, pause_s: float) -> datetime:
    """When a question is repeated that was not answered `failures` times in a row (from 1): doubled up to 32 times."""
    return now + timedelta(seconds=pause_s * 2 ** min(failures - 1, _MOST_DOUBLINGS))
