"""What stands where in a Peppol invoice."""

import base64
import random
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from lxml import etree

from services.billing.adapters.peppol.form import PeppolForm
from services.billing.adapters.peppol.writer import PREFIXES
from services.billing.domain.document import Address, Attachment, Delivery, Document
from services.billing.domain.outcomes import Rejected
from services.billing.tests.einvoices import a_seller, an_einvoice, credited, random_einvoice, service_rows, written
from services.billing.tests.unit.builders import a_party, a_row

CENT = Decimal("0.01")


def peppol(document: Document, form: PeppolForm | None = None, **seller: object) -> etree._Element:
    return etree.fromstring(written(form or PeppolForm(), document, a_seller(**seller)))


def text(root: etree._Element, path: str) -> str | None:
    return root.findtext(path, None, PREFIXES)


def test_a_service_invoice_as_in_the_sheet() -> None:
    root = peppol(an_einvoice(*service_rows()))
    assert etree.QName(root).localname == "Invoice"
    paths = (
        "cbc:ID",
        "cbc:IssueDate",
        "cbc:DueDate",
        "cbc:InvoiceTypeCode",
        "cbc:AccountingCost",
        "cbc:BuyerReference",
        "cac:OrderReference/cbc:ID",
        "cac:OrderReference/cbc:SalesOrderID",
        "cac:ProjectReference/cbc:ID",
        "cac:AccountingSupplierParty/cac:Party/cac:PartyLegalEntity/cbc:CompanyLegalForm",
        "cac:PaymentMeans/cbc:PaymentID",
        "cac:PaymentTerms/cbc:Note",
        "cac:TaxTotal/cbc:TaxAmount",
        "cac:LegalMonetaryTotal/cbc:PayableAmount",
        "cac:Delivery/cbc:ActualDeliveryDate",
    )
    assert [text(root, path) for path in paths] == [
        "10023",
        "2026-11-20",
        "2026-12-04",
        "380",
        "KP-210",
        "KP-210",
        "PO-7781",
        "1001",
        "PRJ-55",
        "Kotipaikka Helsinki",
        "100230",
        "14 päivää netto. Viivästyskorko 10,5 %.",
        "125.93",
        "619.76",
        "2026-11-03",
    ]
    assert [endpoint.get("schemeID") for endpoint in root.iterfind(".//cac:Party/cbc:EndpointID", PREFIXES)] == [
        "0216",
        "0216",
    ]
    assert len(root.findall("cbc:Note", PREFIXES)) == 1


def test_a_discount_stands_in_the_price_and_is_named() -> None:
    row = peppol(an_einvoice(a_row(quantity="0.333", unit_price="57.75", discount_percent="8"))).find(
        "cac:InvoiceLine", PREFIXES
    )
    assert row is not None
    assert text(row, "cac:Price/cbc:PriceAmount") == "53.13"
    assert text(row, "cac:Price/cac:AllowanceCharge/cbc:BaseAmount") == "57.75"
    assert text(row, "cac:Price/cac:AllowanceCharge/cbc:Amount") == "4.62"
    assert text(row, "cbc:LineExtensionAmount") == "17.69"
    assert text(row, "cbc:Note") == "Alennus 8 %"


def test_line_nets_are_quantity_times_price_exactly() -> None:
    """Peppol R120 tolerates two cents; ours may not need them."""
    rng = random.Random(120)
    for _ in range(40):
        root = peppol(random_einvoice(rng))
        kind = etree.QName(root).localname
        for row in root.iterfind(f"cac:{kind}Line", PREFIXES):
            quantity = text(row, "cbc:CreditedQuantity" if kind == "CreditNote" else "cbc:InvoicedQuantity") or ""
            exact = Decimal(quantity) * Decimal(text(row, "cac:Price/cbc:PriceAmount") or "")
            assert exact.quantize(CENT, ROUND_HALF_UP) == Decimal(text(row, "cbc:LineExtensionAmount") or "")
            assert Decimal(text(row, "cac:Price/cbc:PriceAmount") or "") >= 0


def test_a_credit_note_is_positive_and_names_the_original() -> None:
    invoice = an_einvoice(*service_rows())
    root = peppol(an_einvoice(a_row(quantity="-1.5", unit_price="58.00"), reverses=credited(invoice)))
    paths = (
        "cbc:CreditNoteTypeCode",
        "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID",
        "cac:BillingReference/cac:InvoiceDocumentReference/cbc:IssueDate",
        "cac:AdditionalDocumentReference/cbc:ID",
        "cac:PaymentMeans/cbc:PaymentDueDate",
        "cac:LegalMonetaryTotal/cbc:PayableAmount",
        "cac:CreditNoteLine/cbc:CreditedQuantity",
        "cac:CreditNoteLine/cbc:LineExtensionAmount",
    )
    assert [text(root, path) for path in paths] == [
        "381",
        "10023",
        "2026-11-16",
        "PRJ-55",
        "2026-12-04",
        "109.19",
        "1.5",
        "87.00",
    ]


def test_returned_material_on_an_invoice_is_a_negative_line_with_a_positive_price() -> None:
    rows = [a_row(quantity="10"), a_row(row_id="r2", position=2, quantity="-2.5", discount_percent="10")]
    returned = peppol(an_einvoice(*rows)).findall("cac:InvoiceLine", PREFIXES)[1]
    assert text(returned, "cbc:InvoicedQuantity") == "-2.5"
    assert text(returned, "cbc:LineExtensionAmount") == "-101.25"
    assert text(returned, "cac:Price/cac:AllowanceCharge/cbc:Amount") == "4.50"


def test_reverse_charge_stands_in_the_summary_not_on_the_line() -> None:
    row = a_row(construction_service=True, buyer_is_construction_seller=True, quantity="20", unit_price="55")
    root = peppol(an_einvoice(row, payer=a_party(kind="company")))
    category = root.find("cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory", PREFIXES)
    assert category is not None
    assert [child.text for child in category][:4] == ["AE", "0", "VATEX-EU-AE", "Käännetty verovelvollisuus, AVL 8 c §"]
    line = root.find("cac:InvoiceLine/cac:Item/cac:ClassifiedTaxCategory", PREFIXES)
    assert line is not None
    assert len(line.findall("cbc:TaxExemptionReason", PREFIXES)) == 0
    buyer = "cac:AccountingCustomerParty/cac:Party/cac:PartyTaxScheme/cbc:CompanyID"
    assert text(root, buyer) == "FI90000118"


@pytest.mark.parametrize("address", ["FI2112345600000785", "TE00371234567", "0037123", "9000011-8"])
def test_an_address_that_peppol_does_not_reach_is_refused(address: str) -> None:
    refused = next(PeppolForm().objections(an_einvoice(payer=a_party(einvoice_address=address))))
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.pointer) == ("peppol.address_not_ovt", "/payer/einvoice_address")


def test_a_document_needs_a_reference_unless_the_customer_number_may_stand_in() -> None:
    document = an_einvoice(references={"work_number": "T-1"})
    refused = next(PeppolForm().objections(document))
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.pointer) == ("peppol.reference_missing", "/references/order_number")
    lenient = PeppolForm(customer_number_as_reference=True)
    assert list(lenient.objections(document)) == []
    assert text(peppol(document, lenient), "cbc:BuyerReference") == "10001"


def test_no_element_is_empty() -> None:
    bare = a_seller(home_town="", contact_name="", phone="", email="", in_prepayment_register=False)
    document = an_einvoice(references={"orderer": "Maija"}, payer=a_party(number="", business_id=None))
    root = etree.fromstring(written(PeppolForm(), document, bare))
    assert [element.tag for element in root.iter() if len(element) == 0 and not (element.text or "").strip()] == []


def test_the_buyer_sees_when_where_and_for_which_cost_centre() -> None:
    site = Delivery("A-talo", Address("Koivurannantie 3 A", "00100", "Helsinki", "FI"))
    root = peppol(
        an_einvoice(
            a_row(site=site, work_date=date(2026, 11, 2), dimensions={"cost_centre": "KP-7"}),
            a_row(row_id="2", position=2, product_id="2", site=site, work_date=date(2026, 11, 5)),
        )
    )
    paths = (
        "cac:InvoicePeriod/cbc:StartDate",
        "cac:InvoicePeriod/cbc:EndDate",
        "cac:Delivery/cbc:ActualDeliveryDate",
        "cac:Delivery/cac:DeliveryLocation/cac:Address/cbc:StreetName",
        "cac:Delivery/cac:DeliveryLocation/cac:Address/cac:Country/cbc:IdentificationCode",
        "cac:Delivery/cac:DeliveryParty/cac:PartyName/cbc:Name",
        "cac:InvoiceLine/cac:InvoicePeriod/cbc:StartDate",
        "cac:InvoiceLine/cac:InvoicePeriod/cbc:EndDate",
        "cac:InvoiceLine/cbc:AccountingCost",
    )
    assert [text(root, path) for path in paths] == [
        "2026-11-02",
        "2026-11-05",
        "2026-11-05",
        "Koivurannantie 3 A",
        "FI",
        "A-talo",
        "2026-11-02",
        "2026-11-02",
        "KP-7",
    ]


def test_a_long_quantity_of_a_consumer_is_priced_by_the_thousand() -> None:
    document = an_einvoice(
        a_row(quantity="1234567.891", unit="m", unit_price="0.0017", discount_percent="3"),
        payer=a_party(kind="private", business_id=None),
    )
    root = peppol(document)
    price = root.find("cac:InvoiceLine/cac:Price", PREFIXES)
    assert price is not None
    assert text(price, "cbc:BaseQuantity") == "1000"
    amount, gross, discount = (
        Decimal(text(price, path) or "")
        for path in ("cbc:PriceAmount", "cac:AllowanceCharge/cbc:BaseAmount", "cac:AllowanceCharge/cbc:Amount")
    )
    assert amount == gross - discount
    assert (Decimal("1234567.891") * amount / 1000).quantize(CENT, ROUND_HALF_UP) == document.net


def test_files_are_embedded() -> None:
    attachment = Attachment("pöytäkirja & kuva.pdf", "application/pdf", b"%PDF-1.7\x00\xff", "0" * 64)
    root = peppol(replace(an_einvoice(), attachments=(attachment,)))
    binary = root.find("cac:AdditionalDocumentReference/cac:Attachment/cbc:EmbeddedDocumentBinaryObject", PREFIXES)
    assert binary is not None
    assert (binary.get("mimeCode"), binary.get("filename")) == ("application/pdf", "pöytäkirja & kuva.pdf")
    assert base64.b64decode(binary.text or "") == attachment.content
    assert text(root, "cac:AdditionalDocumentReference/cbc:ID") == "pöytäkirja & kuva.pdf"
