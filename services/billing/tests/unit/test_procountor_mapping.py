"""A document as Procountor's JSON."""

import json
import random
from decimal import Decimal
from typing import Any

import pytest

from services.billing.adapters.faults import Refused
from services.billing.adapters.procountor import names
from services.billing.adapters.procountor.client import retry_after_s
from services.billing.adapters.procountor.errors import pointer_of, refusal
from services.billing.adapters.procountor.exact_json import encode
from services.billing.adapters.procountor.mapping import attachment_name, invoice_json, partner_json, product_json
from services.billing.adapters.procountor.objections import objection
from services.billing.adapters.procountor.rules import Rules, product_code
from services.billing.domain.document import Address, Document
from services.billing.tests.targets import a_document, a_line, a_payer, random_document

IBAN = "FI3715903000000776"
RULES = Rules(iban=IBAN, vat_statuses={"S": 1, "AE": 42})


def invoice_of(document: Document, rules: Rules = RULES) -> Any:
    ids = {product_code(line): 90 + index for index, line in enumerate(document.lines)}
    body = invoice_json(document, rules, 77, ids)
    return json.loads(body.decode("utf-8"), parse_float=Decimal)


def reverse_charge_line(**changes: object) -> Any:
    return a_line(vat_category="AE", vat_rate_percent=Decimal("0"), vat_share=Decimal("0.00"), **changes)


def test_the_whole_invoice() -> None:
    document = a_document()
    assert invoice_of(document) == {
        "partnerId": 77,
        "type": "SALES_INVOICE",
        "date": "2026-03-02",
        "counterParty": {
            "identifier": "9000011-8",
            "customerNumber": "1042",
            "email": "laskut@example.fi",
            "counterPartyAddress": {
                "name": "As Oy Esimerkin Haapapiha",
                "street": "Haapatie 4 A 12",
                "zip": "02150",
                "city": "ESPOO",
                "country": "FINLAND",
            },
            "einvoiceAddress": {"operator": "003721291126", "address": "003790000118"},
        },
        "billingAddress": {
            "name": "As Oy Esimerkin Haapapiha",
            "street": "Haapatie 4 A 12",
            "zip": "02150",
            "city": "ESPOO",
            "country": "FINLAND",
        },
        "paymentInfo": {
            "paymentMethod": "BANK_TRANSFER",
            "currency": "EUR",
            "dueDate": "2026-03-16",
            "currencyRate": 1,
            "bankAccount": {"accountNumber": IBAN},
            "bankReferenceCode": "",
        },
        "extraInfo": {"accountingByRow": True, "unitPricesIncludeVat": False},
        "discountPercent": 0,
        "orderReference": "PO-77",
        "invoiceRows": [
            {
                "productId": 90,
                "product": "Kiinteistönhoitaja, työaika",
                "productCode": "HUOLTO",
                "quantity": 3,
                "unit": "HOUR",
                "unitPrice": 45,
                "discountPercent": 0,
                "vatPercent": Decimal("25.5"),
            }
        ],
        "originalInvoiceNumber": document.key,
        "vatStatus": 1,
        "deliveryStartDate": "2026-02-27",
        "deliveryEndDate": "2026-02-27",
        "accountingCode": "4711",
        "invoiceChannel": "ELECTRONIC_INVOICE",
        "language": "FINNISH",
        "additionalInformation": "Tilausnumero: PO-77\nKustannuspaikka: 4711\nTyömääräimet: 1001, 1002",
    }


@pytest.mark.parametrize("seed", range(20))
def test_quantities_and_prices_go_out_exactly(seed: int) -> None:
    document = random_document(random.Random(seed))
    for row, line in zip(invoice_of(document)["invoiceRows"], document.lines, strict=True):
        assert Decimal(row["quantity"]) == line.quantity
        assert Decimal(row["unitPrice"]) == line.unit_price
        assert Decimal(row["discountPercent"]) == line.discount_percent


def test_the_same_document_gives_the_same_bytes() -> None:
    document = a_document()
    assert invoice_json(document, RULES, 1, {"HUOLTO": 2}) == invoice_json(document, RULES, 1, {"HUOLTO": 2})


def test_our_key_fits_the_field() -> None:
    assert len(invoice_of(a_document())["originalInvoiceNumber"]) <= 40


def test_reverse_charge_has_its_status_and_its_statement() -> None:
    invoice = invoice_of(a_document([reverse_charge_line()], payer=a_payer(vat_number="FI90001591")))
    assert invoice["vatStatus"] == 42
    assert "vatStatus" not in invoice["invoiceRows"][0]
    assert "Käännetty verovelvollisuus, AVL 8 c §. Ostajan alv-numero FI90001591" in invoice["additionalInformation"]


def test_a_line_with_another_status_than_the_header_says_so() -> None:
    invoice = invoice_of(a_document([a_line(), reverse_charge_line(product_code="X")]))
    assert invoice["vatStatus"] == 1
    assert [row.get("vatStatus") for row in invoice["invoiceRows"]] == [None, 42]


def test_a_status_zero_in_the_settings_counts() -> None:
    assert invoice_of(a_document(), Rules(iban=IBAN, vat_statuses={"S": 1, "S/25.5": 0}))["vatStatus"] == 0


@pytest.mark.parametrize(
    ("unit", "name", "comment"),
    [
        ("h", "HOUR", None),
        ("m²", "SQUARE_METER", None),
        ("rll", "ROLL", None),
        ("%", "NO_UNIT", None),
        ("tynnyri", "NO_UNIT", "(tynnyri)"),
    ],
)
def test_units(unit: str, name: str, comment: str | None) -> None:
    (row,) = invoice_of(a_document([a_line(unit=unit)]))["invoiceRows"]
    assert (row["unit"], row.get("comment")) == (name, comment)


def test_the_settings_may_name_a_unit() -> None:
    rules = Rules(iban=IBAN, units={"tynnyri": "CAN"})
    (row,) = invoice_of(a_document([a_line(unit="tynnyri")]), rules)["invoiceRows"]
    assert (row["unit"], row.get("comment")) == ("CAN", None)


def test_a_long_text_is_cut_visibly_and_repeated_as_comment() -> None:
    text = "Sähköasentaja, vaativa työ – kohde Haapatie 4 A & B, “yläkerta”, porras 3, kerros 2, ovi 17"
    (row,) = invoice_of(a_document([a_line(text=text)]))["invoiceRows"]
    assert len(row["product"]) == 80
    assert row["product"].endswith("…")
    assert row["comment"] == text


def test_a_payer_name_is_cut_at_the_limit() -> None:
    name = invoice_of(a_document(payer=a_payer(name="Å" * 100)))["counterParty"]["counterPartyAddress"]["name"]
    assert name == "Å" * 79 + "…"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("åäö ÅÄÖ – — ’ “ € ² ³ · & \u00a0", "åäö ÅÄÖ – — ’ “ € ² ³ · & \u00a0"),
        ("a\u0308", "ä"),
        ("−5 °C", "-5 °C"),
        ("10 kΩ → 5 ≤ x", "10 kohm -> 5 <= x"),
        ("Łódź Čapek", "?ódz Capek"),
        ("½ tuumaa", "½ tuumaa"),
        ("ok 👍", "ok ?"),
        ("ﬁ", "fi"),
        ("zero\u200bwidth", "zerowidth"),
    ],
)
def test_only_windows_1252_characters_go_out(text: str, written: str) -> None:
    assert names.in_windows_1252(text) == written
    written.encode("cp1252")


def test_every_text_of_an_invoice_is_windows_1252() -> None:
    odd = "Ω→👍 Łódź"
    payer = a_payer(name=odd, address=Address(odd, "02150", odd, "FI"))
    document = a_document([a_line(text=odd, unit=odd)], payer=payer, text_before=odd, references={"order_number": odd})
    invoice_json(document, RULES, 1, {"HUOLTO": 2}).decode("utf-8").encode("cp1252")
    partner_json(payer, RULES).decode("utf-8").encode("cp1252")
    product_json(a_line(text=odd, unit=odd), RULES, "EUR").decode("utf-8").encode("cp1252")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("kuitti.pdf", "kuitti.pdf"),
        ("työ → kuva.png", "työ -> kuva.png"),
        ("→" * 96 + ".pdf", "->" * 47 + "-….pdf"),
        ("a.b.jpeg", "a.b.jpeg"),
    ],
)
def test_an_attachment_keeps_its_ending(name: str, written: str) -> None:
    assert attachment_name(name) == written
    assert len(written) <= 100


@pytest.mark.parametrize(
    ("payer", "expected"),
    [
        (a_payer(), "ELECTRONIC_INVOICE"),
        (a_payer(invoice_channel="email"), "EMAIL"),
        (a_payer(invoice_channel="letter"), "MAIL"),
        (a_payer(invoice_channel="none"), "NO_SENDING"),
        (a_payer(invoice_channel=""), "NO_SENDING"),
    ],
)
def test_the_channel_follows_the_payer(payer: Any, expected: str) -> None:
    assert invoice_of(a_document(payer=payer))["invoiceChannel"] == expected


@pytest.mark.parametrize(
    ("document", "code", "pointer"),
    [
        (a_document(payer=a_payer(number="")), "procountor.customer_number_missing", "/payer/number"),
        (
            a_document(payer=a_payer(einvoice_operator=None)),
            "procountor.einvoice_operator_missing",
            "/payer/einvoice_operator",
        ),
        (
            a_document(payer=a_payer(einvoice_address=None)),
            "procountor.einvoice_address_missing",
            "/payer/einvoice_address",
        ),
        (a_document(payer=a_payer(invoice_channel="email", email=None)), "procountor.email_missing", "/payer/email"),
        (
            a_document(payer=a_payer(invoice_channel="letter", address=Address("Katu 1", "", "ESPOO", "FI"))),
            "procountor.address_incomplete",
            "/payer/address/postal_code",
        ),
        (
            a_document(payer=a_payer(address=Address("a", "b", "c", "XX"))),
            "procountor.country",
            "/payer/address/country",
        ),
        (a_document([a_line(), a_line(product_code="x" * 41)]), "procountor.product_code", "/lines/1/product_code"),
        (a_document([a_line(vat_category="Z")]), "procountor.vat_status_missing", "/lines/0/vat_category"),
        (
            a_document([reverse_charge_line()], payer=a_payer(business_id=None)),
            "procountor.vat_number_missing",
            "/payer/vat_number",
        ),
    ],
)
def test_what_procountor_cannot_take_is_found_before_sending(document: Document, code: str, pointer: str) -> None:
    found = objection(document, RULES)
    assert found is not None
    assert (found.code, found.pointer) == (code, pointer)


@pytest.mark.parametrize(("agreed", "told"), [("11.50", Decimal("11.5")), ("0.00", 0), (None, None)])
def test_late_interest_agreed_with_the_payer_goes_to_the_partner_and_the_invoice(
    agreed: str | None, told: Decimal | None
) -> None:
    payer = a_payer(late_interest_percent=None if agreed is None else Decimal(agreed))
    partner = json.loads(partner_json(payer, RULES), parse_float=Decimal)
    assert partner["paymentInfo"].get("penalInterestRate") == told
    assert invoice_of(a_document(payer=payer)).get("penaltyPercent") == told


def test_a_partner_has_the_payment_term_as_text() -> None:
    partner = json.loads(partner_json(a_payer(), RULES))
    assert partner["type"] == "CUSTOMER"
    assert partner["paymentInfo"]["paymentTermDays"] == "14"
    assert partner["invoicingInfo"]["customerNumber"] == "1042"
    assert partner["invoicingInfo"]["einvoiceAddress"] == "003790000118"


def test_a_product_has_all_that_is_required() -> None:
    product = json.loads(product_json(a_line(unit_price=Decimal("1.4520")), RULES, "EUR"), parse_float=Decimal)
    assert product == {
        "type": "SALES",
        "name": "Kiinteistönhoitaja, työaika",
        "code": "HUOLTO",
        "unit": "HOUR",
        "discount": 0,
        "price": Decimal("1.452"),
        "vat": Decimal("25.5"),
        "active": True,
        "currency": "EUR",
    }


def test_decimals_are_written_with_all_their_digits() -> None:
    assert encode({"a": [Decimal("0.1000"), Decimal("1E+3"), Decimal("12345678901234.5678")]}) == (
        b'{"a":[0.1000,1000,12345678901234.5678]}'
    )


def test_infinite_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="not a number"):
        encode({"a": Decimal("NaN")})


@pytest.mark.parametrize(
    ("field", "pointer"),
    [
        ("invoiceRows[3].unit", "/lines/3/unit"),
        ("invoiceRows[0].unitPrice", "/lines/0/unit_price"),
        ("invoiceRows[12].vatPercent", "/lines/12/vat_rate_percent"),
        ("counterParty.counterPartyAddress.zip", "/payer/address/postal_code"),
        ("counterParty.einvoiceAddress.operator", "/payer/einvoice_operator"),
        ("paymentInfo.dueDate", "/due_date"),
        ("date", "/document_date"),
        ("somethingElse", None),
    ],
)
def test_fields_of_errors_point_into_our_document(field: str, pointer: str | None) -> None:
    assert pointer_of(field) == pointer


def test_a_refusal_is_a_sentence_with_all_problems() -> None:
    body = {
        "errors": [
            {"status": 400, "field": "paymentInfo.dueDate", "message": "DUE_DATE_BEFORE_BILL_DATE"},
            {"message": "b"},
        ]
    }
    fault = refusal(400, body)
    assert isinstance(fault, Refused)
    assert fault.reason == (
        "Procountor did not accept the content: the due date is before the invoice date (paymentInfo.dueDate); b"
    )
    assert (fault.code, fault.pointer) == ("procountor.http_400", "/due_date")


@pytest.mark.parametrize("body", [None, [], {}, {"errors": []}, {"errors": "x"}, {"message": "nginx"}])
def test_a_refusal_in_another_form_is_none(body: object) -> None:
    assert refusal(400, body) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        ("-1", None),
        ("soon", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("9" * 30, 86_400.0),
    ],
)
def test_retry_after_in_both_forms(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header) == seconds
