"""Accepted documents are credited: never more than was transferred, and the rows can be billed again."""

import threading
from decimal import Decimal

import pytest

from services.billing.app import batches, desk, reversals
from services.billing.app.batches import Selection
from services.billing.app.reversals import ReversalWish
from services.billing.domain.errors import MoreThanLeft, NoConnection, NotReversible
from services.billing.domain.reversal import RowsThen, Take
from services.billing.models import Connection
from services.billing.tests.integration.conftest import Billing
from shared.db import get_or_404
from shared.db.database import Creation, KeyReused
from shared.errors import NotFound, VersionMismatch
from shared.ids import new_id

D = Decimal


def reverse(
    billing: Billing, document_id: str, wish: ReversalWish | None = None, **changes: object
) -> desk.DocumentView:
    creation = changes.get("creation") or Creation("reversal", None, "", new_id())
    wish = wish or ReversalWish("Väärä kohde")
    return reversals.reverse_document(
        billing.begin(),
        creation,
        document_id,
        changes.get("version"),
        wish,
        now=billing.clock(),  # type: ignore[arg-type]
    )


def an_accepted(billing: Billing, *rows: dict[str, str], **customer: object) -> str:
    billing.connect()
    billing.approve(billing.customer(**customer), *rows)
    billing.dispatcher().run_once()
    (document,) = billing.documents("accepted")
    return document.id


def bill_the_pool(billing: Billing) -> str:
    creation = Creation("batch", None, "", new_id())
    batch = batches.create_batch(billing.begin(), creation, Selection(), None)
    batches.lock_batch(billing.begin(), batch.id, None, now=billing.clock())
    batches.dispatch_batch(billing.begin(), batch.id, None, now=billing.clock())
    billing.dispatcher().run_once()
    return batch.id


def test_basket_5_bill_8_credit_3_5_record_1_more_and_bill_4_5(billing: Billing) -> None:
    document_id = an_accepted(billing, {"quantity": "8"})
    (row,) = billing.rows()
    view = reverse(billing, document_id, ReversalWish("Liikaa tunteja", [Take(row.row_id, D("3.5"))]))
    assert view.document.gross == D("-197.66")
    assert billing.rows()[0].state == "transferred"
    billing.dispatcher().run_once()
    assert [invoice["gross"] for invoice in billing.target.invoices] == ["451.80", "-197.66"]
    (row,) = billing.rows()
    assert (row.state, row.open, row.credited) == ("credited", D("3.5"), D("3.5"))
    billing.check()
    customer = billing.documents()[0].payer_id
    billing.customer(customer, version=2, billing_rhythm="monthly")
    billing.approve(customer, {"quantity": "1"})
    batch_id = bill_the_pool(billing)
    billed = [document for document in billing.documents() if document.batch_id == batch_id]
    lines = [line.quantity for each in billed for line in desk.get_document(billing.read(), each.id).lines]
    assert sum(lines) == D("4.5")
    assert {(row.open, row.reserved) for row in billing.rows()} == {(D(0), D(0))}
    assert [row.transferred - row.credited for row in billing.rows()] == [D(8), D(1)]
    billing.check()


def test_a_whole_credit_reverses_document_and_dispatch_and_links_both_ways(billing: Billing) -> None:
    document_id = an_accepted(billing, {}, {"quantity": "-1"})
    credit = reverse(billing, document_id)
    assert credit.document.reverses == {
        "document_id": document_id,
        "key": billing.documents()[0].key,
        "document_date": billing.documents()[0].document_date.isoformat(),
        "target_id": "i1",
        "target_number": "1",
    }
    original = desk.get_document(billing.read(), document_id)
    assert [each.id for each in original.credits] == [credit.document.id]
    assert original.document.state == "accepted"
    billing.dispatcher().run_once()
    original = desk.get_document(billing.read(), document_id)
    assert original.document.state == "reversed"
    assert [each.state for each in original.dispatches] == ["reversed"]
    assert set(original.left.values()) == {D(0)}
    assert {row.state for row in billing.rows()} == {"credited"}
    accepted = billing.events("document.accepted.v1")
    assert [(event.data["gross"][0], len(event.data["workorders"])) for event in accepted] == [("8", 1), ("-", 0)]
    billing.check()


def test_rows_may_be_closed_instead_of_returning(billing: Billing) -> None:
    document_id = an_accepted(billing)
    reverse(billing, document_id, ReversalWish("Hyvitetään reklamaation vuoksi", rows_then=RowsThen.CLOSE))
    billing.dispatcher().run_once()
    (row,) = billing.rows()
    assert (row.state, row.closed_reason, row.open) == (
        "closed_without_billing",
        "Hyvitetään reklamaation vuoksi",
        D(0),
    )
    billing.check()


def test_a_credit_on_its_way_counts_as_taken_and_a_skipped_one_does_not(billing: Billing) -> None:
    document_id = an_accepted(billing)
    (row,) = billing.rows()
    billing.target.faults = ["rejected"]
    first = reverse(billing, document_id, ReversalWish("Osa", [Take(row.row_id, D(2))]))
    billing.dispatcher().run_once()
    with pytest.raises(MoreThanLeft):
        reverse(billing, document_id, ReversalWish("Liikaa", [Take(row.row_id, D(1))]))
    dispatch_id = first.dispatches[0].id
    desk.skip_dispatch(billing.begin(), dispatch_id, None, "Peruttu", close_rows=False, now=billing.clock())
    billing.check()
    assert billing.rows()[0].transferred == D("2.5")
    reverse(billing, document_id)
    billing.dispatcher().run_once()
    assert billing.rows()[0].credited == D("2.5")
    billing.check()


def test_an_unclear_credit_is_looked_up_and_not_sent_twice(billing: Billing) -> None:
    document_id = an_accepted(billing)
    billing.target.faults = ["timeout_after_save"]
    reverse(billing, document_id)
    billing.dispatcher().run_once()
    assert billing.rows()[0].credited == 0
    billing.pass_time(200)
    billing.dispatcher().run_once()
    assert billing.rows()[0].credited == D("2.5")
    assert len(billing.target.invoices) == 2
    billing.check()


def test_the_same_wish_twice_makes_one_credit(billing: Billing) -> None:
    document_id = an_accepted(billing)
    creation = Creation("reversal", "k1", "hash", new_id())
    first = reverse(billing, document_id, creation=creation)
    again = reverse(billing, document_id, creation=creation)
    assert first.document.id == again.document.id
    with pytest.raises(KeyReused):
        reverse(billing, document_id, creation=Creation("reversal", "k1", "other", new_id()))


def test_only_accepted_documents_that_are_no_credits_are_credited(billing: Billing) -> None:
    document_id = an_accepted(billing)
    credit = reverse(billing, document_id)
    with pytest.raises(NotReversible):
        reverse(billing, credit.document.id)
    billing.dispatcher().run_once()
    with pytest.raises(NotReversible):
        reverse(billing, document_id)
    billing.approve(billing.customer())
    with pytest.raises(NotReversible):
        reverse(billing, billing.documents("ready")[0].id)


def test_a_wish_for_another_version_or_tenant_is_refused(billing: Billing) -> None:
    document_id = an_accepted(billing)
    with pytest.raises(VersionMismatch):
        reverse(billing, document_id, version=1)
    billing.tenant_id = new_id()
    with pytest.raises(NotFound):
        reverse(billing, document_id)


def test_a_credit_goes_where_the_original_is_or_nowhere(billing: Billing) -> None:
    document_id = an_accepted(billing)
    original = desk.get_document(billing.read(), document_id).dispatches[0].connection_id
    billing.connect()
    assert reverse(billing, document_id).dispatches[0].connection_id == original
    with billing.begin() as uow:
        get_or_404(uow.session, Connection, original).active = False
        uow.commit()
    billing.documents()
    desk.skip_dispatch(billing.begin(), billing.dispatches()[-1].id, None, "ei", close_rows=False, now=billing.clock())
    with pytest.raises(NoConnection):
        reverse(billing, document_id)


def test_a_row_credited_after_its_order_was_billed_anew_stands_beside_the_new_round(billing: Billing) -> None:
    billing.connect()
    customer = billing.customer()
    row_id = new_id()
    order = billing.approve(customer, {"id": row_id, "quantity": "5"}, number="77")
    billing.dispatcher().run_once()
    first = billing.documents("accepted")[0].id
    billing.reopen(order)
    billing.customer(customer, version=2, billing_rhythm="monthly")
    billing.approve(customer, {"id": row_id, "quantity": "8"}, id=order, number="77", billing_round=2)
    reverse(billing, first)
    billing.dispatcher().run_once()
    assert [row.open for row in billing.rows()] == [D(5), D(3)]
    bill_the_pool(billing)
    assert sum(row.transferred - row.credited for row in billing.rows()) == D(8)
    billing.check()


def test_two_billers_at_once_credit_no_more_than_there_is(billing_pg: Billing) -> None:
    document_id = an_accepted(billing_pg)
    (row,) = billing_pg.rows()
    start, refused = threading.Barrier(2), []

    def run() -> None:
        start.wait(5)
        try:
            reverse(billing_pg, document_id, ReversalWish("Yhtä aikaa", [Take(row.row_id, D(2))]))
        except MoreThanLeft as error:
            refused.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(refused) == 1
    billing_pg.dispatcher().run_once()
    assert billing_pg.rows()[0].credited == D(2)
    billing_pg.check()
