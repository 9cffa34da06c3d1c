"""What the words of accounting systems say of a payment, and when they are asked again."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.billing.adapters.netvisor import payments as netvisor
from services.billing.adapters.procountor import payments as procountor
from services.billing.config import payment_settings
from services.billing.domain.payments import PaymentState, PaymentStatus, ask_again, next_ask
from shared.config import BadConfiguration

D = Decimal
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TODAY = date(2026, 11, 21)
HOUR_S = 3600.0


@pytest.mark.parametrize(
    ("status", "substatus", "total", "still_open", "state"),
    [
        ("open", "open", "100.00", "100.00", "open"),
        ("open", "", "100.00", "100.00", "open"),
        ("Open", "Overdue", "100.00", "100.00", "overdue"),
        ("open", "reminded", "100.00", "100.00", "overdue"),
        ("open", "requested", "100.00", "100.00", "overdue"),
        ("open", "collected", "100.00", "100.00", "overdue"),
        ("overdue", "", "100.00", "100.00", "overdue"),
        ("open", "open", "100.00", "40.00", "partly_paid"),
        ("open", "overdue", "100.00", "40.00", "overdue"),
        ("open", "open", "-100.00", "-40.00", "partly_paid"),
        ("open", "open", None, None, "open"),
        ("unsent", "", "100.00", "100.00", "open"),
        ("paid", "", "100.00", "0.00", "paid"),
        ("creditloss", "", "100.00", "100.00", "credit_loss"),
        ("rejected", "", "100.00", "100.00", "unknown"),
        ("", "", None, None, "unknown"),
        ("something new", "", "100.00", "100.00", "unknown"),
    ],
)
def test_netvisors_statuses_sheet_10_5(
    status: str, substatus: str, total: str | None, still_open: str | None, state: str
) -> None:
    left = None if still_open is None else D(still_open)
    told = netvisor.status_of(status, substatus, None if total is None else D(total), left)
    assert told == PaymentStatus(PaymentState(state), left)


def test_netvisors_last_payment_counts() -> None:
    assert netvisor.last_day(["7.4.2026", "12.10.2026", "1.5.2026", "", "soon"]) == date(2026, 10, 12)
    assert netvisor.last_day([]) is None


def an_invoice(status: str, due: str = "2026-12-01", **payment: Any) -> dict[str, Any]:
    return {
        "status": status,
        "paymentInfo": {"currency": "EUR", "dueDate": due, **payment},
        "invoiceSumInfo": [{"currency": "EUR", "invoiceSumTotal": D("100.00")}],
    }


def an_event(amount: str, day: str = "2026-11-20", kind: str = "BANKTRANSFERELSEWHERE") -> dict[str, Any]:
    return {"type": kind, "paymentDate": day, "amount": D(amount)}


@pytest.mark.parametrize(
    ("status", "due", "events", "state", "still_open"),
    [
        ("UNFINISHED", "2026-12-01", [], "open", "100.00"),
        ("UNFINISHED", "2026-01-01", [], "open", "100.00"),
        ("NOT_SENT", "2026-12-01", [], "open", "100.00"),
        ("NOT_SENT", "2026-11-20", [], "overdue", "100.00"),
        ("SENT", "2026-11-21", [], "open", "100.00"),
        ("SENT", "2026-11-20", [], "overdue", "100.00"),
        ("PARTLY_PAID", "2026-12-01", [an_event("60.00")], "partly_paid", "40.00"),
        ("PARTLY_PAID", "2026-11-20", [an_event("60.00")], "overdue", "40.00"),
        ("PAID", "2026-11-20", [an_event("100.00")], "paid", "0.00"),
        ("MARKED_PAID", "2026-11-20", [an_event("100.00")], "paid", "0.00"),
        (
            "MARKED_PAID",
            "2026-11-20",
            [an_event("60.00"), an_event("40.00", kind="CREDIT_LOSS")],
            "credit_loss",
            "0.00",
        ),
        ("MARKED_PAID", "2026-11-20", [an_event("100.00", kind="CREDITLOSS")], "credit_loss", "0.00"),
        ("INVALIDATED", "2026-11-20", [], "cancelled", None),
        ("DELETED", "2026-11-20", [], "cancelled", None),
        ("VERIFIED", "2026-11-20", [], "unknown", None),
        ("OVERRIDDEN", "2026-11-20", [], "unknown", None),
        ("SOMETHING_NEW", "2026-11-20", [], "unknown", None),
    ],
)
def test_procountors_statuses_sheet_5_5(
    status: str, due: str, events: list[dict[str, Any]], state: str, still_open: str | None
) -> None:
    told = procountor.status_of(an_invoice(status, due), events, TODAY)
    assert (told.state, told.open_amount) == (state, None if still_open is None else D(still_open))


def test_procountors_later_due_date_counts() -> None:
    assert procountor.status_of(an_invoice("SENT", "2026-11-01", newDueDate="2026-12-01"), [], TODAY).state == "open"


def test_procountors_last_payment_counts_and_a_loss_is_none() -> None:
    events = [an_event("60.00", "2026-11-02"), an_event("10.00", "2026-11-01")]
    events.append(an_event("30.00", "2026-11-20", "CREDITLOSS"))
    assert procountor.status_of(an_invoice("PAID"), events, TODAY).paid_on == date(2026, 11, 2)


@pytest.mark.parametrize(
    ("age", "hours"),
    [
        (timedelta(hours=1), 1),
        (timedelta(days=2), 6),
        (timedelta(days=59), 6),
        (timedelta(days=60), 24),
        (timedelta(days=180), 168),
        (timedelta(days=1000), 168),
    ],
)
def test_older_documents_are_asked_for_less_often(age: timedelta, hours: int) -> None:
    asked = next_ask(PaymentStatus(PaymentState.OVERDUE), NOW - age, NOW, HOUR_S)
    assert asked == NOW + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("state", "is_asked"),
    [
        ("open", True),
        ("partly_paid", True),
        ("overdue", True),
        ("unknown", True),
        ("paid", False),
        ("credit_loss", False),
        ("cancelled", False),
    ],
)
def test_what_is_settled_is_left_alone(state: str, is_asked: bool) -> None:
    told = PaymentStatus(PaymentState(state))
    assert (next_ask(told, NOW, NOW, HOUR_S) is not None) is is_asked


def test_after_three_years_nobody_asks() -> None:
    assert next_ask(PaymentStatus(PaymentState.OPEN), NOW - timedelta(days=1096), NOW, HOUR_S) is None


def test_unanswered_questions_are_repeated_with_growing_pauses() -> None:
    hours = [(ask_again(failures, NOW, HOUR_S) - NOW) / timedelta(hours=1) for failures in (1, 2, 3, 6, 7, 50)]
    assert hours == [1, 2, 4, 32, 32, 32]


def test_the_pauses_come_from_the_environment() -> None:
    settings = payment_settings({"URAKKA_STATUS_POLL_S": "30", "URAKKA_STATUS_GAP_S": "0.5"})
    assert (settings.pause_s, settings.gap_s, settings.round_s, settings.rest_s) == (30, 0.5, 30, 30)
    assert (payment_settings({}).pause_s, payment_settings({}).round_s) == (3600, 60)
    with pytest.raises(BadConfiguration, match="URAKKA_STATUS_POLL_S"):
        payment_settings({"URAKKA_STATUS_POLL_S": "never"})
