"""Collected billing: previews, locks, two browsers at once."""

import threading
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.billing.app import batches
from services.billing.app.batches import Selection
from services.billing.app.compose import Wishes
from services.billing.app.settings import change_settings
from services.billing.domain.compile import VatPolicy
from services.billing.domain.errors import ForbiddenBatchStep, NoConnection, NothingToBill, NotInBucket
from services.billing.domain.grouping import MixedVat
from services.billing.models import Batch
from services.billing.tests.integration.conftest import Billing
from shared.db.database import Creation
from shared.errors import NotFound, VersionMismatch
from shared.ids import new_id

D = Decimal


def a_batch(billing: Billing, **selection: Any) -> Batch:
    creation = Creation("batch", None, "", new_id())
    return batches.create_batch(billing.begin(), creation, Selection(**selection), None)


def lock(billing: Billing, batch: Batch) -> Batch:
    return batches.lock_batch(billing.begin(), batch.id, None, now=billing.clock())


def send(billing: Billing, batch: Batch) -> Batch:
    return batches.dispatch_batch(billing.begin(), batch.id, None, now=billing.clock())


def unlock(billing: Billing, batch: Batch) -> Batch:
    return batches.unlock_batch(billing.begin(), batch.id, None, now=billing.clock())


def the_batch(billing: Billing, batch: Batch) -> Batch:
    return batches.get_batch(billing.read(), batch.id)


def test_a_month_becomes_a_document_of_each_customer(billing: Billing) -> None:
    billing.connect()
    first = billing.customer(billing_rhythm="monthly")
    second = billing.customer(billing_rhythm="monthly", name="Toinen Oy", number="1002")
    for customer in (first, second, first):
        billing.approve(customer)
    batch = lock(billing, a_batch(billing))
    assert (batch.state, batch.document_count, batch.number) == ("locked", 2, 1)
    assert {row.state for row in billing.rows()} == {"reserved"}
    send(billing, batch)
    billing.dispatcher().run_once()
    documents = billing.documents("accepted")
    assert sorted(len(document.workorders) for document in documents) == [1, 2]
    assert the_batch(billing, batch).state == "done"
    assert len(billing.target.invoices) == 2
    billing.check()


def test_a_collective_document_names_its_orders_and_keeps_common_references(billing: Billing) -> None:
    customer = billing.customer(billing_rhythm="monthly")
    billing.approve(customer, references={"contract": "S-1", "orderer": "Maija"})
    billing.approve(customer, references={"contract": "S-1", "orderer": "Pekka"})
    lock(billing, a_batch(billing))
    (document,) = billing.documents()
    assert document.references == {"contract": "S-1"}
    assert document.text_before.count("\n") == 1


def test_orders_with_other_required_references_get_documents_of_their_own(billing: Billing) -> None:
    customer = billing.customer(billing_rhythm="monthly", required_references=["work_number"])
    for number in ("7", "8", "7"):
        billing.approve(customer, references={"work_number": number})
    lock(billing, a_batch(billing))
    assert sorted(document.references["work_number"] for document in billing.documents()) == ["7", "8"]


def test_a_selection_takes_a_period_and_customers(billing: Billing) -> None:
    wanted = billing.customer(billing_rhythm="monthly")
    other = billing.customer(billing_rhythm="monthly")
    billing.approve(wanted, {"work_date": "2026-10-31"}, {"work_date": "2026-11-01"}, {"work_date": "2026-12-01"})
    billing.approve(other, {"work_date": "2026-11-15"})
    november = {"period_from": date(2026, 11, 1), "period_to": date(2026, 11, 30)}
    lock(billing, a_batch(billing, customer_ids=[wanted], **november))
    assert [str(row.work_date) for row in billing.rows() if row.state == "reserved"] == ["2026-11-01"]


def test_a_preview_stores_nothing_and_tells_the_problems(billing: Billing) -> None:
    customer = billing.customer(
        billing_rhythm="monthly", kind="company", business_id=None, construction_seller_from="2026-01-01"
    )
    billing.approve(customer, {"construction_service": True})
    batch = a_batch(billing)
    (preview,) = batches.preview_batch(billing.read(), batch.id, now=billing.clock())
    assert [problem.code for problem in preview.problems] == ["payer.vat_number_missing"]
    assert billing.documents() == []


def test_settings_change_how_documents_are_made(billing: Billing) -> None:
    change_settings(billing.begin(), 0, Wishes(False, MixedVat.SPLIT, VatPolicy.PER_LINE))
    customer = billing.customer(billing_rhythm="monthly")
    billing.approve(customer, *({"quantity": "1", "unit_price": "99.99"} for _ in range(3)))
    lock(billing, a_batch(billing))
    (document,) = billing.documents()
    assert (document.net, document.vat) == (D("299.97"), D("76.50"))


def test_nothing_to_bill_is_said(billing: Billing) -> None:
    with pytest.raises(NothingToBill):
        lock(billing, a_batch(billing))


def test_sending_needs_a_connection(billing: Billing) -> None:
    billing.approve(billing.customer(billing_rhythm="monthly"))
    batch = lock(billing, a_batch(billing))
    with pytest.raises(NoConnection):
        send(billing, batch)
    assert the_batch(billing, batch).state == "locked"


def test_an_unlocked_batch_gives_everything_back_and_can_be_locked_again(billing: Billing) -> None:
    billing.connect()
    billing.approve(billing.customer(billing_rhythm="monthly"))
    batch = lock(billing, a_batch(billing))
    assert unlock(billing, batch).state == "preview"
    assert {row.state for row in billing.rows()} == {"open"}
    assert [document.state for document in billing.documents()] == ["cancelled"]
    lock(billing, batch)
    send(billing, batch)
    unlock(billing, batch)
    assert billing.dispatcher().run_once() == 0
    lock(billing, batch)
    send(billing, batch)
    billing.dispatcher().run_once()
    assert the_batch(billing, batch).state == "done"
    assert len(billing.target.invoices) == 1
    billing.check()


@pytest.mark.parametrize("fault", ["timeout_before_save", "ok"])
def test_a_batch_with_a_document_that_may_be_in_the_target_stays_locked(billing: Billing, fault: str) -> None:
    billing.connect()
    for number in ("1", "2"):
        billing.approve(billing.customer(billing_rhythm="monthly", number=number))
    batch = send(billing, lock(billing, a_batch(billing)))
    billing.target.faults = [fault, "rejected"]
    billing.dispatcher().run_once()
    with pytest.raises(ForbiddenBatchStep):
        unlock(billing, batch)
    assert {row.state for row in billing.rows()} <= {"reserved", "transferred"}
    billing.check()


def test_a_batch_locked_for_another_version_is_refused(billing: Billing) -> None:
    billing.approve(billing.customer(billing_rhythm="monthly"))
    batch = a_batch(billing)
    with pytest.raises(VersionMismatch):
        batches.lock_batch(billing.begin(), batch.id, 7, now=billing.clock())


def test_a_batch_of_another_tenant_is_not_found(billing: Billing) -> None:
    batch = a_batch(billing)
    billing.tenant_id = new_id()
    with pytest.raises(NotFound):
        lock(billing, batch)


def test_the_same_creation_twice_is_one_batch(billing: Billing) -> None:
    creation = Creation("batch", "key-1", "hash", new_id())
    first = batches.create_batch(billing.begin(), creation, Selection(), None)
    again = batches.create_batch(billing.begin(), creation, Selection(), None)
    assert first.id == again.id


def test_two_browsers_lock_two_batches_of_the_same_rows_at_once(billing_pg: Billing) -> None:
    billing = billing_pg
    customer = billing.customer(billing_rhythm="monthly")
    for _ in range(10):
        billing.approve(customer)
    both = [a_batch(billing), a_batch(billing)]
    results: list[object] = []
    gate = threading.Barrier(2)

    def press(batch: Batch) -> None:
        gate.wait(10)
        try:
            results.append(lock(billing, batch).state)
        except NothingToBill as error:
            results.append(error.code)

    threads = [threading.Thread(target=press, args=(batch,)) for batch in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(map(str, results)) == ["batch.nothing_to_bill", "locked"]
    assert len(billing.documents()) == 1
    billing.check()


def test_two_browsers_press_lock_on_one_batch_at_once(billing_pg: Billing) -> None:
    billing = billing_pg
    billing.approve(billing.customer(billing_rhythm="monthly"))
    batch = a_batch(billing)
    results: list[str] = []
    gate = threading.Barrier(2)

    def press() -> None:
        gate.wait(10)
        try:
            results.append(lock(billing, batch).state)
        except ForbiddenBatchStep as error:
            results.append(error.code)

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(results) == ["batch.forbidden_step", "locked"]
    assert len(billing.documents()) == 1


def test_reopening_an_order_of_a_locked_batch_cancels_the_collective_document(billing: Billing) -> None:
    billing.connect()
    customer = billing.customer(billing_rhythm="monthly")
    order, other = billing.approve(customer), billing.approve(customer)
    batch = lock(billing, a_batch(billing))
    billing.reopen(order)
    states = {row.workorder_id: row.state for row in billing.rows()}
    assert states == {order: "closed_without_billing", other: "open"}
    assert send(billing, batch).state == "done"
    assert billing.dispatcher().run_once() == 0
    billing.check()


def test_a_row_can_be_closed_for_good(billing: Billing) -> None:
    billing.approve(billing.customer(billing_rhythm="monthly"))
    (row,) = billing.rows()
    batches.close_row(billing.begin(), row.id, "Sovittu")
    with pytest.raises(NotInBucket):
        batches.close_row(billing.begin(), row.id, "Sovittu")
    (closed,) = billing.rows()
    assert (closed.state, closed.closed_reason) == ("closed_without_billing", "Sovittu")
    billing.check()
