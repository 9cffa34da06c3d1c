"""Builders for tests: `a_row(quantity="2")`."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from services.billing.domain.compile import DocumentHead, MergePolicy, compile_document
from services.billing.domain.document import Address, Document, Party
from services.billing.domain.rows import ApprovedRow

_DECIMALS = ("quantity", "unit_price", "discount_percent", "vat_rate_percent")


def a_row(**changes: Any) -> ApprovedRow:
    """An hour of a maintenance man; decimals may be given as text."""
    row = ApprovedRow(
        row_id="row-1",
        workorder_id="order-1",
        workorder_number="1001",
        position=1,
        customer_id="customer-1",
        payer_id="customer-1",
        currency="EUR",
        product_id="product-huolto",
        product_code="HUOLTO",
        product_kind="labour",
        description="Kiinteistönhoitaja, työaika",
        quantity=Decimal(1),
        unit="h",
        work_date=date(2026, 11, 3),
        unit_price=Decimal("45.00"),
        discount_percent=Decimal(0),
        vat_class="standard",
        vat_rate_percent=Decimal("25.5"),
        construction_service=False,
        buyer_is_construction_seller=False,
    )
    given = {name: Decimal(value) if name in _DECIMALS else value for name, value in changes.items()}
    return replace(row, **given)


def a_party(**changes: Any) -> Party:
    """A housing company that gets e-invoices."""
    party = Party(
        customer_id="customer-1",
        number="10001",
        name="As Oy Esimerkin Haapapiha",
        kind="housing_company",
        business_id="9000011-8",
        vat_number=None,
        address=Address("Haapatie 4 A 12", "02150", "ESPOO", "FI"),
        email=None,
        language="fi",
        invoice_channel="einvoice",
        einvoice_address="003790000118",
        einvoice_operator="003721291126",
        payment_term_days=14,
    )
    return replace(party, **changes)


def a_document(*rows: ApprovedRow, payer: Party | None = None, merge: MergePolicy | None = None) -> Document:
    """The document of `rows`, dated 20.11.2026."""
    head = DocumentHead(
        id="document-1",
        key="URK-00000000-0000-4000-8000-000000000001",
        tenant_id="tenant-1",
        payer=payer or a_party(),
        document_date=date(2026, 11, 20),
        references={},
    )
    return compile_document(head, rows or (a_row(),), merge or MergePolicy())
