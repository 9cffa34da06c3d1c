"""A document as Netvisor's XML."""

import random
from decimal import Decimal

import pytest
from lxml import etree

from services.billing.adapters.netvisor.mapping import (
    Rules,
    amount,
    customer_xml,
    invoice_xml,
    objection,
    plain,
    product_xml,
    read_decimal,
)
from services.billing.domain.document import Address, Document
from services.billing.tests.targets import a_document, a_line, a_payer, random_document

HEADER_ORDER = [
    "salesinvoicenumber",
    "salesinvoicedate",
    "salesinvoiceeventdate",
    "salesinvoiceduedate",
    "salesinvoicevaluedate",
    "salesinvoicedeliverydate",
    "salesinvoicereferencenumber",
    "salesinvoiceamount",
    "selleridentifier",
    "sellername",
    "invoicetype",
    "salesinvoicestatus",
    "salesinvoicefreetextbeforelines",
    "salesinvoicefreetextafterlines",
    "salesinvoiceourreference",
    "salesinvoiceyourreference",
    "salesinvoiceprivatecomment",
    "invoicingcustomeridentifier",
    "invoicingcustomername",
    "invoicingcustomernameextension",
    "invoicingcustomeraddressline",
    "invoicingcustomeradditionaladdressline",
    "invoicingcustomerpostnumber",
    "invoicingcustomertown",
    "invoicingcustomercountrycode",
    "deliveryaddressname",
    "salesinvoicetaxhandlingtype",
    "paymentterm",
    "paymenttermnetdays",
    "expectpartialpayments",
    "salesinvoiceagreementidentifier",
    "printchannelformat",
    "secondname",
    "invoicelines",
]
LINE_ORDER = [
    "productidentifier",
    "productname",
    "productunitprice",
    "productunitpurchaseprice",
    "productvatpercentage",
    "salesinvoiceproductlinequantity",
    "salesinvoiceproductlinediscountpercentage",
    "salesinvoiceproductlinefreetext",
    "salesinvoiceproductlinevatsum",
    "salesinvoiceproductlinesum",
    "salesinvoiceproductlineinventoryid",
    "accountingaccountsuggestion",
    "dimension",
    "provisionpercentage",
    "accrualrule",
    "productunitname",
    "deliverydate",
]


def invoice_of(document: Document, rules: Rules | None = None) -> etree._Element:
    ids = {line.product_code: f"9{index}" for index, line in enumerate(document.lines)}
    root = etree.fromstring(invoice_xml(document, rules or Rules(), "77", ids))
    return root[0]


def lines_of(invoice: etree._Element) -> list[etree._Element]:
    return invoice.findall("invoicelines/invoiceline/salesinvoiceproductline")


def cents(text: str | None) -> Decimal:
    return Decimal((text or "").replace(",", "."))


def assert_in_order(element: etree._Element, order: list[str]) -> None:
    places = [order.index(child.tag) for child in element]
    assert places == sorted(places)
    assert len(set(places)) == len(places)


@pytest.mark.parametrize("seed", range(20))
def test_elements_stand_in_schema_order_and_sums_are_ours_to_the_cent(seed: int) -> None:
    document = random_document(
        random.Random(seed), references={"contract": "S-1", "orderer": "Maija"}, text_before="Hei"
    )
    invoice = invoice_of(document)
    assert_in_order(invoice, HEADER_ORDER)
    for line in lines_of(invoice):
        assert_in_order(line, LINE_ORDER)
    assert cents(invoice.findtext("salesinvoiceamount")) == document.gross
    sums = [cents(line.findtext("salesinvoiceproductlinesum")) for line in lines_of(invoice)]
    vats = [cents(line.findtext("salesinvoiceproductlinevatsum")) for line in lines_of(invoice)]
    assert sum(sums) == document.gross
    assert sum(vats) == document.vat


def test_the_body_begins_with_the_root_element_and_is_utf_8() -> None:
    body = invoice_xml(a_document(), Rules(), "77", {"HUOLTO": "9"})
    assert body.startswith(b"<root><salesinvoice>")
    assert "Kiinteistönhoitaja" in body.decode("utf-8")


def test_no_element_is_empty_except_the_status_of_a_draft() -> None:
    empty = [
        e.tag for e in invoice_of(a_document(references={}, performed_on=None)).iter() if len(e) == 0 and not e.text
    ]
    assert empty == []
    draft = invoice_of(a_document(), Rules(invoice_type="invoicedraft"))
    assert [e.tag for e in draft.iter() if len(e) == 0 and not e.text] == ["salesinvoicestatus"]


@pytest.mark.parametrize(("kind", "status"), [("invoice", "unsent"), ("order", "delivered"), ("invoicedraft", None)])
def test_the_type_decides_the_status(kind: str, status: str | None) -> None:
    invoice = invoice_of(a_document(), Rules(invoice_type=kind))
    assert invoice.findtext("invoicetype") == kind
    assert (invoice.find("salesinvoicestatus").text or None) == status


def test_our_key_stands_alone_in_the_private_comment() -> None:
    document = a_document()
    assert invoice_of(document).findtext("salesinvoiceprivatecomment") == document.key


def test_a_returned_row_has_negative_quantity_and_sums_but_a_positive_price() -> None:
    line = a_line(
        quantity=Decimal("-1.5"), unit_price=Decimal("1.4520"), net=Decimal("-2.18"), vat_share=Decimal("-0.56")
    )
    (row,) = lines_of(invoice_of(a_document([line])))
    texts = {child.tag: child.text for child in row}
    assert texts["salesinvoiceproductlinequantity"] == "-1,5"
    assert texts["productunitprice"] == "1,452"
    assert texts["salesinvoiceproductlinevatsum"] == "-0,56"
    assert texts["salesinvoiceproductlinesum"] == "-2,74"


def test_a_discount_is_shown_and_not_applied_twice() -> None:
    line = a_line(discount_percent=Decimal("8.00"), net=Decimal("124.20"), vat_share=Decimal("31.67"))
    (row,) = lines_of(invoice_of(a_document([line])))
    assert row.findtext("salesinvoiceproductlinediscountpercentage") == "8"
    assert row.findtext("productunitprice") == "45,00"
    assert row.findtext("salesinvoiceproductlinesum") == "155,87"


def reverse_charge_line(**changes: object) -> object:
    return a_line(vat_category="AE", vat_rate_percent=Decimal("0"), vat_share=Decimal("0.00"), **changes)


def test_reverse_charge_has_its_code_its_handling_and_its_statement() -> None:
    payer = a_payer(vat_number="FI90001591")
    invoice = invoice_of(a_document([reverse_charge_line()], payer=payer))
    assert invoice.findtext("salesinvoicetaxhandlingtype") == "domesticconstructionservice"
    assert lines_of(invoice)[0].find("productvatpercentage").get("vatcode") == "RAMY"
    statement = invoice.findtext("salesinvoicefreetextafterlines")
    assert "Käännetty verovelvollisuus" in statement
    assert "FI90001591" in statement


def test_a_mixed_document_leaves_the_handling_to_the_codes_of_the_lines() -> None:
    invoice = invoice_of(a_document([a_line(), reverse_charge_line(product_code="X")]))
    assert invoice.find("salesinvoicetaxhandlingtype") is None
    assert [line.find("productvatpercentage").get("vatcode") for line in lines_of(invoice)] == ["KOMY", "RAMY"]


def test_the_settings_decide_the_vat_code_and_the_longer_key_wins() -> None:
    rules = Rules(vat_codes={"S": "KOMY", "S/13.5": "KOMY0"})
    document = a_document([a_line(), a_line(product_code="B", vat_rate_percent=Decimal("13.50"))])
    codes = [line.find("productvatpercentage").get("vatcode") for line in lines_of(invoice_of(document, rules))]
    assert codes == ["KOMY", "KOMY0"]


def test_a_long_text_is_cut_visibly_and_repeated_in_full_below() -> None:
    text = "Sähköasentaja, vaativa työ – kohde Haapatie 4 A & B, “yläkerta”"
    (row,) = lines_of(invoice_of(a_document([a_line(text=text)])))
    name = row.findtext("productname")
    assert len(name) <= 50
    assert name.endswith("…")
    assert row.findtext("salesinvoiceproductlinefreetext") == text


@pytest.mark.parametrize("text", ["åäö ÅÄÖ", "pitkä – viiva", "Esko’s", "A & B < C", "no\u00a0break"])
def test_difficult_characters_arrive_as_they_are(text: str) -> None:
    (row,) = lines_of(invoice_of(a_document([a_line(text=text)])))
    assert row.findtext("productname") == text


def test_control_characters_which_xml_cannot_hold_are_left_out() -> None:
    (row,) = lines_of(invoice_of(a_document([a_line(text="a\x00b\x0bc\ud800d")])))
    assert row.findtext("productname") == "abcd"


def test_references_and_work_orders_are_above_the_lines_in_the_payers_language() -> None:
    invoice = invoice_of(a_document(payer=a_payer(language="sv"), text_before="Hej"))
    assert invoice.findtext("salesinvoicefreetextbeforelines").split("\n") == [
        "Hej",
        "Beställningsnummer: PO-77",
        "Kostnadsställe: 4711",
        "Arbetsorder: 1001, 1002",
    ]
    assert invoice.findtext("salesinvoiceyourreference") == "PO-77"


@pytest.mark.parametrize(
    ("document", "code", "pointer"),
    [
        (a_document(payer=a_payer(number=" ")), "netvisor.customer_number_missing", "/payer/number"),
        (a_document([a_line(), a_line(product_code="")]), "netvisor.product_code", "/lines/1/product_code"),
        (a_document([a_line(vat_category="G")]), "netvisor.vat_code_missing", "/lines/0/vat_category"),
        (
            a_document([reverse_charge_line()], payer=a_payer(business_id=None)),
            "netvisor.vat_number_missing",
            "/payer/vat_number",
        ),
    ],
)
def test_what_netvisor_cannot_take_is_found_before_sending(document: Document, code: str, pointer: str) -> None:
    found = objection(document, Rules())
    assert found is not None
    assert (found.code, found.pointer) == (code, pointer)


def test_a_customer_is_created_with_its_number_and_e_invoice_address() -> None:
    customer = etree.fromstring(customer_xml(a_payer(name="Meikäläinen & Pojat Oy")))[0]
    assert [child.tag for child in customer] == ["customerbaseinformation", "customerfinvoicedetails"]
    base = customer[0]
    assert base.findtext("internalidentifier") == "1042"
    assert base.findtext("externalidentifier") == "9000011-8"
    assert base.findtext("name") == "Meikäläinen & Pojat Oy"
    assert base.findtext("postnumber") == "02150"
    assert base.findtext("isprivatecustomer") == "0"
    assert customer[1].findtext("finvoiceroutercode") == "003721291126"


def test_a_private_customer_without_anything_optional_has_no_empty_elements() -> None:
    payer = a_payer(
        kind="private",
        business_id=None,
        email=None,
        einvoice_address=None,
        einvoice_operator=None,
        address=Address("", "", "", "FI"),
    )
    customer = etree.fromstring(customer_xml(payer))[0]
    assert [e.tag for e in customer.iter() if len(e) == 0 and not e.text] == []
    assert customer[0].findtext("isprivatecustomer") == "1"


def test_a_product_is_created_with_code_group_and_net_price() -> None:
    base = etree.fromstring(product_xml(a_line(unit_price=Decimal("1.4520")), Rules(product_group="Työ")))[0][0]
    assert [child.tag for child in base] == [
        "productcode",
        "productgroup",
        "name",
        "unitprice",
        "unit",
        "isactive",
        "issalesproduct",
    ]
    assert base.findtext("unitprice") == "1,452"


@pytest.mark.parametrize(
    ("value", "text"), [("12.5", "12,50"), ("-0.05", "-0,05"), ("1000000", "1000000,00"), ("0", "0,00")]
)
def test_amounts_have_two_decimals_and_a_comma(value: str, text: str) -> None:
    assert amount(Decimal(value)) == text


def test_an_amount_is_never_rounded_here() -> None:
    with pytest.raises(ValueError, match="more than two decimals"):
        amount(Decimal("1.005"))


@pytest.mark.parametrize(("value", "text"), [("25.50", "25,5"), ("3.000", "3"), ("0.333", "0,333"), ("1E+2", "100")])
def test_other_numbers_have_no_needless_zeros(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [("123,45", "123.45"), ("244.12", "244.12"), ("1 234,50", "1234.50"), ("", None), ("NaN", None), ("x", None)],
)
def test_numbers_of_answers_are_read_with_comma_or_dot(text: str, value: str | None) -> None:
    assert read_decimal(text) == (None if value is None else Decimal(value))
