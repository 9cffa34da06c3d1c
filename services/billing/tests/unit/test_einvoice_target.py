"""From a document to a file that may leave the house: refusals, numbers, the last check of the cents."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from lxml import etree

from services.billing.adapters import texts
from services.billing.adapters.einvoice import figures
from services.billing.adapters.einvoice.fitting import Notice
from services.billing.adapters.einvoice.format import Format, Written
from services.billing.adapters.einvoice.target import EinvoiceTarget
from services.billing.adapters.finvoice.form import FinvoiceForm
from services.billing.adapters.peppol.form import PeppolForm
from services.billing.domain.compile import MergePolicy, VatPolicy, compile_lines, vat_lines
from services.billing.domain.document import Address, Document
from services.billing.domain.outcomes import Accepted, NotSent, Rejected, Unclear
from services.billing.domain.preflight import Severity
from services.billing.domain.target import ForeseesProblems, Prepared
from services.billing.tests.einvoices import (
    MemoryDelivery,
    MemoryStore,
    a_seller,
    an_einvoice,
    credited,
    random_einvoice,
    service_rows,
    written,
)
from services.billing.tests.targets import MemoryLinks
from services.billing.tests.unit.builders import a_party, a_row

FORMS: tuple[Format, ...] = (FinvoiceForm(), PeppolForm(customer_number_as_reference=True))
PRIVATE = a_party(kind="private", business_id=None)
BY_NAME = {form.name: form for form in FORMS}
both = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)


def a_target(form: Format, delivery: MemoryDelivery | None = None) -> EinvoiceTarget:
    return EinvoiceTarget(form, a_seller(), delivery or MemoryDelivery())


# --- numbers ---


@both
def test_a_document_keeps_its_number_and_its_bytes(form: Format) -> None:
    target, store = a_target(form), MemoryStore()
    first, second = an_einvoice(key="URK-1"), an_einvoice(key="URK-2")

    prepared = [target.prepare(document, store) for document in (first, second, first)]

    assert all(isinstance(each, Prepared) for each in prepared)
    assert prepared[0] == prepared[2]
    assert [store.numbers[key].number for key in ("URK-1", "URK-2")] == [10023, 10024]


@both
def test_a_document_that_is_refused_uses_up_no_number(form: Format) -> None:
    store = MemoryStore()
    refused = a_target(form).prepare(an_einvoice(payer=a_party(einvoice_address=None)), store)
    assert isinstance(refused, Rejected)
    assert store.numbers == {}


def test_a_store_without_numbers_is_a_programming_error() -> None:
    with pytest.raises(TypeError):
        a_target(FinvoiceForm()).prepare(an_einvoice(), MemoryLinks())


# --- refusals ---

SHARED_REFUSALS = [
    ({"payer": a_party(einvoice_address=" ")}, "einvoice.buyer_address_missing", "/payer/einvoice_address"),
    ({"payer": a_party(name="X")}, "einvoice.buyer_name", "/payer/name"),
    (
        {"payer": a_party(address=Address("", "02150", "ESPOO", "FI"))},
        "einvoice.buyer_street_missing",
        "/payer/address/street",
    ),
    (
        {"payer": a_party(address=Address("Haapatie 4", "", "ESPOO", "FI"))},
        "einvoice.buyer_postal_code_missing",
        "/payer/address/postal_code",
    ),
    (
        {"payer": a_party(address=Address("Haapatie 4", "02150", "ESPOO", "Suomi"))},
        "einvoice.buyer_country",
        "/payer/address/country",
    ),
    ({"currency": "euro"}, "einvoice.currency", "/currency"),
    ({"lines": ()}, "einvoice.no_lines", "/lines"),
]


@both
@pytest.mark.parametrize(("changes", "code", "pointer"), SHARED_REFUSALS)
def test_what_is_missing_is_named_with_its_place(
    form: Format, changes: dict[str, object], code: str, pointer: str
) -> None:
    refused = a_target(form).prepare(replace(an_einvoice(), **changes), MemoryStore())
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.pointer) == (code, pointer)
    assert len(refused.detail) > 20


@both
@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"unit": "hehtaaria"}, "einvoice.unit_unknown", "unit"),
        ({"text": "", "product_code": " "}, "einvoice.text_missing", "text"),
        ({"vat_category": "E"}, "einvoice.vat_category", "vat_category"),
        ({"vat_rate_percent": Decimal(0)}, "einvoice.vat_rate", "vat_rate_percent"),
        ({"vat_category": "Z"}, "einvoice.vat_rate", "vat_rate_percent"),
    ],
)
def test_a_line_that_no_e_invoice_can_show_is_named(
    form: Format, changes: dict[str, object], code: str, field: str
) -> None:
    document = an_einvoice(*service_rows())
    lines = (*document.lines[:2], replace(document.lines[2], **changes), *document.lines[3:])
    refused = a_target(form).prepare(replace(document, lines=lines), MemoryStore())
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.pointer) == (code, f"/lines/2/{field}")


@both
def test_a_credit_names_the_invoice_that_it_takes_back(form: Format) -> None:
    document = an_einvoice(a_row(quantity="-1"))
    refused = a_target(form).prepare(replace(document, reverses=credited(document, None)), MemoryStore())
    assert isinstance(refused, Rejected)
    assert refused.code == "einvoice.original_number_missing"


@both
def test_reverse_charge_without_the_buyers_number_is_refused(form: Format) -> None:
    row = a_row(construction_service=True, buyer_is_construction_seller=True)
    refused = a_target(form).prepare(an_einvoice(row, payer=a_party(business_id=None)), MemoryStore())
    assert isinstance(refused, Rejected)
    assert refused.code == "einvoice.vat_number_missing"


# --- foreseeing ---


@both
@pytest.mark.parametrize(("quantity", "kind"), [("-1", "nothing_to_pay"), ("-2", "original_missing")])
def test_a_total_of_zero_and_a_return_without_its_invoice_are_warned_of(form: Format, quantity: str, kind: str) -> None:
    document = an_einvoice(a_row(quantity="1"), a_row(row_id="back", description="Palautus", quantity=quantity))
    (problem,) = a_target(form).preflight(document)
    assert (problem.code, problem.severity) == (f"einvoice.{kind}", Severity.WARNING)
    assert isinstance(a_target(form).prepare(document, MemoryStore()), Prepared)


def test_everything_that_would_be_refused_is_foreseen_at_once() -> None:
    document = an_einvoice(payer=a_party(einvoice_address=None, einvoice_operator=None, name="X"), references={})
    foreseen = {
        name: {problem.code for problem in a_target(form).preflight(document)} for name, form in BY_NAME.items()
    }
    assert foreseen == {
        "finvoice": {"einvoice.buyer_name", "einvoice.buyer_address_missing", "finvoice.buyer_operator_missing"},
        "peppol": {"einvoice.buyer_name", "einvoice.buyer_address_missing"},
    }


@both
def test_a_document_that_goes_out_whole_has_no_problems(form: Format) -> None:
    target = a_target(form)
    assert isinstance(target, ForeseesProblems)
    assert target.preflight(an_einvoice(*service_rows())) == ()
    assert target.preflight(an_einvoice(a_row(description="Työ – ”A” " * 100))) == ()


def test_what_a_reader_would_miss_is_a_warning_in_finvoice() -> None:
    payer = a_party(name="x" * 300, address=Address("y" * 120, "02150", "ESPOO", "FI"))
    problems = a_target(FinvoiceForm()).preflight(an_einvoice(a_row(description="Työ \U0001f527"), payer=payer))
    assert {(problem.code, problem.pointer, problem.severity) for problem in problems} == {
        ("einvoice.text_shortened", "/payer/name", Severity.WARNING),
        ("einvoice.text_shortened", "/payer/address/street", Severity.WARNING),
        ("einvoice.characters_lost", "/lines/0/text", Severity.WARNING),
    }


# --- cents ---


@both
def test_vat_by_lines_is_refused_where_it_differs(form: Format) -> None:
    """Three lines of 99.99: 25.50 each is 76.50, of their sum it is 76.49."""
    rows = [a_row(row_id=str(n), position=n, product_id=str(n), unit_price="99.99") for n in (1, 2, 3)]
    lines = compile_lines(rows, MergePolicy(), VatPolicy.PER_LINE)
    groups = vat_lines(lines)
    gross = groups[0].base + groups[0].vat
    document = replace(an_einvoice(*rows), lines=lines, vat_lines=groups, vat=groups[0].vat, gross=gross)

    refused = a_target(form).prepare(document, MemoryStore())

    assert document.vat == Decimal("76.50")
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.pointer) == (figures.CODE, "/vat_lines/0/vat")
    assert "76,50" in refused.detail
    assert "76,49" in refused.detail


@pytest.mark.parametrize(
    ("place", "pointer"),
    [
        ("net", "/net"),
        ("vat", "/vat"),
        ("gross", "/gross"),
        ("line", "/lines/1/net"),
        ("base", "/vat_lines/0/base"),
        ("group", "/vat_lines/0/vat"),
    ],
)
def test_a_document_that_is_a_cent_off_is_noticed(place: str, pointer: str) -> None:
    document, cent = an_einvoice(*service_rows()), Decimal("0.01")
    match place:
        case "line":
            wrong = replace(document.lines[1], net=document.lines[1].net + cent)
            document = replace(document, lines=(document.lines[0], wrong, *document.lines[2:]))
        case "base" | "group":
            name = "base" if place == "base" else "vat"
            wrong_group = replace(document.vat_lines[0], **{name: getattr(document.vat_lines[0], name) + cent})
            document = replace(document, vat_lines=(wrong_group,))
        case _:
            document = replace(document, **{place: getattr(document, place) + cent})
    refused = figures.check_document(document)
    assert refused is not None
    assert (refused.code, refused.pointer) == (figures.CODE, pointer)


def _amounts(payload: bytes) -> Iterator[tuple[str, bytes]]:
    """The file again and again, with one amount a cent off each time."""
    root = etree.fromstring(payload)
    for element in root.iter():
        name = etree.QName(element).localname
        if not re.search(r"Amount$|^(Invoiced|Credited)Quantity$", name) or name in UNREAD or not element.text:
            continue
        right = element.text
        changed = Decimal(right.replace(",", ".")) + Decimal("0.01")
        element.text = f"{changed:f}".replace(".", "," if "," in right else ".")
        yield name, etree.tostring(root)
        element.text = right


UNREAD = {
    "RowDiscountBaseAmount",  # says again what quantity × price says
    "UnitPriceAmount",  # the price before a discount in the price, which Finvoice rows of ours do not have
    "BaseAmount",  # the gross price: only for people
    "Amount",  # the discount in the price: the net price is what counts (Peppol R046 compares them)
}


@both
def test_every_amount_of_a_file_is_guarded(form: Format) -> None:
    document = an_einvoice(*service_rows(), a_row(row_id="d", position=9, quantity="3", discount_percent="8"))
    payload = written(form, document)
    assert figures.check_file(form.read(payload), document) is None

    changed = list(_amounts(payload))

    assert len(changed) >= 20
    unnoticed = [name for name, wrong in changed if figures.check_file(form.read(wrong), document) is None]
    assert unnoticed == []


@dataclass(frozen=True)
class OneCentOff:
    """A format with a mistake in its writer."""

    right: Format
    name: str = "finvoice"
    content_type: str = "application/xml"

    def objections(self, document: Document) -> Iterator[Rejected]:
        return iter(())

    def losses(self, document: Document) -> Sequence[Notice]:
        return ()

    def write(self, invoice: object) -> Written:
        payload = self.right.write(invoice).payload  # type: ignore[arg-type]
        return Written(payload.replace(b"619,76", b"619,77"), ())

    def read(self, payload: bytes) -> figures.Figures:
        return self.right.read(payload)


def test_a_wrong_file_never_leaves_the_house() -> None:
    delivery = MemoryDelivery()
    target = EinvoiceTarget(OneCentOff(FinvoiceForm()), a_seller(), delivery)
    refused = target.prepare(an_einvoice(*service_rows()), MemoryStore())
    assert isinstance(refused, Rejected)
    assert refused.code == figures.CODE
    assert "619,77" in refused.detail
    assert delivery.taken == {}


@both
def test_random_documents_are_prepared_and_their_totals_told_back(form: Format) -> None:
    rng, delivery = random.Random(77), MemoryDelivery()
    target, store = a_target(form, delivery), MemoryStore()
    for _ in range(60):
        document = random_einvoice(rng)
        prepared = target.prepare(document, store)
        assert isinstance(prepared, Prepared), prepared
        accepted = target.send(prepared)
        assert isinstance(accepted, Accepted)
        assert (accepted.net, accepted.vat, accepted.gross) == (document.net, document.vat, document.gross)
        assert accepted.target_number == str(store.numbers[document.key].number)
    assert sorted(each.number for each in store.numbers.values()) == list(range(10023, 10083))
    assert len(delivery.taken) == 60


# --- sending ---


@pytest.mark.parametrize("answer", [NotSent("no"), Unclear("who knows"), Rejected("x.y", "No.")])
def test_what_the_delivery_says_is_the_outcome(answer: Rejected | NotSent | Unclear) -> None:
    target = a_target(FinvoiceForm(), MemoryDelivery(answer))
    prepared = target.prepare(an_einvoice(), MemoryStore())
    assert isinstance(prepared, Prepared)
    assert target.send(prepared) == answer


def test_bytes_that_are_no_file_of_ours_are_not_delivered() -> None:
    delivery = MemoryDelivery()
    outcome = a_target(FinvoiceForm(), delivery).send(Prepared(b"<Finvoice/>", "URK-1"))
    assert isinstance(outcome, Rejected)
    assert delivery.taken == {}


# --- the labour of private persons ---


def test_the_labour_share_is_rounded_once_for_each_rate() -> None:
    """377.00 net at 25.5 % is 473.135, so 473.14 (sheet §9)."""
    document = an_einvoice(*service_rows(), payer=PRIVATE)
    assert texts.labour_shares(document) == [(Decimal("25.5"), Decimal("473.14"))]
    assert document.labour_gross == Decimal("473.14")
    assert document.labour_net == Decimal("377.00")


def test_only_private_persons_are_told_a_labour_share() -> None:
    document = an_einvoice(*service_rows())
    assert (texts.labour_shares(document), texts.labour_statement(document)) == ([], "")
    assert (document.labour_net, document.labour_gross) == (None, None)


def test_an_invoice_of_labour_alone_shows_its_own_total() -> None:
    rng = random.Random(3)
    for _ in range(50):
        rows = [
            a_row(row_id=str(n), position=n, product_id=str(n), unit_price=str(Decimal(rng.randint(1, 999999)) / 10000))
            for n in range(1, 6)
        ]
        document = an_einvoice(*rows, payer=PRIVATE)
        assert sum(amount for _, amount in texts.labour_shares(document)) == document.gross
