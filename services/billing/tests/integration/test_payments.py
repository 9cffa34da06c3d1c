"""Payments polled back: what is asked when, what is stored, and that sending is never in its way."""

import threading
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest
from sqlalchemy import select

from services.billing.app import desk, sending
from services.billing.app.dispatcher import OpenTarget
from services.billing.app.payment_records import runs
from services.billing.app.payments import PaymentPoller, PaymentSettings
from services.billing.domain.outcomes import CannotAsk
from services.billing.domain.payments import PaymentState, PaymentStatus
from services.billing.models import BillingDocument, PaymentPoll
from services.billing.tests.integration.conftest import Billing
from shared.context import system_context
from shared.testing.waiting import eventually

D = Decimal
HOUR_S = 3600.0
PAID = PaymentStatus(PaymentState.PAID, D("0.00"), date(2026, 11, 20))


def a_poller(
    billing: Billing, owner: str = "test-1/payments", open_target: OpenTarget | None = None, **changes: Any
) -> PaymentPoller:
    return PaymentPoller(
        billing.database,
        billing.wakeup,
        open_target or billing.vault.open_leased,
        PaymentSettings(gap_s=0.0, **changes),
        owner=owner,
        clock=billing.clock,
    )


def accepted(billing: Billing, count: int = 1) -> PaymentPoller:
    """Documents i1, i2 … are in the target; the poller knows them and would ask in an hour."""
    billing.connect()
    customer = billing.customer()
    for _ in range(count):
        billing.approve(customer)
    billing.dispatcher().run_once()
    poller = a_poller(billing)
    assert poller.run_once() == 0
    return poller


def history(billing: Billing, document: BillingDocument) -> list[tuple[str, Decimal | None, date | None]]:
    view = desk.get_document(billing.read(), document.id)
    return [(each.state, each.open_amount, each.paid_on) for each in view.payments]


def next_ask(billing: Billing) -> object:
    with billing.read() as uow:
        return uow.session.scalars(select(PaymentPoll.next_ask_at)).one()


def test_a_payment_is_seen_stored_and_not_asked_for_again(billing: Billing) -> None:
    poller = accepted(billing)
    billing.target.payments["i1"] = PaymentStatus(PaymentState.OPEN, D("141.19"))
    billing.pass_time(HOUR_S)
    assert poller.run_once() == 1
    billing.target.payments["i1"] = PAID
    billing.pass_time(HOUR_S)
    assert poller.run_once() == 1
    (document,) = billing.documents()
    assert (document.payment_state, document.open_amount, document.paid_on) == ("paid", D("0.00"), date(2026, 11, 20))
    assert document.payment_asked_at == billing.clock()
    assert history(billing, document) == [("open", D("141.19"), None), ("paid", D("0.00"), date(2026, 11, 20))]
    assert next_ask(billing) is None
    billing.pass_time(1000 * HOUR_S)
    assert poller.run_once() == 0
    billing.check()


def test_the_same_answer_again_is_no_new_line_and_no_new_version(billing: Billing) -> None:
    poller = accepted(billing)
    (before,) = billing.documents()
    for _ in range(3):
        billing.pass_time(HOUR_S)
        assert poller.run_once() == 1
    (document,) = billing.documents()
    assert history(billing, document) == [("open", None, None)]
    assert document.version == before.version


def test_what_is_not_accepted_is_not_asked_for(billing: Billing) -> None:
    billing.connect()
    billing.target.faults = ["rejected"]
    billing.approve(billing.customer())
    billing.dispatcher().run_once()
    poller = a_poller(billing)
    poller.run_once()
    billing.pass_time(100 * HOUR_S)
    assert poller.run_once() == 0
    assert billing.target.asked == []


@pytest.mark.parametrize("fault", [CannotAsk("503"), RuntimeError("a bug in the adapter")])
def test_an_unanswered_question_rests_the_connection_and_keeps_what_was_known(
    billing: Billing, fault: CannotAsk | Exception
) -> None:
    poller = accepted(billing, 2)
    billing.target.payments |= {"i1": fault, "i2": fault}
    billing.pass_time(HOUR_S)
    assert poller.run_once() == 1
    assert {document.payment_state for document in billing.documents()} == {None}
    assert poller.run_once() == 0
    billing.target.payments["i2"] = PAID
    billing.pass_time(601)
    assert poller.run_once() == 1
    assert [document.payment_state for document in billing.documents()].count("paid") == 1
    assert billing.target.asked == ["i1", "i2"]


def test_a_target_that_cannot_tell_is_left_alone(billing: Billing) -> None:
    accepted(billing)
    poller = a_poller(billing, open_target=lambda _leased: cast(Any, object()))
    billing.pass_time(HOUR_S)
    assert poller.run_once() == 0
    (document,) = billing.documents()
    assert document.payment_state is None
    run = sending.acquire(
        billing.database, system_context("test", billing.tenant_id), connection_of(billing), "x", billing.clock(), 1
    )
    assert run is not None, "the lease was given back"


def connection_of(billing: Billing) -> str:
    return billing.the_dispatch().connection_id


def test_nothing_is_asked_while_another_has_the_connection(billing: Billing) -> None:
    poller = accepted(billing)
    billing.pass_time(HOUR_S)
    context = system_context("test", billing.tenant_id)
    leased = sending.acquire(billing.database, context, connection_of(billing), "dispatcher", billing.clock(), 60)
    assert leased is not None
    assert poller.run_once() == 0
    sending.release(billing.database, context, leased, "dispatcher")
    assert poller.run_once() == 1


def test_nothing_is_sent_during_a_question(billing: Billing) -> None:
    poller = accepted(billing)
    billing.pass_time(HOUR_S)
    dispatcher = billing.dispatcher()
    served: list[int] = []

    def approve_and_try_to_send() -> None:
        billing.approve(billing.customer())
        served.append(dispatcher.run_once())

    billing.target.on_status = approve_and_try_to_send
    assert poller.run_once() == 1
    assert served == [0]
    assert dispatcher.run_once() == 1


def test_sending_goes_before_asking(billing: Billing) -> None:
    poller = accepted(billing)
    billing.pass_time(HOUR_S)
    billing.approve(billing.customer())
    assert poller.run_once() == 0
    billing.dispatcher().run_once()
    assert poller.run_once() == 1


def test_a_paused_connection_is_not_asked(billing: Billing) -> None:
    poller = accepted(billing)
    billing.pass_time(HOUR_S)
    with billing.database.begin(system_context("test", billing.tenant_id)) as uow:
        until = billing.clock() + timedelta(minutes=5)
        uow.session.connection().execute(runs.update().values(open_until=until, failures=5))
        uow.commit()
    assert poller.run_once() == 0
    billing.pass_time(301)
    assert poller.run_once() == 1


def test_two_processes_take_up_and_ask_each_document_once(billing: Billing) -> None:
    poller = accepted(billing, 3)
    other = a_poller(billing, "test-2/payments")
    billing.pass_time(HOUR_S)
    billing.target.on_status = lambda: counts.append(other.run_once())
    counts: list[int] = []
    assert poller.run_once() == 3
    assert counts == [0, 0, 0]
    assert sorted(billing.target.asked) == ["i1", "i2", "i3"]


def test_documents_are_found_by_the_state_of_their_payment(billing: Billing) -> None:
    poller = accepted(billing, 2)
    billing.target.payments["i2"] = PAID
    billing.pass_time(HOUR_S)
    poller.run_once()
    wanted: dict[str, Any] = {"state": None, "customer_id": None, "batch_id": None, "limit": 50, "after": None}
    found = desk.list_documents(billing.read(), payment_state="paid", **wanted)
    assert [document.payment_state for document in found.items] == ["paid"]
    assert len(desk.list_documents(billing.read(), payment_state="overdue", **wanted).items) == 0


def test_a_round_ends_so_that_new_documents_are_taken_up(billing: Billing) -> None:
    accepted(billing, 3)
    poller = a_poller(billing, most=2)
    billing.pass_time(HOUR_S)
    assert (poller.run_once(), poller.run_once(), poller.run_once()) == (2, 1, 0)


def test_the_job_asks_and_ends_when_told_to(billing_pg: Billing) -> None:
    accepted(billing_pg)
    billing_pg.target.payments["i1"] = PAID
    billing_pg.pass_time(HOUR_S)
    stop = threading.Event()
    job = threading.Thread(target=a_poller(billing_pg).run, args=(stop,))
    job.start()
    eventually(lambda: [document.payment_state for document in billing_pg.documents()] == ["paid"])
    stop.set()
    job.join(10)
    assert not job.is_alive()
