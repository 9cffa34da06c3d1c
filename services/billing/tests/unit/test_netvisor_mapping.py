"""A document as Netvisor's XML."""

import random
from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from services.billing.adapters import texts
from services.billing.adapters.netvisor.mapping import invoice_xml, objection
from services.billing.adapters.netvisor.registers import customer_xml, product_edit_xml, product_xml, same_business
from services.billing.adapters.netvisor.rules import Rules
from services.billing.adapters.netvisor.xml import amount, plain, read_decimal
from services.billing.domain.document import Address, Attachment, Delivery, Document, Period
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
    "deliveryaddressline",
    "deliveryaddresspostnumber",
    "deliveryaddresstown",
    "deliveryaddresscountrycode",
    "salesinvoicetaxhandlingtype",
    "paymentterm",
    "paymenttermnetdays",
    "expectpartialpayments",
    "salesinvoiceagreementidentifier",
    "printchannelformat",
    "secondname",
    "overriderateofoverdue",
    "ordernumber",
    "proposedaccount",
    "accountdimensiontext",
    "invoicelines",
    "salesinvoiceattachments",
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
    "ordernumber",
    "proposedaccount",
    "accountdimensiontext",
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


@pytest.mark.parametrize(
    ("vat_number", "business_id", "shown"),
    [("FI90001591", "9000011-8", "FI90001591"), (None, "9000011-8", "FI90000118"), (None, "BE 0400", "BE 0400")],
)
def test_the_statement_of_reverse_charge_shows_a_vat_number(
    vat_number: str | None, business_id: str, shown: str
) -> None:
    payer = a_payer(vat_number=vat_number, business_id=business_id)
    statement = texts.reverse_charge_statement(a_document([reverse_charge_line()], payer=payer))
    assert statement.endswith(f"Ostajan alv-numero {shown}")


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
        (a_document([a_line(vat_category="Z")]), "netvisor.vat_code_rate", "/lines/0/vat_rate_percent"),
        (
            a_document([a_line(target_codes={"netvisor": "X" * 51})]),
            "netvisor.product_code",
            "/lines/0/product_code",
        ),
        (
            a_document(attachments=(Attachment("kuva.heic", "image/heic", b"heic", "0" * 64),)),
            "netvisor.attachment_type",
            "/attachments/0",
        ),
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


def test_site_period_order_and_term_have_their_elements() -> None:
    site = Delivery("Kerrostalo B", Address("Kohdetie 2", "00200", "HELSINKI", "FI"))
    period = Period(date(2026, 2, 1), date(2026, 2, 27))
    document = a_document([a_line(performed_to=date(2026, 2, 27))], delivery=site, period=period)
    invoice = invoice_of(document)
    names = ("name", "line", "postnumber", "town", "countrycode")
    assert [invoice.findtext(f"deliveryaddress{name}") for name in names] == [
        "Kerrostalo B",
        "Kohdetie 2",
        "00200",
        "HELSINKI",
        "FI",
    ]
    assert invoice.findtext("salesinvoicefreetextbeforelines").endswith("Työn ajankohta 1.2.2026–27.2.2026")
    assert (invoice.findtext("ordernumber"), invoice.findtext("accountdimensiontext")) == ("PO-77", "4711")
    assert invoice.findtext("paymenttermnetdays") == "14"
    assert lines_of(invoice)[0].findtext("deliverydate") == "2026-02-27"


def test_a_site_without_an_address_and_one_day_of_work_leave_nothing_empty() -> None:
    day = date(2026, 2, 27)
    document = a_document(delivery=Delivery("Kerrostalo B", None), period=Period(day, day))
    invoice = invoice_of(document)
    assert invoice.findtext("deliveryaddressname") == "Kerrostalo B"
    assert invoice.find("deliveryaddressline") is None
    assert "ajankohta" not in invoice.findtext("salesinvoicefreetextbeforelines")


def test_what_only_one_source_knows_can_be_left_out() -> None:
    payer = a_payer(late_interest_percent=Decimal("11.5"))
    document = a_document([a_line(performed_to=date(2026, 2, 27), dimensions={"cost_centre": "1"})], payer=payer)
    told = {e.tag for rules in (Rules(), Rules(newer_elements=False)) for e in invoice_of(document, rules).iter()}
    left = {e.tag for e in invoice_of(document, Rules(newer_elements=False)).iter()}
    assert told - left == {"overriderateofoverdue", "ordernumber", "accountdimensiontext", "deliverydate"}
    assert "PO-77" in (invoice_of(document, Rules(newer_elements=False)).findtext("salesinvoiceyourreference") or "")


def test_dimensions_and_accounts_come_from_the_settings() -> None:
    rules = Rules(dimensions={"cost_centre": "Kustannuspaikka", "site": "Kohde"}, sales_accounts={"labour": "3010"})
    line = a_line(dimensions={"cost_centre": "4711", "work_number": "T-1"}, site_name="Kerrostalo B")
    first, second = lines_of(invoice_of(a_document([line, a_line(product_kind="material", product_code="B")]), rules))
    told = [(each.findtext("dimensionname"), each.findtext("dimensionitem")) for each in first.findall("dimension")]
    assert told == [("Kustannuspaikka", "4711"), ("Kohde", "Kerrostalo B")]
    assert first.findtext("accountingaccountsuggestion") == "3010"
    assert (second.find("dimension"), second.find("accountingaccountsuggestion")) == (None, None)
    assert_in_order_with_repeats(first, LINE_ORDER)


def assert_in_order_with_repeats(element: etree._Element, order: list[str]) -> None:
    places = [order.index(child.tag) for child in element]
    assert places == sorted(places)


def test_consumers_are_shown_prices_with_vat() -> None:
    line = a_line(unit_price=Decimal("39.8406"), quantity=Decimal(1), net=Decimal("39.84"), vat_share=Decimal("10.16"))
    (row,) = lines_of(invoice_of(a_document([line], prices_include_vat=True)))
    assert (row.findtext("productunitprice"), row.find("productunitprice").get("type")) == ("50,00", "gross")
    assert row.findtext("salesinvoiceproductlinesum") == "50,00"


def test_an_edit_says_only_what_we_own() -> None:
    base, finvoice, _ = etree.fromstring(customer_xml(a_payer(email=None), new=False))[0]
    assert [child.tag for child in base] == [
        "externalidentifier",
        "name",
        "streetaddress",
        "city",
        "postnumber",
        "country",
    ]
    assert finvoice.findtext("finvoiceaddress") == "003790000118"
    product = etree.fromstring(product_edit_xml(a_line(), Rules(sales_accounts={"labour": "3010"})))[0]
    assert [[child.tag for child in part] for part in product] == [
        ["unit"],
        ["defaultvatpercentage", "defaultdomesticaccountnumber"],
    ]


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("9000011-8", "9000011-8", True),
        ("9000011-8", "FI90000118", True),
        (" 90000118 ", "9000011-8", True),
        ("9000011-8", "9000012-6", False),
    ],
)
def test_business_ids_are_compared_by_their_digits(ours: str, theirs: str, same: bool) -> None:
    assert same_business(ours, theirs) is same


def test_a_customer_is_created_with_its_number_and_e_invoice_address() -> None:
    customer = etree.fromstring(customer_xml(a_payer(name="Meikäläinen & Pojat Oy")))[0]
    assert [child.tag for child in customer] == [
        "customerbaseinformation",
        "customerfinvoicedetails",
        "customeradditionalinformation",
    ]
    assert customer[2].findtext("invoicinglanguage") == "FI"
    base = customer[0]
    assert base.findtext("internalidentifier") == "1042"
    assert base.findtext("externalidentifier") == "9000011-8"
    assert base.findtext("name") == "Meikäläinen & Pojat Oy"
    assert base.findtext("postnumber") == "02150"
    assert base.findtext("isprivatecustomer") == "0"
    assert customer[1].findtext("finvoiceroutercode") == "003721291126"


@pytest.mark.parametrize(("agreed", "told"), [("11.50", "11,5"), ("0.00", "0"), (None, None)])
def test_late_interest_agreed_with_the_payer_goes_to_the_card_and_the_invoice(
    agreed: str | None, told: str | None
) -> None:
    payer = a_payer(late_interest_percent=None if agreed is None else Decimal(agreed))
    card = etree.fromstring(customer_xml(payer))
    assert card.findtext("customer/customeradditionalinformation/paymentinterest") == told
    assert invoice_of(a_document(payer=payer)).findtext("overriderateofoverdue") == told


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
