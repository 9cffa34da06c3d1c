"""What a document says besides amounts is stored with it and comes back."""

from datetime import date
from decimal import Decimal

from services.billing.app.loading import load_document
from services.billing.domain.document import Address, Delivery, Document, Period
from services.billing.tests.integration.conftest import Billing

SITE = {"street": "Koivurannantie 3 A", "postal_code": "00100", "city": "Helsinki", "country": "FI"}


def the_document(billing: Billing) -> Document:
    (stored,) = billing.documents()
    with billing.read() as uow:
        return load_document(uow.session, stored.id)


def test_dates_site_codes_and_dimensions_come_back(billing: Billing) -> None:
    billing.connect()
    customer = billing.customer(kind="private", business_id=None)
    billing.product(target_codes={"procountor": "4711"})
    billing.approve(
        customer,
        {"work_date": "2026-11-18", "unit_price": "239.0438", "quantity": "1"},
        {"work_date": "2026-11-20", "unit_price": "159.3625", "quantity": "1", "product_kind": "material"},
        site_address=SITE,
        references={"cost_centre": "KP-7", "orderer": "Maija"},
    )

    document = the_document(billing)

    assert document.period == Period(date(2026, 11, 18), date(2026, 11, 20))
    assert document.delivery == Delivery("A-talo", Address("Koivurannantie 3 A", "00100", "Helsinki", "FI"))
    assert document.dimensions == {"cost_centre": "KP-7"}
    assert document.batch_id is not None
    assert document.prices_include_vat
    assert (document.gross, document.labour_gross) == (Decimal("500.00"), Decimal("300.00"))
    line = document.lines[0]
    assert (line.performed_from, line.performed_to) == (date(2026, 11, 18), date(2026, 11, 18))
    assert (line.site_name, line.cost_centre) == ("A-talo", "KP-7")
    assert line.target_codes == {"procountor": "4711"}


def test_an_order_without_a_site_has_none(billing: Billing) -> None:
    billing.connect()
    billing.approve(billing.customer(), site_name=None)
    document = the_document(billing)
    assert (document.delivery, document.lines[0].site_name) == (None, None)
    assert not document.prices_include_vat
