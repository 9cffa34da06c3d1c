"""Sales invoices: order, mandatory parts, links, VAT, sums, numbers, look-ups. Source: netvisor sheet 10, 11."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from deploy.sandbox.tests.builders import invoice, line
from deploy.sandbox.tests.conftest import netvisor_company
from deploy.sandbox.tests.netvisor_client import NetvisorClient, Reply

ADD = "salesinvoice.nv?method=add"


def only(client: NetvisorClient) -> dict[str, Any]:
    """The one invoice of the books."""
    (found,) = client.books()["invoices"]
    return dict(found)


def rows(reply: Reply) -> list[str]:
    """Invoice numbers of a list reply."""
    return [row.findtext("InvoiceNumber") or "" for row in reply.root.iter("SalesInvoice")]


def test_an_empty_amount_is_computed_from_rounded_lines(netvisor: NetvisorClient) -> None:
    netvisor.call(ADD, invoice(line(price="54,60", quantity="1"), line(price="37,35", quantity="1")))
    found = only(netvisor)
    assert (found["net"], found["vat"], found["gross"], found["amount"]) == ("91.95", "23.44", "115.39", "115.39")


def test_vat_is_rounded_line_by_line(netvisor: NetvisorClient) -> None:
    prices = ("377,00", "54,60", "37,35", "24,88")
    netvisor.call(ADD, invoice(*(line(price=price, quantity="1") for price in prices)))
    assert only(netvisor)["vat"] == "125.92"


def test_a_stated_amount_replaces_the_computed_one(netvisor: NetvisorClient) -> None:
    netvisor.call(ADD, invoice(amount="244,00"))
    found = only(netvisor)
    assert (found["gross"], found["amount"]) == ("213.35", "244.00")


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("<salesinvoiceproductlinevatsum>43,36</salesinvoiceproductlinevatsum>", ("43.35", "213.35")),
        ("<salesinvoiceproductlinesum>213,36</salesinvoiceproductlinesum>", ("43.35", "213.35")),
        (
            "<salesinvoiceproductlinevatsum>43,36</salesinvoiceproductlinevatsum>"
            "<salesinvoiceproductlinesum>213,36</salesinvoiceproductlinesum>",
            ("43.36", "213.36"),
        ),
    ],
    ids=["vat sum alone", "sum alone", "both"],
)
def test_line_sums_are_imposed_only_together(netvisor: NetvisorClient, after: str, expected: tuple[str, str]) -> None:
    netvisor.call(ADD, invoice(line(after=after)))
    found = only(netvisor)
    assert (found["vat"], found["gross"]) == expected


@pytest.mark.parametrize("price", ["68,00", "68.00", "68"])
def test_comma_and_dot_are_read(netvisor: NetvisorClient, price: str) -> None:
    netvisor.call(ADD, invoice(line(price=price)))
    assert only(netvisor)["net"] == "170.00"


def test_gross_prices_and_discounts(netvisor: NetvisorClient) -> None:
    discount = "<salesinvoiceproductlinediscountpercentage>10</salesinvoiceproductlinediscountpercentage>"
    netvisor.call(ADD, invoice(line(price="125,50", quantity="1", kind="gross", after=discount)))
    found = only(netvisor)
    assert (found["net"], found["vat"], found["gross"]) == ("90.00", "22.95", "112.95")


def test_a_credit_note_has_negative_quantities(netvisor: NetvisorClient) -> None:
    netvisor.call(ADD, invoice(line(quantity="-2,5")))
    assert only(netvisor)["gross"] == "-213.35"


def test_half_cents_round_away_from_zero(netvisor: NetvisorClient) -> None:
    netvisor.call(
        ADD, invoice(line(price="0,0050", quantity="1", vat="0"), line(price="0,0050", quantity="-1", vat="0"))
    )
    assert [one["net"] for one in only(netvisor)["lines"]] == ["0.01", "-0.01"]


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (("<salesinvoicedate", "<salesinvoicecolour>x</salesinvoicecolour><salesinvoicedate"), "not known"),
        (('<salesinvoicedate format="ansi">2026-03-02</salesinvoicedate>', ""), "missing"),
        (('<salesinvoiceamount iso4217currencycode="EUR"></salesinvoiceamount>', ""), "missing"),
        (('<salesinvoicestatus type="netvisor">unsent</salesinvoicestatus>', ""), "missing"),
        (("<productname></productname>", ""), "missing"),
        (("2026-03-02", "2.3.2026"), "not a date"),
        (("68,00", "6 800"), "not a decimal"),
        (('type="customer">1001', 'type="email">1001'), "must be one of"),
        (('vatcode="KOMY"', 'vatcode="KOMU"'), "must be one of"),
        ((">unsent<", ">sent<"), "must be one of"),
        (("</invoiceline>", "</invoiceline><invoiceline/>"), "must not be empty"),
        (('type="customer">TYO', ">TYO"), "attribute type is missing"),
        (("<paymenttermnetdays>14</paymenttermnetdays>", ""), "is needed"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_documents_outside_the_schema_are_refused(netvisor: NetvisorClient, change: tuple[str, str], part: str) -> None:
    document = invoice()
    assert change[0] in document
    reply = netvisor.call(ADD, document.replace(*change))
    assert reply.code == "INVALID_DATA"
    assert part in reply.statuses[1]
    assert netvisor.books()["invoices"] == []


def test_a_misplaced_element_is_refused(netvisor: NetvisorClient) -> None:
    wrong = invoice(due="<paymenttermnetdays>14</paymenttermnetdays><deliveryterm>x</deliveryterm>")
    assert "misplaced" in netvisor.call(ADD, wrong).statuses[1]
    assert (
        netvisor.call(
            ADD, invoice(due="<deliveryterm>x</deliveryterm><paymenttermnetdays>14</paymenttermnetdays>")
        ).code
        == "OK"
    )


def test_known_lengths_are_enforced(netvisor: NetvisorClient) -> None:
    def with_text(length: int) -> str:
        text = "x" * length
        return invoice(line(after=f"<salesinvoiceproductlinefreetext>{text}</salesinvoiceproductlinefreetext>"))

    assert netvisor.call(ADD, with_text(500)).code == "OK"
    assert netvisor.call(ADD, with_text(501)).code == "INVALID_DATA"


@pytest.mark.parametrize(
    "document",
    [
        invoice(customer="404"),
        invoice(line(product="NONE")),
        invoice(due='<paymentterm type="netvisor">99</paymentterm>'),
    ],
    ids=["customer", "product", "payment term"],
)
def test_links_must_exist(netvisor: NetvisorClient, document: str) -> None:
    assert netvisor.call(ADD, document).code == "INVALID_DATA"


@pytest.mark.parametrize(
    ("vat", "code", "day", "accepted"),
    [
        ("25,5", "KOMY", "2026-03-02", True),
        ("13,5", "KOMY", "2026-03-02", True),
        ("0", "RAMY", "2026-03-02", True),
        ("25,5", "RAMY", "2026-03-02", False),
        ("25", "KOMY", "2026-03-02", False),
        ("22", "KOMY", "2026-03-02", False),
        ("22", "KOMY", "2008-12-12", True),
        ("24", "NONE", "2026-03-02", False),
    ],
)
def test_vat_code_and_percentage_must_fit(
    netvisor: NetvisorClient, vat: str, code: str, day: str, accepted: bool
) -> None:
    reply = netvisor.call(ADD, invoice(line(vat=vat, code=code), day=day))
    assert (reply.code == "OK") is accepted


def test_a_vat_code_is_needed_unless_a_posting_is_suggested(netvisor: NetvisorClient) -> None:
    assert netvisor.call(ADD, invoice(line(code=None))).code == "INVALID_DATA"
    suggestion = "<accountingaccountsuggestion>3000</accountingaccountsuggestion>"
    assert netvisor.call(ADD, invoice(line(code=None, after=suggestion))).code == "OK"


def test_numbers_are_given_in_a_series_and_a_taken_one_is_refused(netvisor: NetvisorClient) -> None:
    netvisor.call(ADD, invoice())
    netvisor.call(ADD, invoice(head="<salesinvoicenumber>2</salesinvoicenumber>"))
    assert netvisor.call(ADD, invoice(head="<salesinvoicenumber>2</salesinvoicenumber>")).code == "DUPLICATE_DATA"
    netvisor.call(ADD, invoice())
    assert [one["number"] for one in netvisor.books()["invoices"]] == ["1", "2", "3"]


def test_a_second_name_has_its_own_series(netvisor: NetvisorClient) -> None:
    term = "<paymenttermnetdays>14</paymenttermnetdays>"
    netvisor.call(ADD, invoice())
    netvisor.call(ADD, invoice(due=f'{term}<secondname type="customer">Sivuliike</secondname>'))
    assert [one["number"] for one in netvisor.books()["invoices"]] == ["1", "1"]
    assert rows(netvisor.call("salesinvoicelist.nv?invoicenumber=1")) == ["1", "1"]


def test_taken_numbers_can_be_allowed_by_setting(sandbox: Flask) -> None:
    client = netvisor_company(sandbox, settings={"unique_invoice_numbers": False})
    client.add_customer()
    client.add_product()
    for _ in range(2):
        assert client.call(ADD, invoice(head="<salesinvoicenumber>7</salesinvoicenumber>")).code == "OK"


def test_a_locked_period_is_refused(sandbox: Flask) -> None:
    client = netvisor_company(sandbox, settings={"locked_until": "2026-02-28"})
    client.add_customer()
    client.add_product()
    assert client.call(ADD, invoice(day="2026-02-28")).code == "PERIOD_LOCK"
    assert client.call(ADD, invoice(day="2026-03-01")).code == "OK"


@pytest.mark.parametrize(
    ("kind", "status", "accepted"),
    [
        ("", "open", True),
        ("invoice", "delivered", False),
        ("order", "undelivered", True),
        ("order", "open", False),
        ("invoicedraft", "", True),
        ("invoicedraft", "unsent", False),
    ],
)
def test_the_status_fits_the_type(netvisor: NetvisorClient, kind: str, status: str, accepted: bool) -> None:
    assert (netvisor.call(ADD, invoice(kind=kind, status=status)).code == "OK") is accepted


def test_a_draft_has_no_number_until_it_becomes_an_invoice(netvisor: NetvisorClient) -> None:
    key = netvisor.call(ADD, invoice(kind="invoicedraft", status="")).inserted
    assert only(netvisor)["number"] == ""
    assert netvisor.call(f"salesinvoice.nv?method=edit&id={key}", invoice()).code == "OK"
    assert only(netvisor)["number"] == "1"


def test_the_list_finds_by_number_customer_date_key_and_status(netvisor: NetvisorClient) -> None:
    netvisor.add_customer("1002")
    first = netvisor.call(ADD, invoice(comment="urakka:a")).inserted
    netvisor.call(ADD, invoice(day="2026-03-05", status="open", customer="1002"))
    asked = {
        "invoicenumber=2": ["2"],
        "customercode=1001": ["1"],
        "begininvoicedate=2026-03-02&endinvoicedate=2026-03-02": ["1"],
        "begininvoicedate=2026-03-03": ["2"],
        f"invoicesabovenetvisorkey={first}": ["2"],
        "invoicestatus=unsent": ["1"],
        "invoicestatus=open": ["2"],
        "customercode=1002&invoicenumber=1": [],
        "customercode=nobody": [],
        "listtype=preinvoice": [],
        "lastmodifiedstart=2020-01-01&lastmodifiedend=2020-02-01T10:00:00": [],
    }
    for query, expected in asked.items():
        assert rows(netvisor.call(f"salesinvoicelist.nv?{query}")) == expected, query


def test_the_list_shows_the_comment_only_when_asked(netvisor: NetvisorClient) -> None:
    netvisor.call(ADD, invoice(comment="urakka:a"))
    path = "SalesInvoiceList/SalesInvoice/AdditionalInformation/PrivateComment"
    assert netvisor.call("salesinvoicelist.nv").text(path) == ""
    assert netvisor.call("salesinvoicelist.nv?replyoption=1").text(path) == "urakka:a"


def test_the_list_has_sums_with_decimal_comma(netvisor: NetvisorClient) -> None:
    netvisor.call(ADD, invoice())
    reply = netvisor.call("salesinvoicelist.nv")
    assert reply.text("SalesInvoiceList/SalesInvoice/InvoiceSum") == "213,35"
    assert reply.text("SalesInvoiceList/SalesInvoice/OpenSum") == "213,35"


def test_the_reply_holds_all_lines_in_one_element(netvisor: NetvisorClient) -> None:
    comment = "<invoiceline><salesinvoicecommentline><comment>hei</comment></salesinvoicecommentline></invoiceline>"
    key = netvisor.call(ADD, invoice(line(), comment, line(quantity="1"))).inserted
    reply = netvisor.call(f"getsalesinvoice.nv?netvisorkey={key}&showcommentlines=1")
    (row,) = reply.root.findall("SalesInvoice/InvoiceLines/InvoiceLine")
    assert len(row.findall("SalesInvoiceProductLine")) == 2
    assert row.findtext("SalesInvoiceCommentLine/Comment") == "hei"
    assert row.findtext("SalesInvoiceProductLine/SalesInvoiceProductLineSum") == "213,35"
    assert row.findtext("SalesInvoiceProductLine/ProductName") == "Asennustyö"


def test_the_party_comes_from_the_register_only_when_no_part_is_given(netvisor: NetvisorClient) -> None:
    netvisor.add_customer("1003", "<city>Turku</city>")
    from_register = netvisor.call(ADD, invoice(customer="1003")).inserted
    given = invoice(
        customer="1003",
        due="<invoicingcustomername>Toinen</invoicingcustomername><paymenttermnetdays>1</paymenttermnetdays>",
    )
    partly = netvisor.call(ADD, given).inserted
    town = "SalesInvoice/InvoicingCustomerTown"
    assert netvisor.call(f"getsalesinvoice.nv?netvisorkey={from_register}").text(town) == "Turku"
    assert netvisor.call(f"getsalesinvoice.nv?netvisorkey={partly}").text(town) == ""


def test_an_unknown_invoice_is_ok_and_empty(netvisor: NetvisorClient) -> None:
    reply = netvisor.call("getsalesinvoice.nv?netvisorkey=1")
    assert reply.code == "OK"
    element = reply.root.find("SalesInvoice")
    assert element is not None
    assert len(element) == 0


def test_editing_an_unknown_invoice_and_a_missing_method_are_refused(netvisor: NetvisorClient) -> None:
    assert netvisor.call("salesinvoice.nv?method=edit&id=9", invoice()).code == "INVALID_DATA"
    assert netvisor.call("salesinvoice.nv", invoice()).code == "INVALID_DATA"


def test_deleted_invoices_disappear_and_stay_in_the_books(netvisor: NetvisorClient) -> None:
    key = netvisor.call(ADD, invoice()).inserted
    assert netvisor.call(f"deletesalesinvoice.nv?invoiceid={key}").code == "OK"
    assert rows(netvisor.call("salesinvoicelist.nv")) == []
    assert only(netvisor)["deleted"] is True
    assert netvisor.books()["totals"]["invoices"] == 0
    netvisor.call(ADD, invoice())
    assert netvisor.books()["invoices"][1]["number"] == "2"


def test_status_payment_and_credit_note_change_the_open_sum(netvisor: NetvisorClient) -> None:
    key = netvisor.call(ADD, invoice()).inserted
    payment = (
        '<root><salespayment><sum currency="EUR">13,35</sum><paymentdate>2026-03-10</paymentdate>'
        f'<targetidentifier type="netvisor" targettype="invoice">{key}</targetidentifier>'
        '<sourcename>Testi Oy</sourcename><paymentmethod type="alternative">tili</paymentmethod>'
        "</salespayment></root>"
    )
    assert netvisor.call("salespayment.nv", payment).code == "INVALID_DATA"
    assert netvisor.call(f"updatesalesinvoicestatus.nv?netvisorkey={key}&status=open", "").code == "OK"
    assert netvisor.call("salespayment.nv", payment).inserted > 0
    assert (
        netvisor.call(f"salespaymentlist.nv?invoicenetvisorkey={key}").text("SalesPaymentList/SalesPayment/Sum")
        == "13,35"
    )
    credit = netvisor.call(ADD, invoice(line(quantity="-2,5"), status="open")).inserted
    match = (
        f"<root><matchcreditnote><creditnotenetvisorkey>{credit}</creditnotenetvisorkey>"
        f"<invoicenetvisorkey>{key}</invoicenetvisorkey></matchcreditnote></root>"
    )
    assert netvisor.call("matchcreditnote.nv", match).code == "OK"
    paid, credited = netvisor.books()["invoices"]
    assert (paid["status"], paid["open"]) == ("paid", "0.00")
    assert Decimal(credited["open"]) == Decimal("-13.35")


def test_dimensions_are_made_on_the_fly_unless_only_existing_ones_are_wanted(netvisor: NetvisorClient) -> None:
    item = "<dimension><dimensionname>Kohde</dimensionname><dimensionitem>K1</dimensionitem></dimension>"
    document = invoice(line(after=item))
    assert netvisor.call(f"{ADD}&useonlyexistingdimensions=1", document).code == "INVALID_DATA"
    assert netvisor.call(ADD, document).code == "OK"
    names = netvisor.call("dimensionlist.nv").root.iter("DimensionDetail")
    assert [name.findtext("Name") for name in names] == ["K1"]
    assert netvisor.call(f"{ADD}&useonlyexistingdimensions=1", document).code == "OK"


def test_attachments_are_given_back_when_they_are_asked_for(netvisor: NetvisorClient) -> None:
    file = (
        "<salesinvoiceattachments><salesinvoiceattachment><mimetype>application/pdf</mimetype>"
        "<attachmentdescription>Raportti</attachmentdescription><filename>r.pdf</filename>"
        '<documentdata type="pdf">JVBERi0=</documentdata></salesinvoiceattachment></salesinvoiceattachments>'
    )
    key = netvisor.call("salesinvoice.nv?method=add", invoice(tail=file)).inserted
    path = f"getsalesinvoice.nv?netvisorkey={key}"
    found = netvisor.call(f"{path}&includeattachments=1").root.find(".//SalesInvoiceAttachment")
    assert found is not None
    assert [child.text for child in found] == ["application/pdf", "Raportti", "r.pdf", "JVBERi0="]
    assert netvisor.call(path).root.find(".//SalesInvoiceAttachment") is None
