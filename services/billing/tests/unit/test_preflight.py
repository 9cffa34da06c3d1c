"""What Netvisor and Procountor would refuse or change is known before anything is sent."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.billing.adapters.netvisor import mapping as netvisor
from services.billing.adapters.netvisor.rules import Rules as NetvisorRules
from services.billing.adapters.procountor import objections as procountor
from services.billing.adapters.procountor.rules import Rules as ProcountorRules
from services.billing.domain.document import Document, OriginalDocument, Party
from services.billing.domain.preflight import Severity
from services.billing.tests.targets import a_document, a_line, a_payer
from shared.money import round_amount

NETVISOR = NetvisorRules()
PROCOUNTOR = ProcountorRules(iban="FI3715903000000776")


def of_netvisor(document: Document) -> list[tuple[str, str | None, str]]:
    return [(each.code, each.pointer, each.severity.value) for each in netvisor.preflight(document, NETVISOR)]


def of_procountor(document: Document) -> list[tuple[str, str | None, str]]:
    return [(each.code, each.pointer, each.severity.value) for each in procountor.preflight(document, PROCOUNTOR)]


def with_address(**changes: Any) -> Party:
    payer = a_payer()
    return replace(payer, address=replace(payer.address, **changes))


def test_a_document_in_order_has_no_problems() -> None:
    assert of_netvisor(a_document()) == []
    assert of_procountor(a_document()) == []


@pytest.mark.parametrize(
    ("changes", "code", "pointer", "severity"),
    [
        ({"payer": a_payer(number=" ")}, "netvisor.customer_number_missing", "/payer/number", "block"),
        ({"payer": with_address(country="Suomi")}, "netvisor.country", "/payer/address/country", "block"),
        ({"payer": with_address(postal_code="2150")}, "netvisor.postal_code", "/payer/address/postal_code", "block"),
        ({"due_date": date(2026, 3, 1)}, "netvisor.due_date", "/due_date", "block"),
        ({"references": {"contract": "S" * 36}}, "netvisor.text_too_long", "/references/contract", "warning"),
        ({"payer": a_payer(name="N" * 251)}, "netvisor.text_too_long", "/payer/name", "warning"),
    ],
)
def test_netvisor(changes: dict[str, Any], code: str, pointer: str, severity: str) -> None:
    assert (code, pointer, severity) in of_netvisor(a_document(**changes))


@pytest.mark.parametrize(
    ("changes", "code", "pointer", "severity"),
    [
        ({"payer": a_payer(business_id=None)}, "procountor.business_id_missing", "/payer/business_id", "block"),
        (
            {"payer": a_payer(einvoice_operator=None)},
            "procountor.einvoice_operator_missing",
            "/payer/einvoice_operator",
            "block",
        ),
        ({"payer": with_address(city="")}, "procountor.address_incomplete", "/payer/address/city", "block"),
        ({"payer": with_address(country="XX")}, "procountor.country", "/payer/address/country", "block"),
        ({"due_date": date(2030, 1, 1)}, "procountor.due_date", "/due_date", "block"),
        ({"currency": "SEK"}, "procountor.currency", "/currency", "block"),
        ({"payer": a_payer(number="Ω1")}, "procountor.customer_number_characters", "/payer/number", "block"),
        ({"lines": (a_line(product_code="Ω1"),)}, "procountor.product_code", "/lines/0/product_code", "block"),
        ({"lines": (a_line(product_code="a\x07b"),)}, "procountor.product_code", "/lines/0/product_code", "block"),
        ({"payer": a_payer(name=" ")}, "procountor.customer_name_missing", "/payer/name", "block"),
        (
            {"payer": a_payer(einvoice_address="TE003712345671")},
            "procountor.einvoice_address_form",
            "/payer/einvoice_address",
            "warning",
        ),
        ({"payer": a_payer(name="Łódź ≤ Oy")}, "procountor.characters_replaced", "/payer/name", "warning"),
        ({"payer": a_payer(name="N" * 81)}, "procountor.text_too_long", "/payer/name", "warning"),
    ],
)
def test_procountor(changes: dict[str, Any], code: str, pointer: str, severity: str) -> None:
    assert (code, pointer, severity) in of_procountor(a_document(**changes))


def test_every_line_is_looked_at_and_everything_is_told_at_once() -> None:
    lines = [a_line(product_code=""), a_line(vat_category="E"), a_line(unit="tynnyri")]
    document = a_document(lines, payer=a_payer(number="", business_id=None, kind="company"))
    assert {(code, pointer) for code, pointer, _ in of_procountor(document)} >= {
        ("procountor.customer_number_missing", "/payer/number"),
        ("procountor.business_id_missing", "/payer/business_id"),
        ("procountor.product_code", "/lines/0/product_code"),
        ("procountor.vat_status_missing", "/lines/1/vat_category"),
        ("procountor.unit_unknown", "/lines/2/unit"),
    }
    assert [code for code, *_ in of_netvisor(document)] == [
        "netvisor.customer_number_missing",
        "netvisor.product_code",
        "netvisor.vat_code_missing",
    ]


ORIGINAL = OriginalDocument("d0", "URK-0", date(2026, 2, 2), "7", "1001")
WITH_CREDITS = replace(PROCOUNTOR, negative_credits=True)


def returned(quantity: str, **changes: Any) -> Document:
    """3 h and a return of `quantity` h."""
    amount = Decimal(quantity) * 45
    back = a_line(quantity=Decimal(quantity), net=amount, vat_share=round_amount(amount * Decimal("0.255")))
    return a_document([a_line(), back], **changes)


@pytest.mark.parametrize(
    ("document", "kind"),
    [(returned("-3"), "nothing_to_pay"), (returned("-4"), "original_missing")],
    ids=["zero", "return"],
)
def test_a_document_that_is_no_ordinary_invoice_is_warned_of(document: Document, kind: str) -> None:
    expected = [(kind, "/gross", "warning")]
    assert of_netvisor(document) == [(f"netvisor.{kind}", "/gross", "warning")]
    found = procountor.preflight(document, WITH_CREDITS)
    assert [(each.code.partition(".")[2], each.pointer, each.severity.value) for each in found] == expected


def test_procountor_refuses_a_return_like_a_credit_unless_negative_rows_are_allowed() -> None:
    assert of_procountor(returned("-4")) == [("procountor.credits_not_enabled", None, "block")]
    assert procountor.objection(returned("-4"), PROCOUNTOR) is not None
    assert procountor.objection(returned("-4"), WITH_CREDITS) is None


def test_a_credit_that_names_its_invoice_is_in_order() -> None:
    assert of_netvisor(returned("-4", reverses=ORIGINAL)) == []
    assert list(procountor.preflight(returned("-4", reverses=ORIGINAL), WITH_CREDITS)) == []


def test_a_private_person_needs_no_business_id() -> None:
    payer = a_payer(kind="private", business_id=None, invoice_channel="letter")
    assert of_procountor(a_document(payer=payer)) == []


def test_a_unit_that_the_connection_maps_is_known() -> None:
    rules = replace(PROCOUNTOR, units={"tynnyri": "PIECE"})
    assert list(procountor.preflight(a_document([a_line(unit="tynnyri")]), rules)) == []


def test_what_would_be_refused_is_a_block_and_what_would_be_changed_a_warning() -> None:
    found = list(procountor.preflight(a_document([a_line(unit="tynnyri", product_code="")]), PROCOUNTOR))
    assert {each.severity for each in found} == {Severity.BLOCK, Severity.WARNING}
