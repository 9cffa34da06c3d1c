"""Both targets against the simulated accounting systems, as a process of its own, over HTTP on loopback.

The simulators were written from the same public descriptions, but not by looking at the adapters: what
both sides read alike is at least not a slip of one.
"""

import random
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from services.billing.adapters.registry import TARGETS
from services.billing.domain.document import Address, Document
from services.billing.domain.outcomes import Absent, Accepted, Found, NotSent, Rejected, Unclear
from services.billing.domain.target import AccountingTarget, ConnectionProblem, Prepared
from services.billing.tests.targets import MemoryLinks, a_document, a_line, a_payer, random_document

ROOT = Path(__file__).parents[4]
SHORT_TIMEOUTS = {"connect_timeout_s": 2, "read_timeout_s": 2}
QUICK = {"connect_timeout_s": 1.5, "read_timeout_s": 1.5}
IBAN = "FI2112345600000785"

SAVED = ("timeout_after_save", "reset_after_save", "error_500_after_save", "garbage", "truncated", "ok_without_id")
NOT_SAVED = (
    "timeout_before_save",
    "reset_before_save",
    "unavailable_503",
    "maintenance",
    "validation_error",
    "expired_token",
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    """Address of a running sandbox without companies."""
    command = [sys.executable, "-m", "deploy.sandbox", "--port", "0", "--no-seed"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()  # written when it listens; empty if it ended instead
        try:
            assert first.startswith("Netvisor:"), "the sandbox did not start"
            yield first.split()[1].removesuffix("/netvisor")
        finally:
            process.terminate()
            process.wait(timeout=10)


@dataclass
class Company:
    """A company of its own in one of the simulators."""

    which: str
    address: str
    id: str
    credentials: dict[str, str]

    def _url(self, part: str) -> str:
        return f"{self.address}/sandbox/{self.which}/companies/{self.id}/{part}"

    def books(self) -> dict[str, Any]:
        return requests.get(self._url("books"), timeout=10).json()

    def spoil(self, kind: str, resource: str, **more: object) -> None:
        fault = {"kind": kind, "resource": resource, "methods": ["POST"], "delay_s": 3.0, **more}
        requests.post(self._url("faults"), json=fault, timeout=10).raise_for_status()

    def configure(self, **settings: object) -> None:
        requests.patch(self._url("settings"), json=settings, timeout=10).raise_for_status()

    def returns_too(self) -> dict[str, bool]:
        """Settings with which the target takes returns that reverse no invoice."""
        return {"negative_credits": True} if self.which == "procountor" else {}

    def connect(self, **settings: object) -> AccountingTarget:
        kind = TARGETS[self.which]
        secrets = {name: self.credentials[name] for name in kind.secrets}
        if self.which == "netvisor":
            given: dict[str, object] = {
                "url": f"{self.address}/netvisor",
                **{name: self.credentials[name] for name in ("customer_id", "partner_id", "organisation_id")},
            }
        else:
            statuses = {"S": 1, "Z": 1, "AE": 22}
            given = {
                "url": f"{self.address}/procountor/api",
                "iban": IBAN,
                "vat_statuses": statuses,
                "requests_per_second": 60,
            }
        chosen = {name: value for name, value in settings.items() if name not in SHORT_TIMEOUTS}
        return kind.build({**kind.settings().load({**given, **chosen}), **SHORT_TIMEOUTS, **settings}, secrets)


@pytest.fixture(params=["netvisor", "procountor"])
def company(request: pytest.FixtureRequest, sandbox: str) -> Company:
    """A new company in each of the simulators in turn."""
    return new_company(sandbox, request.param)


def new_company(address: str, which: str) -> Company:
    answer = requests.post(f"{address}/sandbox/{which}/companies", json={"id": uuid.uuid4().hex}, timeout=10)
    answer.raise_for_status()
    body = answer.json()
    return Company(which, address, body["id"], body["credentials"])


INVOICE = {"netvisor": "salesinvoice.nv", "procountor": "invoices"}
CUSTOMER = {"netvisor": "customer.nv", "procountor": "businesspartners"}
PRODUCT = {"netvisor": "product.nv", "procountor": "products"}


def deliver(target: AccountingTarget, document: Document, links: MemoryLinks) -> Accepted:
    prepared = target.prepare(document, links)
    assert isinstance(prepared, Prepared), prepared
    outcome = target.send(prepared)
    assert isinstance(outcome, Accepted), outcome
    return outcome


def test_the_connection_can_be_checked(company: Company) -> None:
    company.connect().check()
    assert sum(company.books()["calls"].values()) >= 1, "the company itself was asked"


def test_wrong_keys_are_a_problem_in_words(company: Company) -> None:
    company.credentials = {**company.credentials, "customer_key": "wrong", "client_secret": "wrong"}
    with pytest.raises(ConnectionProblem, match="did not accept the credentials"):
        company.connect().check()


def test_the_books_show_our_totals_to_the_cent(company: Company) -> None:
    target, links = company.connect(), MemoryLinks()
    rng = random.Random(f"books of {company.which}")
    documents = [random_document(rng) for _ in range(15)]
    accepted = [deliver(target, document, links) for document in documents]
    invoices = {invoice["key"]: invoice for invoice in company.books()["invoices"]}
    assert len(invoices) == len(documents)
    for document, outcome in zip(documents, accepted, strict=True):
        booked = invoices[document.key]
        assert (Decimal(booked["net"]), Decimal(booked["vat"]), Decimal(booked["gross"])) == (
            document.net,
            document.vat,
            document.gross,
        )
        assert Decimal(booked["amount"]) == document.gross
        assert (outcome.net, outcome.vat, outcome.gross) == (document.net, document.vat, document.gross)
        assert outcome.target_id == str(booked["id"])
        assert outcome.target_number == str(booked["number"])
        assert booked["customer"]["code"] == document.payer.number
        assert booked["due_date"] == document.due_date.isoformat()
        assert len(booked["lines"]) == len(document.lines)


def test_three_lines_of_99_99_have_vat_from_their_sum(company: Company) -> None:
    shares = (Decimal("25.50"), Decimal("25.50"), Decimal("25.49"))
    lines = [
        a_line(
            quantity=Decimal(1),
            unit_price=Decimal("99.99"),
            net=Decimal("99.99"),
            vat_share=share,
            product_code=f"A{i}",
        )
        for i, share in enumerate(shares)
    ]
    document = a_document(lines)
    deliver(company.connect(), document, MemoryLinks())
    (booked,) = company.books()["invoices"]
    assert (booked["vat"], booked["gross"]) == ("76.49", "376.46")


def test_a_credit_goes_through_with_negative_sums(company: Company) -> None:
    document = a_document([a_line(quantity=Decimal("-3"), net=Decimal("-135.00"), vat_share=Decimal("-34.43"))])
    outcome = deliver(company.connect(**company.returns_too()), document, MemoryLinks())
    assert outcome.gross == Decimal("-169.43")


def test_reverse_charge_has_no_vat(company: Company) -> None:
    line = a_line(vat_category="AE", vat_rate_percent=Decimal(0), vat_share=Decimal("0.00"))
    document = a_document([line], payer=a_payer(vat_number="FI90000118"))
    outcome = deliver(company.connect(), document, MemoryLinks())
    (booked,) = company.books()["invoices"]
    assert (outcome.net, outcome.vat, outcome.gross) == (Decimal("135.00"), Decimal(0), Decimal("135.00"))
    assert booked["lines"][0]["vat_code"] == {"netvisor": "RAMY", "procountor": "22"}[company.which]


def test_difficult_texts_arrive(company: Company) -> None:
    text = "Sähkö – Esko’s & Åsa\u00a0Öö “osa”"
    payer = a_payer(name="Å & Ö – Esko’s Oy", address=Address("Haapatie 4 A 12 & 13", "00100", "HELSINKI", "FI"))
    deliver(company.connect(), a_document([a_line(text=text)], payer=payer, text_before="<b>&"), MemoryLinks())
    (booked,) = company.books()["invoices"]
    assert booked["lines"][0]["name"] == text
    assert booked["customer"]["name"] == payer.name


def test_customers_and_products_are_made_once_and_found_by_another_connection(company: Company) -> None:
    deliver(company.connect(), a_document([a_line(), a_line(product_code="X-1")]), MemoryLinks())
    links = MemoryLinks()
    deliver(company.connect(), a_document([a_line(product_code="x-1"), a_line()]), links)
    books = company.books()
    assert (books["customers"], books["products"]) == (1, 2)
    found = {matched_by for (kind, _), (_, matched_by) in links.links.items() if kind in ("customer", "product")}
    assert found == {"customer_number", "product_code"}


def test_numbers_that_contain_one_another_stay_apart(company: Company) -> None:
    target, links = company.connect(), MemoryLinks()
    for number, code in (("10", "AB"), ("101", "ABC"), ("1", "A")):
        document = a_document([a_line(product_code=code)], payer=a_payer(number=number, business_id=None))
        deliver(target, document, links)
    books = company.books()
    assert (books["customers"], books["products"]) == (3, 3)
    assert [invoice["customer"]["code"] for invoice in books["invoices"]] == ["10", "101", "1"]


def test_find_tells_one_document_from_another(company: Company) -> None:
    target, links = company.connect(), MemoryLinks()
    documents = [a_document() for _ in range(3)]
    accepted = [deliver(target, document, links) for document in documents]
    for document, outcome in zip(documents, accepted, strict=True):
        found = target.find(document.key, document)
        assert found == Found(outcome.target_id, outcome.target_number, document.gross)
    missing = a_document()
    assert target.find(missing.key, missing) == Absent()
    assert target.find(documents[0].key[:-1], documents[0]) == Absent()


def settle(target: AccountingTarget, document: Document, prepared: Prepared) -> Accepted | Found | Rejected:
    """What the dispatcher does, without its pauses: look before sending again."""
    for _ in range(5):
        outcome = target.send(prepared)
        if isinstance(outcome, Accepted | Rejected):
            return outcome
        if isinstance(outcome, Unclear):
            findings = [target.find(document.key, document) for _ in range(2)]
            found = [finding for finding in findings if isinstance(finding, Found)]
            if found:
                return found[0]
            assert findings == [Absent(), Absent()]
        else:
            assert isinstance(outcome, NotSent)
    raise AssertionError("it never came to an end")


@pytest.mark.parametrize("kind", [*SAVED, *NOT_SAVED, "rate_429"])
def test_one_fault_makes_at_most_one_invoice(company: Company, kind: str) -> None:
    target = company.connect(**QUICK)
    document = a_document()
    prepared = target.prepare(document, MemoryLinks())
    assert isinstance(prepared, Prepared)
    company.spoil(kind, INVOICE[company.which])
    ended = settle(target, document, prepared)
    invoices = company.books()["invoices"]
    if isinstance(ended, Rejected):
        assert kind in ("validation_error", "expired_token")
        assert invoices == []
    else:
        assert [invoice["key"] for invoice in invoices] == [document.key]
        assert str(invoices[0]["id"]) == ended.target_id


@pytest.mark.parametrize("kind", SAVED)
def test_an_invoice_that_was_saved_is_never_called_anything_but_unclear(company: Company, kind: str) -> None:
    target = company.connect(**QUICK)
    document = a_document()
    prepared = target.prepare(document, MemoryLinks())
    assert isinstance(prepared, Prepared)
    company.spoil(kind, INVOICE[company.which])
    assert isinstance(target.send(prepared), Unclear)
    assert isinstance(target.find(document.key, document), Found)


@pytest.mark.parametrize("register", ["customer", "product"])
@pytest.mark.parametrize("kind", [*SAVED, *NOT_SAVED])
def test_one_fault_makes_at_most_one_customer_and_product(company: Company, kind: str, register: str) -> None:
    resource = {"customer": CUSTOMER, "product": PRODUCT}[register][company.which]
    target, links, document = company.connect(**QUICK), MemoryLinks(), a_document()
    company.spoil(kind, resource)
    outcomes = []
    for _ in range(3):
        outcomes.append(target.prepare(document, links))
        if isinstance(outcomes[-1], Prepared):
            break
    assert isinstance(outcomes[-1], Prepared), outcomes
    books = company.books()
    assert (books["customers"], books["products"], books["invoices"]) == (1, 1, [])


def test_a_storm_of_faults_leaves_one_invoice_for_each_document(company: Company) -> None:
    target, links = company.connect(**QUICK, **company.returns_too()), MemoryLinks()
    rng = random.Random("storm")
    documents = [random_document(rng) for _ in range(12)]
    for index, kind in enumerate(("reset_after_save", "truncated", "reset_before_save", "error_500_after_save")):
        company.spoil(kind, "*", probability=0.15, seed=index)
    for document in documents:
        for _ in range(20):
            prepared = target.prepare(document, links)
            if isinstance(prepared, Prepared):
                break
        assert isinstance(prepared, Prepared)
        settle(target, document, prepared)
    booked = {invoice["key"]: Decimal(invoice["gross"]) for invoice in company.books()["invoices"]}
    assert len(company.books()["invoices"]) == len(documents)
    assert booked == {document.key: document.gross for document in documents}


def test_a_locked_period_is_rejected_with_the_date(sandbox: str) -> None:
    company = new_company(sandbox, "netvisor")
    company.configure(locked_until="2026-12-31")
    target, document = company.connect(), a_document()
    prepared = target.prepare(document, MemoryLinks())
    assert isinstance(prepared, Prepared)
    outcome = target.send(prepared)
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.pointer) == ("netvisor.period_lock", "/document_date")


@pytest.mark.parametrize(("kind", "findable"), [("order", True), ("invoicedraft", None)])
def test_orders_and_drafts(sandbox: str, kind: str, findable: bool | None) -> None:
    company = new_company(sandbox, "netvisor")
    target, document = company.connect(invoice_type=kind), a_document()
    outcome = deliver(target, document, MemoryLinks())
    (booked,) = company.books()["invoices"]
    assert (booked["kind"], booked["key"]) == (kind, document.key)
    if findable:
        found = target.find(document.key, document)
        assert isinstance(found, Found)
        assert found.target_id == outcome.target_id


def test_the_older_signature_is_accepted_too(sandbox: str) -> None:
    company = new_company(sandbox, "netvisor")
    deliver(company.connect(algorithm="SHA256"), a_document(), MemoryLinks())
    assert len(company.books()["invoices"]) == 1


def test_another_rounding_shows_in_the_totals(sandbox: str) -> None:
    company = new_company(sandbox, "procountor")
    company.configure(rounding="row")
    shares = (Decimal("25.50"), Decimal("25.50"), Decimal("25.49"))
    lines = [
        a_line(quantity=Decimal(1), unit_price=Decimal("99.99"), net=Decimal("99.99"), vat_share=share)
        for share in shares
    ]
    document = a_document(lines)
    outcome = deliver(company.connect(), document, MemoryLinks())
    assert document.gross == Decimal("376.46")
    assert outcome.gross == Decimal("376.47")


def test_a_token_that_lapses_is_renewed(sandbox: str) -> None:
    company = new_company(sandbox, "procountor")
    target, links = company.connect(), MemoryLinks()
    deliver(target, a_document(), links)
    company.spoil("expired_token", "invoices")
    deliver(target, a_document(), links)
    assert len(company.books()["invoices"]) == 2


@pytest.mark.parametrize("with_header", [True, False])
def test_the_rate_limit_is_not_sent_with_or_without_a_pause(sandbox: str, with_header: bool) -> None:
    company = new_company(sandbox, "procountor")
    target, document = company.connect(), a_document()
    prepared = target.prepare(document, MemoryLinks())
    assert isinstance(prepared, Prepared)
    company.spoil("rate_429", "invoices", retry_after_s=7 if with_header else None)
    assert target.send(prepared) == NotSent("Procountor asks for a pause", 7.0 if with_header else None)
