"""Documents as odd as they come, made by the product's own compiler from rows of work."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import assume
from hypothesis import strategies as st

from services.billing.domain.compile import DocumentHead, MergePolicy, compile_document
from services.billing.domain.document import Address, Document, OriginalDocument, Party
from services.billing.domain.rows import ApprovedRow

CENT = Decimal("0.01")
KINDS = ("labour", "material", "travel", "equipment", "fee")
TEXTS = (
    "Kiinteistönhoitaja, työaika",
    "Kaapeli MMJ 3×2,5 – ”osa” & työ",
    "=1+1",
    "+358",
    "<b>'",
    "00123",
    "Åsa’s\ttyö",
)
RATES = (("standard", "25.5"), ("reduced", "13.5"), ("press", "10"), ("zero", "0"))


def a_payer() -> Party:
    """A company that gets e-invoices and sells construction services."""
    return Party(
        customer_id="018f0000-0000-7000-8000-000000000001",
        number="01042",
        name="Mallirakennus Oy",
        kind="company",
        business_id="9000159-1",
        vat_number="FI90001591",
        address=Address("Haapatie 4 A 12", "02150", "ESPOO", "FI"),
        email="laskut@example.fi",
        language="fi",
        invoice_channel="einvoice",
        einvoice_address="003790001591",
        einvoice_operator="003721291126",
        payment_term_days=14,
    )


def a_row(number: int = 1, **changes: object) -> ApprovedRow:
    """3 hours at 45,00 and 25.5 %."""
    row = ApprovedRow(
        row_id=f"row-{number}",
        workorder_id="order-1",
        workorder_number="1001",
        position=number,
        customer_id="customer-1",
        payer_id="customer-1",
        currency="EUR",
        product_id=f"product-{number}",
        product_code=f"P-{number}",
        product_kind="labour",
        description=TEXTS[0],
        quantity=Decimal(3),
        unit="h",
        work_date=date(2026, 11, 3),
        unit_price=Decimal("45.00"),
        discount_percent=Decimal(0),
        vat_class="standard",
        vat_rate_percent=Decimal("25.5"),
        construction_service=False,
        buyer_is_construction_seller=True,
    )
    return replace(row, **changes)  # type: ignore[arg-type]


def a_document(rows: Sequence[ApprovedRow] = (), key: str | None = None, **changes: object) -> Document:
    """A document of the rows with a key of its own."""
    head = DocumentHead(
        id=str(uuid.uuid4()),
        key=key or f"URK-{uuid.uuid4()}",
        tenant_id="tenant-1",
        payer=a_payer(),
        document_date=date(2026, 11, 20),
        references={"order_number": "PO-77", "cost_centre": "04711"},
    )
    return replace(compile_document(head, rows or [a_row()], MergePolicy()), **changes)  # type: ignore[arg-type]


def a_credit(original: OriginalDocument | None = None) -> Document:
    """A document that takes half of an accepted one back."""
    original = original or OriginalDocument("018f", f"URK-{uuid.uuid4()}", date(2026, 11, 2), "17", "2026017")
    return a_document([a_row(quantity=Decimal("-1.5"))], reverses=original)


def odd_documents() -> dict[str, Document]:
    """Documents that no careful person makes, by what is odd: to be refused in words, or sent as they are."""
    document = a_document()
    (line,), payer = document.lines, document.payer

    def with_line(**changes: object) -> Document:
        return replace(a_document(), lines=(replace(line, **changes),))  # type: ignore[arg-type]

    def with_payer(**changes: object) -> Document:
        return replace(a_document(), payer=replace(payer, **changes))  # type: ignore[arg-type]

    nowhere = Address("", "", "", "")
    return {
        "no lines": replace(a_document(), lines=()),
        "a unit nobody knows": with_line(unit="virsta"),
        "no unit": with_line(unit=""),
        "no product code": with_line(product_code=""),
        "a long product code": with_line(product_code="P" * 300),
        "no text": with_line(text=""),
        "a long text": with_line(text="Työ & tarvike <1> " * 400),
        "control characters": with_line(text="a\x00b\x0bc\ud800d\ue000 \U0001f527"),
        "another VAT category": with_line(vat_category="K"),
        "no customer number": with_payer(number=" "),
        "no name": with_payer(name=""),
        "no address": with_payer(address=nowhere),
        "nothing but a name": with_payer(
            business_id=None, vat_number=None, email=None, einvoice_address=None, einvoice_operator=None
        ),
        "a language nobody speaks": with_payer(language="xx", invoice_channel="pigeon"),
        "another currency": replace(a_document(), currency="SEK"),
        "long references": replace(a_document(), references={"order_number": "9" * 500, "orderer": "\x07 Åsa"}),
    }


@st.composite
def rows(draw: st.DrawFn) -> list[ApprovedRow]:
    """1–6 rows: fractions of hours, 4-decimal prices, discounts, returns, mixed rates, construction services."""
    made = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        vat_class, rate = draw(st.sampled_from(RATES))
        quantity = draw(
            st.sampled_from(
                [Decimal("0.333"), Decimal(1), Decimal(17), Decimal("-1"), Decimal("7.5"), Decimal("0.001")]
            )
            | st.decimals(Decimal("-20"), Decimal(500), places=3)
        )
        assume(quantity)
        is_service = draw(st.integers(0, 3)) == 0
        made.append(
            a_row(
                number,
                product_kind="labour" if is_service else draw(st.sampled_from(KINDS)),
                description=draw(st.sampled_from(TEXTS)),
                quantity=quantity,
                unit=draw(st.sampled_from(("h", "kpl", "m", "km"))),
                unit_price=draw(
                    st.sampled_from([Decimal("99.99"), Decimal("57.75"), Decimal("1.4520"), Decimal("0.0001")])
                    | st.decimals(Decimal(0), Decimal(2000), places=4)
                ),
                discount_percent=draw(st.sampled_from([Decimal(0), Decimal(0), Decimal(8), Decimal("33.33")])),
                vat_class=vat_class,
                vat_rate_percent=Decimal(rate),
                construction_service=is_service,
            )
        )
    return made


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A basket whose total is not negative: what is, goes out as a credit of something."""
    document = a_document(draw(rows()))  # the key is fresh, not drawn: a target must see each one once only
    assume(document.net > 0 and document.gross > 0)
    return document


def recomputed(lines: Sequence[tuple[Decimal, str, Decimal]]) -> tuple[Decimal, Decimal, Decimal]:
    """Net, VAT and gross as a target computes them from (line net, VAT category, rate in percent).

    VAT once for each category and rate, half away from zero. Written without the product's own functions.
    """
    bases: dict[tuple[str, Decimal], Decimal] = {}
    for net, category, rate in lines:
        bases[(category, rate)] = bases.get((category, rate), Decimal("0.00")) + net
    vat = sum(((base * rate / 100).quantize(CENT, ROUND_HALF_UP) for (_, rate), base in bases.items()), Decimal("0.00"))
    net = sum(bases.values(), Decimal("0.00"))
    return net, vat, net + vat


def line_net(quantity: Decimal, unit_price: Decimal, discount_percent: Decimal) -> Decimal:
    """A line's total as a target computes it: rounded once, half away from zero."""
    return (quantity * unit_price * (100 - discount_percent) / 100).quantize(CENT, ROUND_HALF_UP)
