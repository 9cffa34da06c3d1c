"""The dispatcher against a target with every fault, and processes that die between the transactions."""

import threading
from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import select

from services.billing.app.dispatcher import AFTER_RECORD, AFTER_SEND
from services.billing.domain.breaker import BreakerPolicy
from services.billing.domain.outcomes import CannotAsk, NotSent, Rejected, Unclear
from services.billing.models import Batch, DispatchAttempt, TargetLink
from services.billing.tests.integration.conftest import OTHER_TENANT, Billing
from shared.bus.failpoints import armed
from shared.testing.waiting import eventually

D = Decimal


class Died(BaseException):
    """The process is gone: no handler of `Exception` may see it."""


def die() -> None:
    raise Died


def history(billing: Billing) -> list[tuple[str, str | None]]:
    with billing.read() as uow:
        rows = uow.session.scalars(select(DispatchAttempt).order_by(DispatchAttempt.id))
        return [(row.kind, row.outcome) for row in rows]


def test_a_document_is_accepted_and_announced(billing: Billing) -> None:
    connection = billing.connect()
    order = billing.approve(billing.customer())
    assert billing.dispatcher().run_once() == 1
    dispatch = billing.the_dispatch()
    assert (dispatch.state, dispatch.target_id, dispatch.attempts, dispatch.due_at) == ("accepted", "i1", 1, None)
    (document,) = billing.documents("accepted")
    (event,) = billing.events("document.accepted.v1")
    assert event.aggregate_version == document.version == 2
    assert event.data["connection_id"] == connection
    assert event.data["workorders"][0]["id"] == order
    assert event.data["gross"] == str(document.gross) == billing.target.invoices[0]["gross"]
    assert event.correlation_id == dispatch.correlation_id
    assert {row.state for row in billing.rows()} == {"transferred"}
    with billing.read() as uow:
        assert uow.session.scalars(select(Batch.state)).all() == ["done"]
    assert history(billing) == [("send", "Accepted")]
    billing.check()


def test_the_bytes_that_were_sent_are_on_record(billing: Billing) -> None:
    billing.connect()
    billing.approve(billing.customer())
    billing.dispatcher().run_once()
    dispatch = billing.the_dispatch()
    with billing.read() as uow:
        (attempt,) = uow.session.scalars(select(DispatchAttempt))
    assert attempt.payload_sha256 == dispatch.payload_sha256
    assert len(dispatch.payload_sha256 or "") == 64
    assert attempt.document_key == billing.target.invoices[0]["key"]


def test_a_timeout_after_the_target_saved_is_found_and_not_sent_again(billing: Billing) -> None:
    billing.connect()
    billing.target.faults = ["timeout_after_save"]
    billing.approve(billing.customer())
    dispatcher = billing.dispatcher()
    dispatcher.run_once()
    assert billing.the_dispatch().state == "unclear"
    billing.pass_time(129)
    assert dispatcher.run_once() == 0
    billing.pass_time(2)
    dispatcher.run_once()
    assert billing.the_dispatch().state == "accepted"
    assert (billing.target.sends, len(billing.target.invoices)) == (1, 1)
    billing.check()


def test_a_timeout_before_the_target_saved_is_sent_again_after_two_looks(billing: Billing) -> None:
    billing.connect()
    billing.target.faults = ["timeout_before_save"]
    billing.approve(billing.customer())
    dispatcher = billing.dispatcher()
    dispatcher.run_once()
    for pause_s in (131, 61):
        billing.pass_time(pause_s)
        dispatcher.run_once()
    assert billing.the_dispatch().state == "accepted"
    assert (billing.target.sends, billing.target.looks, len(billing.target.invoices)) == (2, 2, 1)
    assert history(billing) == [("send", "Unclear"), ("look", "Absent"), ("look", "Absent"), ("send", "Accepted")]
    billing.check()


@pytest.mark.parametrize(("fail_point", "saved"), [(AFTER_RECORD, 0), (AFTER_SEND, 1)])
def test_a_process_that_dies_between_the_transactions_leaves_exactly_one_invoice(
    billing: Billing, fail_point: str, saved: int
) -> None:
    billing.connect()
    billing.approve(billing.customer())
    with armed(fail_point, die), pytest.raises(Died):
        billing.dispatcher("process-1").run_once()
    assert billing.the_dispatch().state == "sending"
    assert len(billing.target.invoices) == saved
    second = billing.dispatcher("process-2")
    assert second.run_once() == 0
    for pause_s in (billing.policy.lease_s * 1.3, 131, 61):
        billing.pass_time(pause_s)
        second.run_once()
    assert billing.the_dispatch().state == "accepted"
    assert len(billing.target.invoices) == 1
    assert billing.target.sends == 1
    billing.check()


def test_an_answer_that_comes_after_the_lease_still_counts(billing: Billing) -> None:
    billing.connect()
    billing.approve(billing.customer())
    other = billing.dispatcher("process-2")

    def outlive_the_lease() -> None:
        billing.target.on_send = lambda: None
        billing.pass_time(billing.policy.lease_s * 1.3)
        other.run_once()
        assert billing.the_dispatch().state == "unclear"

    billing.target.on_send = outlive_the_lease
    billing.dispatcher("process-1").run_once()
    assert billing.the_dispatch().state == "accepted"
    assert len(billing.target.invoices) == 1
    billing.check()


def test_a_process_that_slept_through_its_lease_does_not_send(billing: Billing) -> None:
    billing.connect()
    billing.approve(billing.customer())

    def oversleep() -> None:
        billing.pass_time(billing.policy.lease_s)

    with armed(AFTER_RECORD, oversleep):
        billing.dispatcher().run_once()
    assert billing.target.sends == 0
    assert billing.the_dispatch().state in ("sending", "unclear")


def test_a_rejection_waits_for_a_person_and_is_announced(billing: Billing) -> None:
    billing.connect()
    billing.target.faults = ["rejected"]
    billing.approve(billing.customer())
    billing.dispatcher().run_once()
    dispatch = billing.the_dispatch()
    assert (dispatch.state, dispatch.error_code, dispatch.error_pointer) == (
        "rejected",
        "fake.period_lock",
        "/document_date",
    )
    (event,) = billing.events("document.rejected.v1")
    assert event.data["code"] == "fake.period_lock"
    billing.pass_time(100_000)
    assert billing.dispatcher().run_once() == 0
    assert {row.state for row in billing.rows()} == {"reserved"}
    billing.check()


def test_what_was_certainly_not_sent_is_tried_again_with_growing_pauses(billing: Billing) -> None:
    billing.connect()
    billing.target.faults = ["not_sent", "not_sent"]
    billing.approve(billing.customer())
    dispatcher = billing.dispatcher()
    dispatcher.run_once()
    assert billing.the_dispatch().state == "waiting"
    for pause_s in (5, 30):
        billing.pass_time(pause_s)
        dispatcher.run_once()
    dispatch = billing.the_dispatch()
    assert (dispatch.state, dispatch.attempts, len(billing.target.invoices)) == ("accepted", 3, 1)


def test_a_preparation_that_fails_is_no_attempt_and_no_doubt(billing: Billing) -> None:
    billing.connect()
    billing.target.prepare_faults = [NotSent("503"), Unclear("customer creation timed out")]
    billing.approve(billing.customer())
    dispatcher = billing.dispatcher()
    for pause_s in (0, 6, 31):
        billing.pass_time(pause_s)
        dispatcher.run_once()
    dispatch = billing.the_dispatch()
    assert (dispatch.state, dispatch.attempts) == ("accepted", 1)
    assert billing.target.looks == 0


def test_a_preparation_can_be_rejected(billing: Billing) -> None:
    billing.connect()
    billing.target.prepare_faults = [Rejected("fake.unit", "Yksikköä ei tunneta.", "/lines/0/unit")]
    billing.approve(billing.customer())
    billing.dispatcher().run_once()
    assert (billing.the_dispatch().state, billing.target.sends) == ("rejected", 0)


def test_the_preflight_finds_what_any_target_would_refuse(billing: Billing) -> None:
    billing.connect()
    customer = billing.customer(kind="company", business_id=None, construction_seller_from="2026-01-01")
    billing.approve(customer, {"construction_service": True})
    billing.dispatcher().run_once()
    assert (billing.the_dispatch().error_code, billing.target.prepared) == ("payer.vat_number_missing", 0)


def test_other_bytes_after_an_unclear_attempt_are_a_persons_decision(billing: Billing) -> None:
    billing.connect()
    billing.target.faults = ["timeout_before_save"]
    billing.approve(billing.customer())
    dispatcher = billing.dispatcher()
    dispatcher.run_once()
    billing.target.salt = "changed"
    for pause_s in (131, 61):
        billing.pass_time(pause_s)
        dispatcher.run_once()
    dispatch = billing.the_dispatch()
    assert (dispatch.state, dispatch.needs_person, dispatch.due_at) == ("unclear", True, None)
    assert billing.target.sends == 1


def test_a_target_that_cannot_be_asked_long_enough_calls_a_person(billing: Billing) -> None:
    billing.connect()
    billing.target.faults = ["timeout_after_save"]
    billing.target.find_faults = [CannotAsk("503")] * 12
    billing.approve(billing.customer())
    dispatcher = billing.dispatcher()
    dispatcher.run_once()
    for _ in range(12):
        billing.pass_time(1000)
        dispatcher.run_once()
    dispatch = billing.the_dispatch()
    assert (dispatch.state, dispatch.needs_person) == ("unclear", True)
    assert len(billing.target.invoices) == 1


def test_a_bug_in_an_adapter_never_looks_like_not_sent(billing: Billing) -> None:
    billing.connect()
    billing.target.faults = ["raises"]
    billing.target.find_faults = [RuntimeError("another bug")]
    billing.approve(billing.customer())
    dispatcher = billing.dispatcher()
    dispatcher.run_once()
    assert billing.the_dispatch().state == "unclear"
    for pause_s in (131, 61):
        billing.pass_time(pause_s)
        dispatcher.run_once()
    assert billing.the_dispatch().state == "accepted"
    assert len(billing.target.invoices) == 1


def test_a_bug_while_preparing_stops_that_document_only(billing: Billing) -> None:
    billing.connect()
    customer = billing.customer()
    billing.target.prepare_faults = [RuntimeError("a bug")]
    billing.approve(customer)
    billing.approve(customer)
    billing.dispatcher().run_once()
    assert sorted(dispatch.state for dispatch in billing.dispatches()) == ["accepted", "rejected"]


def test_a_total_that_the_target_shows_otherwise_is_recorded(billing: Billing) -> None:
    billing.connect()
    billing.target.gross_shown = D("1.0")
    billing.approve(billing.customer())
    billing.dispatcher().run_once()
    dispatch = billing.the_dispatch()
    assert dispatch.state == "accepted"
    assert dispatch.difference == [{"field": "gross", "ours": "141.19", "theirs": "1.00"}]


def test_the_breaker_opens_and_burns_no_attempts(billing: Billing) -> None:
    billing.connect()
    customer = billing.customer()
    billing.target.faults = ["not_sent"] * 3
    for _ in range(6):
        billing.approve(customer)
    dispatcher = billing.dispatcher(breaker=BreakerPolicy(failures=3, pause_s=15))
    dispatcher.run_once()
    assert billing.target.sends == 3
    assert [dispatch.attempts for dispatch in billing.dispatches()] == [1, 1, 1, 0, 0, 0]
    billing.pass_time(14)
    dispatcher.run_once()
    assert billing.target.sends == 3
    billing.pass_time(2)
    dispatcher.run_once()
    assert {dispatch.state for dispatch in billing.dispatches()} == {"accepted"}


def test_links_are_stored_once_and_used_by_the_next_document(billing: Billing) -> None:
    billing.connect()
    customer = billing.customer()
    for _ in range(3):
        billing.approve(customer)
    billing.dispatcher().run_once()
    with billing.read() as uow:
        (link,) = uow.session.scalars(select(TargetLink))
    assert (link.kind, link.our_key, link.target_id) == ("customer", "1001", "c1")
    billing.customer(customer, version=2, name="Uusi nimi")
    billing.approve(customer)
    billing.dispatcher("after restart").run_once()
    assert billing.target.invoices[-1]["customer"] == "c1"


def test_a_connection_that_is_switched_off_sends_nothing(billing: Billing) -> None:
    from services.billing.app.connections import ConnectionWish, change_connection

    connection = billing.connect()
    billing.approve(billing.customer())
    wish = ConnectionWish("Testi", {"url": "http://127.0.0.1"}, {}, True, False)
    change_connection(billing.begin(), billing.vault, connection, None, wish, now=billing.clock())
    assert billing.dispatcher().run_once() == 0
    assert billing.target.sends == 0


def test_tenants_are_served_side_by_side_each_with_its_own(billing: Billing) -> None:
    billing.connect()
    billing.approve(billing.customer())
    billing.tenant_id = OTHER_TENANT
    billing.connect()
    billing.approve(billing.customer(name="Toinen Oy"))
    assert billing.dispatcher().run_once() == 2
    assert [dispatch.state for dispatch in billing.dispatches()] == ["accepted"]
    assert sorted(invoice["name"] for invoice in billing.target.invoices) == [
        "As Oy Esimerkin Koivuranta 3",
        "Toinen Oy",
    ]
    assert {event.tenant_id for event in billing.events("document.accepted.v1")} == {
        billing.tenant_id,
        "0190a000-0000-7000-8000-000000000001",
    }


def test_several_processes_send_each_document_once_and_one_at_a_time(
    billing_pg: Billing, make_other: Callable[[], Billing]
) -> None:
    billing = billing_pg
    billing.connect()
    customer = billing.customer()
    for _ in range(40):
        billing.approve(customer)
    stop = threading.Event()
    dispatchers = [billing.dispatcher("p1", poll_s=0.05, turn_s=0.05)] + [
        make_other().dispatcher(f"p{n}", poll_s=0.05, turn_s=0.05) for n in (2, 3)
    ]
    threads = [threading.Thread(target=each.run, args=(stop,)) for each in dispatchers]
    for thread in threads:
        thread.start()
    try:
        eventually(lambda: len(billing.target.invoices) >= 40)
        eventually(lambda: all(each.state == "accepted" for each in billing.dispatches()))
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)
    assert not any(thread.is_alive() for thread in threads)
    assert len({invoice["key"] for invoice in billing.target.invoices}) == 40 == len(billing.target.invoices)
    assert billing.target.most_inside == 1
    billing.check()


def test_the_loop_is_woken_by_an_approval(billing: Billing) -> None:
    billing.connect()
    customer = billing.customer()
    stop = threading.Event()
    thread = threading.Thread(target=billing.dispatcher(poll_s=30).run, args=(stop,))
    thread.start()
    try:
        billing.approve(customer)
        eventually(lambda: billing.the_dispatch().state == "accepted", timeout_s=5)
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
