"""What a payer wishes of its invoices comes with its event and is followed."""

from decimal import Decimal

import pytest

from services.billing.app.batches import Selection, create_batch, dispatch_batch, lock_batch, preview_batch
from services.billing.app.desk import retry_dispatch
from services.billing.app.loading import load_document
from services.billing.domain.document import Document
from services.billing.domain.errors import NotReady
from services.billing.tests.integration.conftest import Billing
from shared.db.database import Creation
from shared.ids import new_id

SITE_A = {"street": "Koivurannantie 3 A", "postal_code": "00100", "city": "Helsinki", "country": "FI"}


def previewed(billing: Billing) -> list[Document]:
    creation = Creation("batch", None, "", new_id())
    batch = create_batch(billing.begin(), creation, Selection(), None)
    return [each.document for each in preview_batch(billing.begin(), batch.id, now=billing.clock())]


@pytest.mark.parametrize(
    ("wish", "documents"),
    [
        ({}, 1),
        ({"invoice_grouping": None}, 1),
        ({"invoice_grouping": "collective"}, 1),
        ({"invoice_grouping": "per_order"}, 4),
        ({"invoice_grouping": "per_site"}, 3),
        ({"invoice_grouping": "per_reference"}, 2),
    ],
    ids=str,
)
def test_a_batch_is_grouped_as_the_payer_wishes(billing: Billing, wish: dict[str, str], documents: int) -> None:
    billing.connect()
    customer = billing.customer(billing_rhythm="monthly", **wish)
    billing.approve(customer, site_name="A-talo", site_address=SITE_A, references={"order_number": "1"})
    billing.approve(customer, site_name="A-talo", site_address=SITE_A, references={"order_number": "2"})
    billing.approve(customer, site_name="B-talo", references={"order_number": "2"})
    billing.approve(customer, site_name=None, references={"order_number": "2", "orderer": "Maija"})
    assert len(previewed(billing)) == documents


def test_the_payers_wish_counts_not_the_customers(billing: Billing) -> None:
    billing.connect()
    payer = billing.customer(billing_rhythm="monthly", number="2001")
    customer = billing.customer(billing_rhythm="monthly", invoice_grouping="per_order", payer_id=payer)
    billing.approve(customer)
    billing.approve(customer)
    assert len(previewed(billing)) == 1


def test_the_agreed_late_interest_is_kept_with_the_document(billing: Billing) -> None:
    billing.connect()
    billing.approve(billing.customer(late_interest_percent="12.50"))
    (stored,) = billing.documents()
    with billing.read() as uow:
        assert load_document(uow.session, stored.id).payer.late_interest_percent == Decimal("12.5")


# --- customers that are merged (basket 8 of the domain sheet, section 11.3) ---


def merged(billing: Billing, customer: str, survivor: str) -> None:
    billing.customer(customer, version=2, billing_rhythm="monthly", archived=True, merged_into=survivor)


def test_basket_8_a_locked_batch_keeps_its_payer_and_the_pool_goes_to_the_survivor(billing: Billing) -> None:
    billing.connect()
    survivor = billing.customer(billing_rhythm="monthly", number="2001", name="Jäävä Oy")
    customer = billing.customer(billing_rhythm="monthly", number="2002", name="Poistuva Oy")
    billing.approve(customer)
    batch = create_batch(billing.begin(), Creation("batch", None, "", new_id()), Selection(), None)
    locked = lock_batch(billing.begin(), batch.id, None, now=billing.clock())
    billing.approve(customer)

    merged(billing, customer, survivor)

    dispatch_batch(billing.begin(), batch.id, locked.version, now=billing.clock())
    billing.dispatcher().run_once()
    assert [invoice["name"] for invoice in billing.target.invoices] == ["Poistuva Oy"]
    (later,) = previewed(billing)
    assert (later.payer.customer_id, later.payer.number) == (survivor, "2001")
    billing.check()


def test_mergers_are_followed_to_their_end_and_to_the_survivors_payer(billing: Billing) -> None:
    billing.connect()
    payer = billing.customer(billing_rhythm="monthly", number="3003")
    last = billing.customer(billing_rhythm="monthly", number="3002", payer_id=payer)
    middle = billing.customer(billing_rhythm="monthly", number="3001")
    first = billing.customer(billing_rhythm="monthly", number="3000")
    merged(billing, middle, last)
    billing.approve(first)
    merged(billing, first, middle)
    billing.approve(first)
    (document,) = previewed(billing)
    assert document.payer.number == "3003"
    assert len(document.workorder_numbers) == 2


def test_a_survivor_that_is_not_known_yet_is_waited_for(billing: Billing) -> None:
    billing.connect()
    customer = billing.customer(billing_rhythm="monthly")
    billing.approve(customer)
    merged(billing, customer, new_id())
    with pytest.raises(NotReady):
        previewed(billing)


def test_copies_that_name_each_other_end(billing: Billing) -> None:
    """An undone merger whose events come late: whatever the copies say for a moment, nothing hangs."""
    billing.connect()
    one, other = billing.customer(billing_rhythm="monthly"), billing.customer(billing_rhythm="monthly", number="2")
    billing.approve(one)
    merged(billing, one, other)
    merged(billing, other, one)
    assert len(previewed(billing)) == 1


def test_a_rejected_document_of_a_merged_payer_goes_to_the_survivor_when_it_is_tried_again(billing: Billing) -> None:
    billing.connect()
    survivor = billing.customer(billing_rhythm="monthly", number="2001", name="Jäävä Oy")
    customer = billing.customer(number="2002", name="Poistuva Oy")
    billing.approve(customer)
    billing.target.faults = ["rejected"]
    billing.dispatcher().run_once()
    merged(billing, customer, survivor)

    retry_dispatch(billing.begin(), billing.the_dispatch().id, None, now=billing.clock())
    billing.dispatcher().run_once()

    assert [invoice["name"] for invoice in billing.target.invoices] == ["Jäävä Oy"]
    (document,) = billing.documents()
    assert document.payer_id == survivor
