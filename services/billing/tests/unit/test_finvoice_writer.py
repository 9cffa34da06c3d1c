"""What stands where in a Finvoice."""

from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from services.billing.adapters.einvoice.fitting import Notice
from services.billing.adapters.finvoice.form import FinvoiceForm
from services.billing.domain.document import Address, Attachment, Delivery, Document
from services.billing.domain.outcomes import Rejected
from services.billing.domain.rows import ApprovedRow
from services.billing.tests.einvoices import a_seller, an_einvoice, credited, service_rows, written
from services.billing.tests.unit.builders import a_party, a_row
from shared.money import round_amount

DETAILS = "InvoiceDetails/"


def finvoice(document: Document, **seller: object) -> etree._Element:
    return etree.fromstring(written(FinvoiceForm(), document, a_seller(**seller)))


def texts(root: etree._Element, path: str) -> list[str]:
    return [element.text or "" for element in root.iterfind(path)]


def test_a_service_invoice_as_in_the_sheet() -> None:
    root = finvoice(an_einvoice(*service_rows()))

    told = {
        path: root.findtext(path)
        for path in (
            DETAILS + "InvoiceTypeCode",
            DETAILS + "InvoiceNumber",
            DETAILS + "InvoiceDate",
            DETAILS + "OrderIdentifier",
            DETAILS + "ProjectReferenceIdentifier",
            DETAILS + "AccountDimensionText",
            DETAILS + "InvoiceTotalVatExcludedAmount",
            DETAILS + "InvoiceTotalVatAmount",
            DETAILS + "InvoiceTotalVatIncludedAmount",
            DETAILS + "PaymentTermsDetails/PaymentTermsFreeText",
            DETAILS + "PaymentTermsDetails/InvoiceDueDate",
            DETAILS + "PaymentTermsDetails/PaymentOverDueFineDetails/PaymentOverDueFinePercent",
            "PaymentStatusDetails/PaymentStatusCode",
            "EpiDetails/EpiPaymentInstructionDetails/EpiRemittanceInfoIdentifier",
            "EpiDetails/EpiPaymentInstructionDetails/EpiInstructedAmount",
            "EpiDetails/EpiPartyDetails/EpiBeneficiaryPartyDetails/EpiAccountID",
            "MessageTransmissionDetails/MessageDetails/MessageTimeStamp",
            "SellerInformationDetails/SellerTaxRegistrationText",
        )
    }

    assert list(told.values()) == [
        "INV01",
        "10023",
        "20261120",
        "PO-7781",
        "PRJ-55",
        "KP-210",
        "493,83",
        "125,93",
        "619,76",
        "14 päivää netto",
        "20261204",
        "10,5",
        "NOTPAID",
        "100230",
        "619,76",
        "FI2112345600000785",
        "2026-11-20T09:30:00+02:00",
        "Ennakkoperintärekisterissä",
    ]
    assert (
        root.findtext("VirtualBankBarcode")
        == "4" + "2112345600000785" + "00061976" + "000" + "100230".zfill(20) + "261204"
    )


def test_rows_show_unit_quantity_and_no_vat_of_their_own() -> None:
    root = finvoice(an_einvoice(*service_rows()))
    cable = root.findall("InvoiceRow")[3]
    quantity = cable.find("InvoicedQuantity")
    assert quantity is not None
    assert (quantity.text, quantity.get("QuantityUnitCode"), quantity.get("QuantityUnitCodeUN")) == ("12,5", "m", "MTR")
    assert cable.findtext("RowVatExcludedAmount") == "24,88"
    assert root.findall("InvoiceRow/RowVatAmount") == root.findall("InvoiceRow/RowAmount") == []


def test_a_discount_stands_on_its_row() -> None:
    row = finvoice(an_einvoice(a_row(quantity="0.333", unit_price="57.75", discount_percent="8"))).find("InvoiceRow")
    assert row is not None
    assert [row.findtext(f"RowDiscount{name}") for name in ("Percent", "Amount", "BaseAmount")] == [
        "8",
        "1,54",
        "19,23",
    ]
    assert row.findtext("RowVatExcludedAmount") == "17,69"
    assert row.findtext("UnitPriceAmount") == "57,75"


def test_a_credit_note_is_negative_with_positive_prices_and_names_the_original() -> None:
    invoice = an_einvoice(*service_rows())
    root = finvoice(
        an_einvoice(a_row(quantity="-1.5", unit_price="58.00"), reverses=credited(invoice)), reference_type="rf"
    )
    assert root.findtext(DETAILS + "InvoiceTypeCode") == "INV02"
    assert root.findtext(DETAILS + "InvoiceTypeCodeUN") == "381"
    assert root.findtext(DETAILS + "OriginalInvoiceNumber") == "10023"
    assert root.findtext(DETAILS + "OriginalInvoiceDate") == "20261116"
    assert root.findtext(DETAILS + "InvoiceTotalVatIncludedAmount") == "-109,19"
    assert root.findtext("InvoiceRow/InvoicedQuantity") == "-1,5"
    assert root.findtext("InvoiceRow/UnitPriceNetAmount") == "58,00"
    assert root.find("VirtualBankBarcode") is None
    reference = root.find("EpiDetails/EpiPaymentInstructionDetails/EpiRemittanceInfoIdentifier")
    assert reference is not None
    assert (reference.text, reference.get("IdentificationSchemeName")) == ("RF94100230", "ISO")
    assert "Hyvittää laskun 10023" in texts(root, DETAILS + "InvoiceFreeText")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fi", "Käännetty verovelvollisuus, AVL 8 c §"),
        ("sv", "Omvänd skattskyldighet, ML 8 c §"),
        ("en", "Reverse charge, Finnish VAT Act section 8 c"),
    ],
)
def test_reverse_charge_has_its_words_and_the_buyers_vat_number(language: str, words: str) -> None:
    row = a_row(construction_service=True, buyer_is_construction_seller=True, quantity="20", unit_price="55")
    root = finvoice(an_einvoice(row, payer=a_party(kind="company", language=language)))
    group = root.find(DETAILS + "VatSpecificationDetails")
    assert group is not None
    assert [child.text for child in group] == ["1100,00", "0", "AE", "0,00", words, "VATEX-EU-AE"]
    assert root.findtext("BuyerPartyDetails/BuyerOrganisationTaxCode") == "FI90000118"


def test_a_business_id_alone_makes_no_vat_number_elsewhere() -> None:
    assert finvoice(an_einvoice()).find("BuyerPartyDetails/BuyerOrganisationTaxCode") is None


def test_a_private_person_sees_the_labour_share() -> None:
    root = finvoice(an_einvoice(*service_rows(), payer=a_party(kind="private", business_id=None)))
    notes = texts(root, DETAILS + "InvoiceFreeText")
    assert "Työn osuus kotitalousvähennystä varten 473,14 € (sis. alv 25,5 %)" in notes
    assert root.find("BuyerPartyDetails/BuyerPartyIdentifier") is None


def test_the_encoding_is_what_the_banks_want() -> None:
    payload = written(FinvoiceForm(), an_einvoice(a_row(description="Työ – “A” 5 €")))
    assert payload.startswith(b"<?xml version='1.0' encoding='ISO-8859-15'?>")
    assert 'Työ - "A" 5 €' in payload.decode("iso-8859-15")
    assert b"&#" not in payload
    assert "Työ – “A” 5 €" in written(FinvoiceForm("UTF-8"), an_einvoice(a_row(description="Työ – “A” 5 €"))).decode()


def test_long_names_and_texts_are_split_or_cut_where_it_shows() -> None:
    long = "Bostads Ab Åboländska Sjöutsikten i Pargas och Nagu, fastighetsskötsel och disponentbyrå"
    payer = a_party(name=long, address=Address("Pitkänlahdenrannan yhdystie 123 B, 3. kerros", "02150", "ESPOO", "FI"))
    root = finvoice(
        an_einvoice(a_row(description="työ " * 200), payer=payer), name="Kenttähuolto Esimerkki ja Pojat Oy Ab"
    )
    assert " ".join(texts(root, "BuyerPartyDetails/BuyerOrganisationName")) == long
    assert len(texts(root, "BuyerPartyDetails/BuyerPostalAddressDetails/BuyerStreetName")) == 2
    assert (root.findtext("InvoiceRow/ArticleName") or "").endswith("...")
    rest = texts(root, "InvoiceRow/ArticleDescription") + texts(root, "InvoiceRow/RowFreeText")
    assert " ".join(rest).split() == ["työ"] * 200
    assert root.findtext("EpiDetails/EpiPartyDetails/EpiBeneficiaryPartyDetails/EpiNameAddressDetails") == (
        "Kenttähuolto Esimerkki ja Pojat..."
    )


@pytest.mark.parametrize(
    ("document", "code", "pointer"),
    [
        (
            an_einvoice(payer=a_party(einvoice_operator=None)),
            "finvoice.buyer_operator_missing",
            "/payer/einvoice_operator",
        ),
        (
            an_einvoice(references={"order_number": "x" * 71}),
            "finvoice.identifier_too_long",
            "/references/order_number",
        ),
        (an_einvoice(references={"cost_centre": "x" * 36}), "finvoice.identifier_too_long", "/references/cost_centre"),
        (an_einvoice(a_row(product_code="x" * 71)), "finvoice.identifier_too_long", "/lines/0/product_code"),
        (
            an_einvoice(a_row(quantity="12345678901.123", unit_price="0")),
            "finvoice.quantity_too_long",
            "/lines/0/quantity",
        ),
        (
            an_einvoice(a_row(quantity="-1"), reverses=credited(an_einvoice(), "9" * 21)),
            "finvoice.identifier_too_long",
            "/reverses/target_number",
        ),
    ],
)
def test_identifiers_are_refused_rather_than_cut(document: Document, code: str, pointer: str) -> None:
    refused = next(FinvoiceForm().objections(document))
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.pointer) == (code, pointer)


def test_an_iban_as_address_has_no_scheme() -> None:
    root = finvoice(an_einvoice(payer=a_party(einvoice_address="FI21 1234 5600 0007 85", einvoice_operator="NDEAFIHH")))
    address = root.find("MessageTransmissionDetails/MessageReceiverDetails/ToIdentifier")
    assert address is not None
    assert (address.text, address.get("SchemeID")) == ("FI2112345600000785", None)


def test_without_a_rate_of_interest_the_law_is_named() -> None:
    root = finvoice(an_einvoice(), late_interest_percent=None)
    fine = root.find(DETAILS + "PaymentTermsDetails/PaymentOverDueFineDetails")
    assert fine is not None
    assert [child.text for child in fine] == ["Viivästyskorko korkolain mukaan"]
    assert Decimal((root.findtext(DETAILS + "InvoiceTotalVatIncludedAmount") or "").replace(",", ".")) == Decimal(
        "56.48"
    )


# --- when, where and for which cost centre ---

SITE = Delivery("A-talo, lämmönjakohuone", Address("Koivurannantie 3 A", "00100", "Helsinki", "FI"))


def test_the_buyer_sees_when_where_and_for_which_cost_centre() -> None:
    root = finvoice(
        an_einvoice(
            a_row(site=SITE, work_date=date(2026, 11, 2), dimensions={"cost_centre": "KP-7"}),
            a_row(row_id="2", position=2, product_id="2", site=SITE, work_date=date(2026, 11, 5)),
        )
    )
    paths = (
        DETAILS + "InvoicingPeriodStartDate",
        DETAILS + "InvoicingPeriodEndDate",
        "DeliveryDetails/DeliveryDate",
        "DeliveryPartyDetails/DeliveryOrganisationName",
        "DeliveryPartyDetails/DeliveryPostalAddressDetails/DeliveryStreetName",
        "DeliveryPartyDetails/DeliveryPostalAddressDetails/DeliveryPostCodeIdentifier",
        "DeliveryPartyDetails/DeliveryPostalAddressDetails/DeliveryTownName",
        "InvoiceRow/StartDate",
        "InvoiceRow/EndDate",
        "InvoiceRow/RowAccountDimensionText",
    )
    assert [root.findtext(path) for path in paths] == [
        "20261102",
        "20261105",
        "20261105",
        "A-talo, lämmönjakohuone",
        "Koivurannantie 3 A",
        "00100",
        "Helsinki",
        "20261102",
        "20261102",
        "KP-7",
    ]


@pytest.mark.parametrize(
    "rows",
    [
        (a_row(site=SITE), a_row(row_id="2", product_id="2", site=Delivery("B-talo", SITE.address))),
        (a_row(site=SITE), a_row(row_id="2", product_id="2")),
        (a_row(site=Delivery("A-talo", None)),),
        (a_row(site=Delivery("A-talo", Address("Koivurannantie 3 A", "", "Helsinki", "FI"))),),
    ],
    ids=["two sites", "one order without a site", "no address", "half an address"],
)
def test_a_site_that_is_not_the_whole_documents_or_not_whole_is_left_to_the_text(rows: tuple[ApprovedRow, ...]) -> None:
    assert finvoice(an_einvoice(*rows)).find("DeliveryPartyDetails") is None


def test_a_cost_centre_of_a_line_is_never_cut() -> None:
    document = an_einvoice(a_row(dimensions={"cost_centre": "9" * 36}))
    assert [each.pointer for each in FinvoiceForm().objections(document)] == ["/lines/0/cost_centre"]


def test_a_consumer_sees_prices_with_vat() -> None:
    root = finvoice(an_einvoice(a_row(unit_price="239.0438"), payer=a_party(kind="private", business_id=None)))
    assert root.findtext("InvoiceRow/UnitPriceVatIncludedAmount") == "300,00"
    assert finvoice(an_einvoice()).find("InvoiceRow/UnitPriceVatIncludedAmount") is None


def test_a_long_quantity_of_a_consumer_is_priced_by_the_thousand() -> None:
    """No price of five decimals gives 1234567.89 × 0.0017 with VAT to the cent."""
    document = an_einvoice(
        a_row(quantity="1234567.891", unit="m", unit_price="0.0017"), payer=a_party(kind="private", business_id=None)
    )
    root = finvoice(document)
    assert root.findtext("InvoiceRow/UnitPriceBaseQuantity") == "1000"
    price = Decimal((root.findtext("InvoiceRow/UnitPriceNetAmount") or "").replace(",", "."))
    assert round_amount(Decimal("1234567.891") * price / 1000) == document.net


def test_files_are_left_out_with_a_warning() -> None:
    document = an_einvoice(attachments=(Attachment("a.pdf", "application/pdf", b"%PDF-1.7", "0" * 64),))
    assert Notice("/attachments", "left_out") in FinvoiceForm().losses(document)
    assert FinvoiceForm().losses(an_einvoice()) == ()


def test_the_late_interest_agreed_with_the_payer_comes_before_the_firms_own() -> None:
    path = DETAILS + "PaymentTermsDetails/PaymentOverDueFineDetails/PaymentOverDueFinePercent"
    root = finvoice(an_einvoice(payer=a_party(late_interest_percent=Decimal("12.50"))))
    assert root.findtext(path) == "12,5"
    assert finvoice(an_einvoice(payer=a_party(late_interest_percent=Decimal(0)))).findtext(path) == "0,0"
    assert finvoice(an_einvoice()).findtext(path) == "10,5"
