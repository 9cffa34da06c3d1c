"""A fee for each invoice: on the document, in the ledger, and never back in the pool."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from services.billing.app import batches, desk, redirecting, reversals
from services.billing.app.batches import Selection
from services.billing.app.compose import Wishes
from services.billing.app.fees import NO_FEES, load_fees
from services.billing.app.ledger_check import check_ledger
from services.billing.app.preflight import LockWish
from services.billing.app.reversals import ReversalWish
from services.billing.app.settings import change_settings
from services.billing.domain.compile import VatPolicy
from services.billing.domain.errors import NotBillable
from services.billing.domain.grouping import MixedVat
from services.billing.domain.reversal import Take
from services.billing.models import Batch, BillingDocument, BillingLine, LedgerRow
from services.billing.tests.integration.conftest import OTHER_TENANT, Billing
from shared.clock import business_day
from shared.db.database import Creation
from shared.ids import new_id

D = Decimal
FEE = "0190a000-0000-7000-8000-000000000037"


def with_a_fee(billing: Billing, price: str | None = "5.00", *, product: Any = None, **rule: Any) -> str:
    """A fee for all but e-invoices; returns the rule's id."""
    billing.product(FEE, **{"code": "LASKLIS", "name": "Laskutuslisä", "kind": "fee", "unit": "kpl", **(product or {})})
    effect = {"kind": "invoice_fee", "product_id": FEE, "unit_price": price, "except_channels": ["einvoice"]}
    return billing.rule(effect, **rule)


def by_letter(billing: Billing, **changes: Any) -> str:
    return billing.customer(**{"invoice_channel": "letter", "billing_rhythm": "monthly", **changes})


def a_batch(billing: Billing) -> Batch:
    return batches.create_batch(billing.begin(), Creation("batch", None, "", new_id()), Selection(), None)


def lock(billing: Billing, batch: Batch) -> None:
    batches.lock_batch(billing.begin(), batch.id, None, now=billing.clock())


def bill_the_pool(billing: Billing) -> None:
    batch = a_batch(billing)
    lock(billing, batch)
    batches.dispatch_batch(billing.begin(), batch.id, None, now=billing.clock())
    billing.dispatcher().run_once()


def lines_of(billing: Billing, document: BillingDocument) -> list[BillingLine]:
    return list(desk.get_document(billing.read(), document.id).lines)


def fees(billing: Billing) -> list[LedgerRow]:
    return sorted((row for row in billing.rows() if row.fee_rule_id is not None), key=lambda row: row.state)


def work(billing: Billing) -> list[LedgerRow]:
    return [row for row in billing.rows() if row.fee_rule_id is None]


def reverse(billing: Billing, document_id: str, *takes: Take) -> None:
    wish = ReversalWish("Väärä kohde", list(takes) or None)
    creation = Creation("reversal", None, "", new_id())
    reversals.reverse_document(billing.begin(), creation, document_id, None, wish, now=billing.clock())
    billing.dispatcher().run_once()


@pytest.mark.parametrize(("channel", "gross"), [("letter", "147.46"), ("email", "147.46"), ("einvoice", "141.19")])
def test_an_order_billed_at_once_has_the_fee_in_its_channel(billing: Billing, channel: str, gross: str) -> None:
    billing.connect()
    rule_id = with_a_fee(billing)
    customer_id = by_letter(billing, billing_rhythm="immediate", invoice_channel=channel)
    order_id = billing.approve(customer_id)
    (row,) = work(billing)
    assert [fee.state for fee in fees(billing)] == ([] if channel == "einvoice" else ["reserved"])
    billing.check()
    billing.dispatcher().run_once()
    (invoice,) = billing.target.invoices
    assert invoice["gross"] == gross
    (accepted,) = billing.events("document.accepted.v1")
    named = {"id": order_id, "number": row.workorder_number, "customer_id": customer_id, "row_ids": [row.row_id]}
    assert accepted.data["workorders"] == [named]
    for fee in fees(billing):
        assert (fee.fee_rule_id, fee.state, fee.transferred, fee.order_id) == (rule_id, "transferred", 1, row.order_id)
        assert (fee.product_code, fee.unit, fee.vat_rate_percent) == ("LASKLIS", "kpl", D("25.50"))
    billing.check()


def test_three_orders_on_one_invoice_have_one_fee_and_the_preview_shows_it(billing: Billing) -> None:
    billing.connect()
    with_a_fee(billing)
    customer = by_letter(billing)
    orders = [billing.approve(customer) for _ in range(3)]
    batch = a_batch(billing)
    (preview,) = batches.preview_batch(billing.read(), batch.id, now=billing.clock())
    assert fees(billing) == []
    lock(billing, batch)
    (document,) = billing.documents()
    shown = [(line.text, line.quantity, line.net, line.vat_share) for line in preview.document.lines]
    stored = [(line.text, line.quantity, line.net, line.vat_share) for line in lines_of(billing, document)]
    assert shown == stored
    assert shown[-1] == ("Laskutuslisä", D(1), D("5.00"), D("1.27"))
    assert preview.document.gross == document.gross
    assert (document.performed_from, document.performed_on) == (date(2026, 11, 20), date(2026, 11, 20))
    assert [order["id"] for order in document.workorders] == orders
    assert {row_id for order in document.workorders for row_id in order["row_ids"]} == {
        row.row_id for row in work(billing)
    }
    assert len(fees(billing)) == 1
    billing.check()


def test_a_batch_that_is_unlocked_and_locked_again_has_one_fee(billing: Billing) -> None:
    with_a_fee(billing)
    billing.approve(by_letter(billing))
    first = a_batch(billing)
    lock(billing, first)
    batches.unlock_batch(billing.begin(), first.id, None, now=billing.clock())
    (fee,) = fees(billing)
    assert (fee.state, fee.closed, fee.closed_reason, fee.document_id) == (
        "closed_without_billing",
        1,
        "document_not_sent",
        None,
    )
    pool = batches.list_pool(billing.read(), Selection(), limit=50, after=None)
    assert [row.id for row in pool.items] == [row.id for row in work(billing)]
    billing.check()
    lock(billing, first)
    (document,) = billing.documents("ready")
    assert [line.product_code for line in lines_of(billing, document)] == ["HUOLTO", "LASKLIS"]
    assert [fee.state for fee in fees(billing)] == ["closed_without_billing", "reserved"]
    billing.check()


@pytest.mark.parametrize("close_rows", [True, False])
def test_a_skipped_document_closes_its_fee(billing: Billing, close_rows: bool) -> None:
    billing.connect()
    with_a_fee(billing)
    billing.approve(by_letter(billing, billing_rhythm="immediate"))
    dispatch = billing.the_dispatch()
    desk.skip_dispatch(
        billing.begin(), dispatch.id, None, "Laskutettu käsin", close_rows=close_rows, now=billing.clock()
    )
    (fee,) = fees(billing)
    assert (fee.state, fee.closed, fee.open, fee.reserved) == ("closed_without_billing", 1, 0, 0)
    assert fee.closed_reason == ("Laskutettu käsin" if close_rows else "document_not_sent")
    assert [row.state for row in work(billing)] == ["closed_without_billing" if close_rows else "open"]
    billing.check()


def test_a_document_that_is_sent_elsewhere_keeps_its_fee(billing: Billing) -> None:
    billing.connect()
    second = billing.connect(is_default=False)
    with_a_fee(billing)
    billing.target.faults = ["rejected"]
    billing.approve(by_letter(billing, billing_rhythm="immediate"))
    billing.dispatcher().run_once()
    (fee,) = fees(billing)
    dispatch = billing.the_dispatch()
    redirecting.redirect_dispatch(billing.begin(), dispatch.id, None, second, now=billing.clock())
    billing.pass_time(1)
    billing.dispatcher().run_once()
    assert [invoice["gross"] for invoice in billing.target.invoices] == ["147.46"]
    assert [(each.id, each.state) for each in fees(billing)] == [(fee.id, "transferred")]
    billing.check()


def test_a_reopened_order_closes_the_fee_of_its_document(billing: Billing) -> None:
    billing.connect()
    with_a_fee(billing)
    order_id = billing.approve(by_letter(billing, billing_rhythm="immediate"))
    billing.reopen(order_id)
    assert {row.state for row in billing.rows()} == {"closed_without_billing"}
    assert [fee.closed_reason for fee in fees(billing)] == ["document_not_sent"]
    billing.check()


def test_a_whole_credit_takes_the_fee_back_and_the_rows_get_a_new_one(billing: Billing) -> None:
    billing.connect()
    with_a_fee(billing)
    billing.approve(by_letter(billing))
    bill_the_pool(billing)
    (document,) = billing.documents("accepted")
    reverse(billing, document.id)
    assert [invoice["gross"] for invoice in billing.target.invoices] == ["147.46", "-147.46"]
    (fee,) = fees(billing)
    assert (fee.state, fee.credited, fee.closed, fee.closed_reason) == ("closed_without_billing", 1, 1, "Väärä kohde")
    assert [row.state for row in work(billing)] == ["credited"]
    assert "reversed" in {each.state for each in billing.documents()}
    billing.check()
    bill_the_pool(billing)
    assert billing.target.invoices[-1]["gross"] == "147.46"
    assert [fee.state for fee in fees(billing)] == ["closed_without_billing", "transferred"]
    billing.check()


def test_a_partial_credit_leaves_the_fee_which_is_credited_by_its_row(billing: Billing) -> None:
    billing.connect()
    with_a_fee(billing)
    billing.approve(by_letter(billing))
    bill_the_pool(billing)
    (document,) = billing.documents("accepted")
    (row,) = work(billing)
    reverse(billing, document.id, Take(row.row_id, D("2.5")))
    (fee,) = fees(billing)
    assert (fee.state, fee.transferred, fee.credited) == ("transferred", 1, 0)
    assert [each.state for each in billing.documents()].count("reversed") == 0
    billing.check()
    reverse(billing, document.id, Take(fee.row_id, D(1)))
    assert [invoice["gross"] for invoice in billing.target.invoices] == ["147.46", "-141.19", "-6.28"]
    assert [each.state for each in billing.documents()].count("reversed") == 1
    assert [fee.state for fee in fees(billing)] == ["closed_without_billing"]
    assert [event.data["workorders"] for event in billing.events("document.accepted.v1")[1:]] == [[], []]
    billing.check()


def test_rules_are_asked_by_priority_for_the_payer_and_its_price_group(billing: Billing) -> None:
    plain, grouped = by_letter(billing), by_letter(billing, price_group="ISÄNNÖITSIJÄT")
    payer = by_letter(billing)
    named = by_letter(billing, payer_id=payer)
    with_a_fee(billing, "5.00")
    with_a_fee(billing, "3.00", priority=5, conditions={"price_groups": ["ISÄNNÖITSIJÄT"]})
    with_a_fee(billing, "2.00", priority=5, conditions={"customer_ids": [payer]})
    with_a_fee(billing, "1.00", priority=1, archived=True)
    for customer in (plain, grouped, named):
        billing.approve(customer)
    lock(billing, a_batch(billing))
    assert {fee.customer_id: fee.unit_price for fee in fees(billing)} == {
        plain: D(5),
        grouped: D(3),
        named: D(2),
    }
    billing.check()


def test_a_rule_that_was_changed_counts_from_then_on(billing: Billing) -> None:
    rule_id = with_a_fee(billing)
    effect = {"kind": "invoice_fee", "product_id": FEE, "unit_price": "6.00", "except_channels": []}
    billing.rule(effect, id=rule_id, version=2)
    with_a_fee(billing, "9.00", id=rule_id)
    billing.approve(by_letter(billing))
    lock(billing, a_batch(billing))
    assert [fee.unit_price for fee in fees(billing)] == [D(6)]


def test_without_a_price_of_its_own_the_fee_costs_the_list_price_of_the_day(billing: Billing) -> None:
    today = business_day(billing.clock()).isoformat()
    prices = [
        {"id": new_id(), "price": "4.00", "valid_from": "2020-01-01", "valid_to": "2020-12-31"},
        {"id": new_id(), "price": "4.50", "valid_from": "2021-01-01", "valid_to": today},
    ]
    with_a_fee(billing, None, product={"list_prices": prices, "vat_class": "zero"})
    billing.approve(by_letter(billing))
    lock(billing, a_batch(billing))
    (fee,) = fees(billing)
    (document,) = billing.documents()
    assert (fee.unit_price, fee.vat_rate_percent, document.gross) == (D("4.5"), D(0), D("145.69"))
    billing.check()


@pytest.mark.parametrize("product", ["unknown", "without a price", "with a price from tomorrow on"])
def test_billing_goes_on_without_a_fee_that_is_not_known(billing: Billing, product: str) -> None:
    effect = {"kind": "invoice_fee", "product_id": FEE, "unit_price": None, "except_channels": []}
    billing.rule({**effect, "unit_price": "5.00"} if product == "unknown" else effect)
    if product != "unknown":
        tomorrow = (business_day(billing.clock()) + timedelta(days=1)).isoformat()
        later = [{"id": new_id(), "price": "4.00", "valid_from": tomorrow, "valid_to": None}]
        billing.product(FEE, list_prices=later if product == "with a price from tomorrow on" else [])
    billing.approve(by_letter(billing))
    batch = a_batch(billing)
    (preview,) = batches.preview_batch(billing.read(), batch.id, now=billing.clock())
    assert [problem.code for problem in preview.problems] == ["billing.fee_not_known"]
    with pytest.raises(NotBillable):
        lock(billing, batch)
    batches.lock_batch(billing.begin(), batch.id, None, now=billing.clock(), wish=LockWish(accept_warnings=True))
    assert fees(billing) == []
    assert [document.gross for document in billing.documents()] == [D("141.19")]


def test_rules_that_are_no_concern_of_documents_are_not_looked_at(billing: Billing) -> None:
    billing.rule({"kind": "step", "minutes": 30})
    day = business_day(billing.clock())
    with billing.read() as uow:
        assert load_fees(uow.session, billing.tenant_id, day) is NO_FEES
    with_a_fee(billing, archived=True)
    with_a_fee(billing, valid_to="2020-12-31")
    valid = with_a_fee(billing)
    with billing.read() as uow:
        assert [rule.id for rule in load_fees(uow.session, billing.tenant_id, day).rules] == [valid]
        assert load_fees(uow.session, OTHER_TENANT, day) is NO_FEES


def test_a_fee_in_the_pool_is_found_by_the_check(billing: Billing) -> None:
    with_a_fee(billing)
    billing.approve(by_letter(billing))
    batch = a_batch(billing)
    lock(billing, batch)
    batches.unlock_batch(billing.begin(), batch.id, None, now=billing.clock())
    with billing.begin() as uow:
        fee = uow.session.scalars(select(LedgerRow).where(LedgerRow.fee_rule_id.is_not(None))).one()
        fee.open, fee.closed, fee.state = D(1), D(0), "open"
        uow.commit()
    assert check_ledger(billing.database) == [f"ledger row {fee.id}: a fee of which 1.000 is open"]


def test_documents_of_nothing_or_less_have_no_fee(billing: Billing) -> None:
    with_a_fee(billing)
    billing.approve(by_letter(billing), {"quantity": "-1"})
    billing.approve(by_letter(billing), {}, {"quantity": "-2.5"})
    lock(billing, a_batch(billing))
    assert len(billing.documents()) == 2
    assert fees(billing) == []


def test_a_private_person_pays_the_fee_with_vat_to_the_cent(billing: Billing) -> None:
    with_a_fee(billing, "3.9841")
    billing.approve(by_letter(billing, kind="private", business_id=None), {"quantity": "1", "unit_price": "79.6813"})
    lock(billing, a_batch(billing))
    (document,) = billing.documents()
    assert document.prices_include_vat is True
    shown = [(line.product_code, line.net + line.vat_share) for line in lines_of(billing, document)]
    assert shown == [("HUOLTO", D("100.00")), ("LASKLIS", D("5.00"))]
    assert document.gross == D("105.00")
    billing.check()


def test_each_document_of_a_split_order_has_a_fee_under_its_own_vat(billing: Billing) -> None:
    change_settings(billing.begin(), 0, Wishes(True, MixedVat.SPLIT, VatPolicy.PER_RATE))
    with_a_fee(billing)
    builder = by_letter(billing, kind="company", construction_seller_from="2026-01-01")
    billing.approve(builder, {"construction_service": True}, {})
    lock(billing, a_batch(billing))
    found = [{line.vat_category for line in lines_of(billing, document)} for document in billing.documents()]
    assert sorted(map(sorted, found)) == [["AE"], ["S"]]
    assert len(fees(billing)) == 2
    billing.check()
