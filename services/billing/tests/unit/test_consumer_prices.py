"""Private persons are charged by prices with VAT: what was agreed is what is to pay."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.adapters import texts
from services.billing.adapters.einvoice import figures
from services.billing.adapters.einvoice.format import Format
from services.billing.adapters.finvoice.form import FinvoiceForm
from services.billing.adapters.peppol.form import PeppolForm
from services.billing.domain import reversal
from services.billing.domain.compile import VatPolicy, net_of
from services.billing.domain.document import Document, OriginalDocument
from services.billing.domain.reversal import CreditHead
from services.billing.domain.rows import ApprovedRow
from services.billing.tests.einvoices import an_einvoice, written
from services.billing.tests.unit.builders import a_document, a_party, a_row
from shared.money import line_net

PRIVATE = a_party(kind="private", business_id=None, name="Lahtinen Pekka (esimerkki)")
FORMS: tuple[Format, ...] = (FinvoiceForm(), PeppolForm(customer_number_as_reference=True))


def labour(price: str, **changes: str) -> ApprovedRow:
    return a_row(**{"row_id": "labour", "unit_price": price, **changes})


def material(price: str, **changes: str) -> ApprovedRow:
    given = {"row_id": "material", "product_id": "p2", "product_kind": "material", "description": "Tarvikkeet"}
    return a_row(**{**given, "position": 2, "unit_price": price, **changes})


def test_basket_4_five_hundred_with_vat_is_five_hundred_to_pay() -> None:
    """300,00 of labour and 200,00 of material, priced without VAT by four decimals; by nets it would be 499,99."""
    document = a_document(labour("239.0438"), material("159.3625"), payer=PRIVATE)

    assert document.gross == Decimal("500.00")
    assert [line.gross for line in document.lines] == [Decimal("300.00"), Decimal("200.00")]
    assert (document.net, document.vat) == (Decimal("398.41"), Decimal("101.59"))
    assert [line.unit_price_gross for line in document.lines] == [Decimal("300.0000"), Decimal("200.0000")]
    assert document.labour_gross == Decimal("300.00")  # 60 % of 500,00
    assert document.labour_net == document.lines[0].net
    assert texts.labour_statement(document) == "Työn osuus kotitalousvähennystä varten 300,00 € (sis. alv 25,5 %)"
    assert a_document(labour("239.0438"), material("159.3625")).gross == Decimal("499.99")


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_basket_4_as_a_file_is_right_to_the_cent(form: Format) -> None:
    document = an_einvoice(labour("239.0438"), material("159.3625"), payer=PRIVATE)
    stated = form.read(written(form, document))

    assert figures.check_document(document) is None
    assert figures.check_file(stated, document) is None
    assert (stated.gross, stated.payable) == (Decimal("500.00"), Decimal("500.00"))


def test_businesses_are_charged_by_prices_without_vat() -> None:
    document = a_document(labour("239.0438"), material("159.3625"))
    assert not document.prices_include_vat
    assert [line.net for line in document.lines] == [Decimal("239.04"), Decimal("159.36")]


# --- any basket ---

RATES = st.sampled_from(("25.5", "24", "13.5", "10", "0"))
QUANTITIES = st.one_of(
    st.integers(1, 60_000), st.integers(1, 2_000_000_000), st.sampled_from((333, 1_000, 999_999_999))
).map(lambda thousandths: Decimal(thousandths).scaleb(-3))
PRICES = st.one_of(st.integers(0, 2_000_000), st.sampled_from((1, 14_520, 577_500))).map(
    lambda n: Decimal(n).scaleb(-4)
)


@st.composite
def baskets(draw: st.DrawFn) -> Document:
    rows = []
    for position in range(1, draw(st.integers(1, 8)) + 1):
        quantity = draw(QUANTITIES)
        rows.append(
            a_row(
                row_id=str(position),
                ledger_id=str(position),
                position=position,
                product_id=str(position),
                product_kind=draw(st.sampled_from(("labour", "material", "travel"))),
                quantity=str(-quantity if draw(st.integers(0, 5)) == 0 else quantity),
                unit_price=str(draw(PRICES)),
                discount_percent=draw(st.sampled_from(("0", "0", "8", "33.33", "0.01", "100"))),
                vat_rate_percent=draw(RATES),
            )
        )
    return an_einvoice(*rows, payer=PRIVATE)


@given(baskets())
def test_every_line_is_what_its_price_with_vat_says(document: Document) -> None:
    for line in document.lines:
        assert line.gross == line_net(line.quantity, line.unit_price_gross, line.discount_percent)
        assert abs(line.net - net_of(line.gross, line.vat_rate_percent)) <= Decimal("0.01")
    assert document.gross == sum(line.gross for line in document.lines)
    assert document.net == sum(line.net for line in document.lines)
    for group in document.vat_lines:
        assert group.base == net_of(group.base + group.vat, group.rate_percent)


@given(baskets())
def test_every_basket_can_be_written_to_the_cent(document: Document) -> None:
    assert figures.check_document(document) is None
    for form in FORMS:
        stated = form.read(written(form, document))
        assert figures.check_file(stated, document) is None
        assert (stated.net, stated.vat, stated.payable) == (document.net, document.vat, document.gross)


@given(baskets())
def test_a_credit_of_the_whole_takes_back_every_cent(document: Document) -> None:
    take = {holding.ledger_id: holding.quantity for line in document.lines for holding in line.holdings}
    original = OriginalDocument(document.id, document.key, document.document_date, "t-1", "10023")
    credit = reversal.credit(
        document, take, CreditHead("credit-1", "URK-2", date(2026, 11, 21), original), VatPolicy.PER_RATE
    )
    assert (credit.net, credit.vat, credit.gross) == (-document.net, -document.vat, -document.gross)
    if document.labour_gross is not None:
        assert credit.labour_gross == -document.labour_gross


def test_a_credit_of_a_part_is_computed_with_vat_too() -> None:
    rows = [labour("239.0438", quantity="2", ledger_id="l1"), material("159.3625", ledger_id="l2")]
    document = a_document(*rows, payer=PRIVATE)
    original = OriginalDocument(document.id, document.key, document.document_date, "t-1", "10023")
    head = CreditHead("credit-1", "URK-2", date(2026, 11, 21), original)

    credit = reversal.credit(document, {"l1": Decimal(1)}, head, VatPolicy.PER_LINE)

    assert credit.gross == Decimal("-300.00")
    assert credit.labour_gross == Decimal("-300.00")


# --- the check of the cents sees what is wrong ---


def test_a_line_that_is_not_what_its_price_with_vat_says_is_refused() -> None:
    document = an_einvoice(labour("239.0438"), material("159.3625"), payer=PRIVATE)
    first, second = document.lines
    moved = (replace(first, vat_share=first.vat_share - Decimal("0.01")), second)
    refusal = figures.check_document(replace(document, lines=moved))
    assert refusal is not None
    assert refusal.pointer == "/lines/0/net"


def test_a_net_that_is_further_than_a_cent_away_is_refused() -> None:
    document = an_einvoice(labour("239.0438"), material("159.3625"), payer=PRIVATE)
    first, second = document.lines
    cents = Decimal("0.02")
    moved = (
        replace(first, net=first.net + cents, vat_share=first.vat_share - cents),
        replace(second, net=second.net - cents, vat_share=second.vat_share + cents),
    )
    refusal = figures.check_document(replace(document, lines=moved))
    assert refusal is not None
    assert refusal.pointer == "/lines/0/net"
