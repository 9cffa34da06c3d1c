"""Approved and reopened orders: what they do to the ledger."""

from decimal import Decimal

from sqlalchemy import select

from services.billing.app.batches import Selection, list_pool
from services.billing.models import Batch
from services.billing.tests.integration.conftest import OTHER_TENANT, Billing
from shared.bus.consumer import Handled
from shared.ids import new_id

D = Decimal


def test_an_immediate_customers_order_becomes_one_document_at_once(billing: Billing) -> None:
    billing.connect()
    customer = billing.customer(payment_term_days=21)
    billing.product(invoice_text={"fi": "Kiinteistönhoito", "sv": "Fastighetsskötsel"})
    order = billing.approve(
        customer,
        {},
        {"quantity": "1"},
        {"product_id": new_id(), "product_code": "KM", "unit_price": "0.93"},
        references={"order_number": "PO-77", "cost_centre": None},
    )
    (document,) = billing.documents()
    assert (document.net, document.vat, document.gross) == (D("159.83"), D("40.76"), D("200.59"))
    assert document.references == {"order_number": "PO-77"}
    assert document.payer["name"] == "As Oy Esimerkin Koivuranta 3"
    assert (document.due_date - document.document_date).days == 21
    assert document.workorders[0]["id"] == order
    assert "Porras B" in document.text_before
    dispatch = billing.the_dispatch()
    assert (dispatch.state, dispatch.document_id) == ("waiting", document.id)
    assert {row.state for row in billing.rows()} == {"reserved"}
    with billing.read() as uow:
        (batch,) = uow.session.scalars(select(Batch))
    assert (batch.kind, batch.state, batch.document_count) == ("immediate", "dispatching", 1)
    billing.check()


def test_a_monthly_customers_rows_stay_in_the_pool(billing: Billing) -> None:
    billing.connect()
    billing.approve(billing.customer(billing_rhythm="monthly"))
    assert billing.documents() == []
    page = list_pool(billing.read(), Selection(), limit=10, after=None)
    assert [row.state for row in page.items] == ["open"]
    billing.check()


def test_without_a_connection_the_rows_wait_in_the_pool(billing: Billing) -> None:
    billing.approve(billing.customer())
    assert billing.documents() == []
    assert [row.open for row in billing.rows()] == [D("2.5")]


def test_rows_that_are_not_charged_are_closed_with_their_reason(billing: Billing) -> None:
    billing.connect()
    billing.approve(billing.customer(), {"chargeability": "warranty", "chargeability_reason": "Takuu"}, {})
    states = [(row.state, row.closed_reason) for row in billing.rows()]
    assert states == [("closed_without_billing", "warranty"), ("reserved", None)]
    billing.check()


def test_an_internal_customer_is_never_billed(billing: Billing) -> None:
    billing.connect()
    billing.approve(billing.customer(kind="internal"))
    assert billing.documents() == []
    assert [row.closed_reason for row in billing.rows()] == ["internal_customer"]


def test_the_document_goes_to_the_payer(billing: Billing) -> None:
    billing.connect()
    payer = billing.customer(name="Isännöinti Esimerkki Oy", number="2002")
    billing.approve(billing.customer(payer_id=payer))
    assert billing.documents()[0].payer["name"] == "Isännöinti Esimerkki Oy"


def test_an_order_of_a_customer_that_is_not_known_yet_waits(billing: Billing) -> None:
    billing.connect()
    customer = new_id()
    body = billing.approval(customer)
    assert billing.take(body) is Handled.WAITING
    assert billing.rows() == []


def test_an_order_whose_payer_is_not_known_yet_waits(billing: Billing) -> None:
    body = billing.approval(billing.customer(payer_id=new_id()))
    assert billing.take(body) is Handled.WAITING


def test_the_same_event_twice_makes_one_document(billing: Billing) -> None:
    billing.connect()
    body = billing.approval(billing.customer())
    assert billing.take(body) is Handled.APPLIED
    assert billing.take(body) is Handled.DUPLICATE
    billing.empty_the_inbox()
    assert billing.take(body) is Handled.APPLIED
    assert len(billing.documents()) == 1
    assert len(billing.rows()) == 1


def test_another_tenants_connection_and_customers_are_not_used(billing: Billing) -> None:
    billing.connect()
    customer = billing.customer()
    billing.tenant_id = OTHER_TENANT
    assert billing.take(billing.approval(customer)) is Handled.WAITING
    assert billing.documents() == []
    assert billing.dispatches() == []


def test_a_row_that_cannot_be_billed_parks_the_event_and_stores_nothing(billing: Billing) -> None:
    billing.connect()
    body = billing.approval(billing.customer(), {"unit_price": "-1"})
    assert billing.take(body) is Handled.PARKED
    assert billing.rows() == []


def test_reverse_charge_needs_the_customers_flag_on_the_work_date(billing: Billing) -> None:
    billing.connect()
    customer = billing.customer(kind="company", construction_seller_from="2026-03-01", vat_number="FI90000484")
    billing.approve(customer, {"construction_service": True}, {"construction_service": False})
    (document,) = billing.documents()
    assert [(group["category"], group["vat"]) for group in document.vat_lines] == [("AE", "0.00"), ("S", "28.69")]


def test_reopening_takes_back_open_rows(billing: Billing) -> None:
    order = billing.approve(billing.customer(billing_rhythm="monthly"))
    assert billing.reopen(order) is Handled.APPLIED
    assert [(row.state, row.closed_reason) for row in billing.rows()] == [("closed_without_billing", "reopened")]
    billing.check()


def test_reopening_cancels_a_document_that_was_not_sent(billing: Billing) -> None:
    billing.connect()
    order = billing.approve(billing.customer())
    billing.reopen(order)
    assert billing.the_dispatch().state == "skipped"
    assert [document.state for document in billing.documents()] == ["cancelled"]
    assert billing.dispatcher().run_once() == 0
    billing.check()


def test_reopening_before_the_approval_came_waits(billing: Billing) -> None:
    assert billing.reopen(new_id()) is Handled.WAITING


def test_a_second_round_after_a_transfer_bills_only_the_difference(billing: Billing) -> None:
    billing.connect()
    customer = billing.customer()
    kept, changed = new_id(), new_id()
    order = billing.approve(customer, {"id": kept}, {"id": changed, "quantity": "1"})
    billing.dispatcher().run_once()
    billing.reopen(order)
    added = {"id": new_id(), "quantity": "3"}
    billing.approve(customer, {"id": kept}, {"id": changed, "quantity": "2"}, added, id=order, billing_round=2)
    billing.dispatcher().run_once()
    first, second = billing.documents("accepted")
    assert (first.net, second.net) == (D("157.50"), D("180.00"))  # 3.5 h, then 1 + 3 h
    assert len(billing.target.invoices) == 2
    billing.check()


def test_a_second_round_waits_while_the_first_is_on_its_way(billing: Billing) -> None:
    billing.connect()
    customer = billing.customer()
    row = {"id": new_id()}
    billing.target.faults = ["timeout_before_save"]
    order = billing.approve(customer, row)
    billing.dispatcher().run_once()
    assert billing.the_dispatch().state == "unclear"
    assert billing.reopen(order) is Handled.APPLIED
    assert billing.take(billing.approval(customer, row, id=order, billing_round=2)) is Handled.WAITING
    billing.check()


def test_an_approval_that_overtakes_the_reopening_takes_the_first_round_back_itself(billing: Billing) -> None:
    customer = billing.customer(billing_rhythm="monthly")
    row = {"id": new_id()}
    order = billing.approve(customer, row)
    billing.approve(customer, row, id=order, billing_round=2)
    assert billing.reopen(order, billing_round=1) is Handled.APPLIED
    assert [(r.billing_round, r.state) for r in billing.rows()] == [(1, "closed_without_billing"), (2, "open")]
    billing.check()
