"""What only Netvisor has: matched credits, changed registers, every element that a document can fill."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from deploy.sandbox import SandboxConfig, create_sandbox
from deploy.sandbox.faults import Fault
from deploy.sandbox.netvisor.reader import Node
from services.billing.domain.document import (
    Address,
    Attachment,
    Delivery,
    Document,
    OriginalDocument,
    Period,
)
from services.billing.domain.outcomes import Accepted, FollowedUp, NotSent, Rejected, Unclear
from services.billing.domain.target import FollowsUp, Prepared, TargetIds
from shared.testing.serving import serving
from tests.contract.accounting import baskets
from tests.contract.accounting.bench import MemoryLinks
from tests.contract.accounting.cases import prepared_of
from tests.contract.accounting.sandboxes import NetvisorBench

MATCH = "POST matchcreditnote.nv"


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Any, str]]:
    """A simulator for all tests; each has a company of its own."""
    app = create_sandbox(SandboxConfig(seed_demo=False))
    with serving(app) as url:
        yield app, url


class Netvisor:
    """A company, connections to it, and its registers from the inside."""

    def __init__(self, served: tuple[Any, str]) -> None:
        self.bench = NetvisorBench(*served)
        self.links = MemoryLinks()
        self._simulator = served[0].extensions["sandbox"]["netvisor"]
        self.company = self._simulator.company(self.bench._id)

    def connect(self, **settings: Any) -> Any:
        """A connection with these settings besides the necessary ones."""
        given = self.bench.kind.settings().load({**self.bench.settings, **settings})
        return self.bench.kind.build({**given, "connect_timeout_s": 5.0, "read_timeout_s": 5.0}, self.bench.secrets)

    def deliver(self, document: Document, **settings: Any) -> Accepted:
        """Prepare and send; AssertionError unless it is accepted."""
        target = self.connect(**settings)
        outcome = target.send(prepared_of(target, document, self.links))
        assert isinstance(outcome, Accepted), outcome
        return outcome

    def follow_up(self, document: Document, target_id: str, **settings: Any) -> FollowedUp:
        """As the dispatcher calls it."""
        target = self.connect(**settings)
        assert isinstance(target, FollowsUp)
        return target.follow_up(document, TargetIds(target_id), self.links)

    def spoil(self, kind: str, resource: str) -> None:
        """The next POST of a resource meets a fault."""
        self.company.faults.add(Fault(kind, resource=resource, methods=("POST",)))

    @property
    def calls(self) -> dict[str, int]:
        """Calls that were answered, by method and resource."""
        return dict(self.company.calls)

    @property
    def open_sums(self) -> list[Decimal]:
        """What is open of each invoice, in their order."""
        return [invoice.open_sum for invoice in self.company.invoices.values()]

    def customer(self, name: str, section: str = "customerbaseinformation") -> str:
        """An element of the only customer."""
        (record,) = self.company.customers.values()
        return str(record.text(section, name))


@pytest.fixture
def netvisor(served: tuple[Any, str]) -> Netvisor:
    """A fresh company."""
    return Netvisor(served)


def credited(netvisor: Netvisor) -> tuple[Document, Accepted]:
    """An invoice, and a credit of half of it, both accepted; returns the credit."""
    original = baskets.a_document()
    invoice = netvisor.deliver(original)
    known = OriginalDocument(
        original.id, original.key, original.document_date, invoice.target_id, invoice.target_number
    )
    credit = baskets.a_credit(known)
    return credit, netvisor.deliver(credit)


# --- credits ---


def test_a_credit_is_matched_to_its_original_and_only_once(netvisor: Netvisor) -> None:
    credit, accepted = credited(netvisor)
    assert netvisor.open_sums == [Decimal("169.43"), Decimal("-84.71")]
    assert netvisor.follow_up(credit, accepted.target_id) == FollowedUp(("match_credit",))
    assert netvisor.open_sums == [Decimal("84.72"), Decimal(0)]
    netvisor.links = MemoryLinks()
    assert netvisor.follow_up(credit, accepted.target_id) == FollowedUp(("match_credit",))
    assert (netvisor.calls[MATCH], netvisor.open_sums) == (1, [Decimal("84.72"), Decimal(0)])


def test_invoices_drafts_and_orders_have_nothing_to_match(netvisor: Netvisor) -> None:
    assert netvisor.connect().follow_ups(baskets.a_document()) == ()
    for kind in ("order", "invoicedraft"):
        assert netvisor.connect(invoice_type=kind).follow_ups(baskets.a_credit()) == ()
        assert netvisor.follow_up(baskets.a_credit(), "1", invoice_type=kind) == FollowedUp()


@pytest.mark.parametrize("fault", ["reset_after_save", "garbage", "error_500_after_save", "truncated"])
def test_a_match_whose_answer_was_lost_is_not_repeated(netvisor: Netvisor, fault: str) -> None:
    credit, accepted = credited(netvisor)
    netvisor.spoil(fault, "matchcreditnote.nv")
    lost = netvisor.follow_up(credit, accepted.target_id)
    assert isinstance(lost.problem, Unclear)
    assert netvisor.follow_up(credit, accepted.target_id) == FollowedUp(("match_credit",))
    assert (netvisor.calls[MATCH], netvisor.open_sums[1]) == (1, 0)


@pytest.mark.parametrize("fault", ["reset_before_save", "unavailable_503", "maintenance", "rate_429"])
def test_a_match_that_was_not_made_is_made_the_next_time(netvisor: Netvisor, fault: str) -> None:
    credit, accepted = credited(netvisor)
    netvisor.spoil(fault, "matchcreditnote.nv")
    problem = netvisor.follow_up(credit, accepted.target_id).problem
    assert isinstance(problem, Unclear | NotSent)
    assert netvisor.follow_up(credit, accepted.target_id).problem is None
    assert netvisor.open_sums == [Decimal("84.72"), Decimal(0)]


@pytest.mark.parametrize("seed", range(15))
def test_any_series_of_faults_and_deaths_matches_once(netvisor: Netvisor, seed: int) -> None:
    dice = random.Random(seed)
    credit, accepted = credited(netvisor)
    kinds = ("reset_after_save", "garbage", "truncated", "reset_before_save", "unavailable_503", "maintenance")
    resources = ("matchcreditnote.nv", "getsalesinvoice.nv", "salesinvoicelist.nv")
    for _ in range(dice.randint(1, 6)):
        fault = Fault(dice.choice(kinds), resource=dice.choice(resources), methods=("GET", "POST"))
        netvisor.company.faults.add(fault)
    for _ in range(12):
        told = netvisor.follow_up(credit, accepted.target_id)
        assert not isinstance(told.problem, Rejected)
        if dice.random() < 0.4:
            netvisor.links = MemoryLinks()  # the process died before it remembered
        elif told.problem is None:
            break
    assert told == FollowedUp(("match_credit",))
    assert (netvisor.calls[MATCH], netvisor.open_sums) == (1, [Decimal("84.72"), Decimal(0)])


def test_a_refused_match_says_which_invoice_and_why(netvisor: Netvisor) -> None:
    credit, accepted = credited(netvisor)
    original = netvisor.company.invoices[int(credit.reverses.target_id)]  # type: ignore[union-attr]
    original.settled = original.amount  # paid meanwhile
    problem = netvisor.follow_up(credit, accepted.target_id).problem
    assert isinstance(problem, Rejected)
    assert problem.code == "netvisor.credit_not_matched"
    assert original.number in problem.detail
    assert "nothing left" in problem.detail


def test_an_original_that_a_person_named_otherwise_is_not_matched_by_chance(netvisor: Netvisor) -> None:
    credit, accepted = credited(netvisor)
    named = replace(credit, reverses=replace(credit.reverses, target_id="lasku 7"))  # type: ignore[type-var]
    problem = netvisor.follow_up(named, accepted.target_id).problem
    assert isinstance(problem, Rejected)
    assert MATCH not in netvisor.calls


def test_wrong_keys_stay_wrong_keys(netvisor: Netvisor) -> None:
    credit, accepted = credited(netvisor)
    netvisor.spoil("expired_token", "matchcreditnote.nv")
    problem = netvisor.follow_up(credit, accepted.target_id).problem
    assert isinstance(problem, Rejected)
    assert problem.code == "netvisor.authentication_failed"


# --- registers ---


def with_payer(document: Document, **changes: Any) -> Document:
    """The document for a payer who changed."""
    return replace(document, payer=replace(document.payer, **changes))


def test_a_customer_that_changed_here_is_changed_there_and_nothing_else(netvisor: Netvisor) -> None:
    netvisor.deliver(baskets.a_document())
    (record,) = netvisor.company.customers.values()
    for name, text in (("phonenumber", "040 1234567"), ("nameextension", "c/o")):
        record.sections["customerbaseinformation"][name] = Node(name, text)
    before = netvisor.calls
    moved = {"address": Address("Uusikatu 1", "00100", "HELSINKI", "FI"), "einvoice_address": "003799999999"}
    for _ in range(2):
        netvisor.deliver(with_payer(baskets.a_document(), **moved))
    assert netvisor.calls["POST customer.nv"] == before["POST customer.nv"] + 1
    assert (netvisor.customer("streetaddress"), netvisor.customer("city")) == ("Uusikatu 1", "HELSINKI")
    assert netvisor.customer("finvoiceaddress", "customerfinvoicedetails") == "003799999999"
    assert (netvisor.customer("phonenumber"), netvisor.customer("nameextension")) == ("040 1234567", "c/o")
    assert netvisor.customer("internalidentifier") == "01042"


def test_what_was_emptied_here_stays_there(netvisor: Netvisor) -> None:
    netvisor.deliver(baskets.a_document())
    netvisor.deliver(with_payer(baskets.a_document(), email=None, einvoice_address=None))
    assert netvisor.customer("email") == "laskut@example.fi"
    assert netvisor.customer("finvoiceaddress", "customerfinvoicedetails") == "003790001591"


def test_a_customer_that_was_there_before_is_left_alone_until_ours_changes(netvisor: Netvisor) -> None:
    netvisor.deliver(baskets.a_document())
    netvisor.links = MemoryLinks()
    renamed = with_payer(baskets.a_document(), name="Mallirakennus Group Oy")
    before = netvisor.calls["POST customer.nv"]
    netvisor.deliver(renamed)
    assert (netvisor.calls["POST customer.nv"], netvisor.customer("name")) == (before, "Mallirakennus Oy")
    netvisor.deliver(with_payer(renamed, name="Mallirakennus Oyj"))
    assert netvisor.customer("name") == "Mallirakennus Oyj"


def test_changes_are_not_told_if_the_firm_does_not_want_it(netvisor: Netvisor) -> None:
    netvisor.deliver(baskets.a_document())
    netvisor.deliver(with_payer(baskets.a_document(), name="Toinen nimi"), update_customers=False)
    assert netvisor.customer("name") == "Mallirakennus Oy"


@pytest.mark.parametrize("fault", ["reset_after_save", "maintenance", "reset_before_save"])
def test_a_change_whose_answer_is_missing_is_told_again_before_the_invoice(netvisor: Netvisor, fault: str) -> None:
    netvisor.deliver(baskets.a_document())
    netvisor.spoil(fault, "customer.nv")
    document = with_payer(baskets.a_document(), name="Uusi nimi Oy")
    assert isinstance(netvisor.connect().prepare(document, netvisor.links), NotSent)
    netvisor.deliver(document)
    assert netvisor.customer("name") == "Uusi nimi Oy"


@pytest.mark.parametrize("business_id", ["9000012-6", "FI90000126"])
def test_another_business_under_our_number_gets_no_invoice(netvisor: Netvisor, business_id: str) -> None:
    netvisor.deliver(baskets.a_document())
    document = with_payer(baskets.a_document(), business_id=business_id, name="Toinen Oy")
    for links in (netvisor.links, MemoryLinks()):  # one that knows the customer, one that has to look
        outcome = netvisor.connect().prepare(document, links)
        assert isinstance(outcome, Rejected)
        assert (outcome.code, outcome.pointer) == ("netvisor.customer_mismatch", "/payer/number")
        assert "9000159-1" in outcome.detail
    assert netvisor.customer("name") == "Mallirakennus Oy"


def test_a_private_person_does_not_get_a_businesss_number(netvisor: Netvisor) -> None:
    netvisor.deliver(baskets.a_document())
    person = with_payer(baskets.a_document(), business_id=None, kind="private", name="Maija Meikäläinen")
    outcome = netvisor.connect().prepare(person, MemoryLinks())
    assert isinstance(outcome, Rejected)
    assert outcome.code == "netvisor.customer_mismatch"


def test_a_customer_whose_business_id_we_do_not_know_is_taken_by_number(netvisor: Netvisor) -> None:
    netvisor.deliver(baskets.a_document())
    unknown = with_payer(baskets.a_document(), business_id=None)
    assert isinstance(netvisor.connect().prepare(unknown, MemoryLinks()), Prepared)


def test_a_product_has_the_code_that_it_has_there(netvisor: Netvisor) -> None:
    netvisor.deliver(a_document_with(target_codes={"netvisor": "4711", "procountor": "x"}))
    assert list(netvisor.company.product_codes) == ["4711"]
    assert netvisor.links.get("product", "4711") is not None


def test_unit_and_account_of_a_product_follow_ours_while_its_name_and_price_stay(netvisor: Netvisor) -> None:
    netvisor.deliver(a_document_with(product_code="P"))
    changed = a_document_with(product_code="P", unit="kpl", text="Toinen teksti", unit_price=Decimal("99.00"))
    netvisor.deliver(changed, sales_accounts={"labour": "3020"})
    (record,) = netvisor.company.products.values()
    base = [record.text("productbaseinformation", name) for name in ("unit", "name", "unitprice")]
    assert base == ["kpl", baskets.TEXTS[0], "45,00"]
    assert record.text("productbookkeepingdetails", "defaultdomesticaccountnumber") == "3020"
    reverse = replace(changed.lines[0], vat_category="AE", vat_rate_percent=Decimal(0), vat_share=Decimal("0.00"))
    before = netvisor.calls["POST product.nv"]
    netvisor.connect().prepare(replace(changed, lines=(reverse,)), netvisor.links)
    assert netvisor.calls["POST product.nv"] == before


def a_document_with(**changes: Any) -> Document:
    """A document whose line has these fields."""
    document = baskets.a_document()
    return replace(document, lines=(replace(document.lines[0], **changes),))


# --- elements ---

PDF = Attachment("raportti.pdf", "application/pdf", b"%PDF-1.4\n%%EOF\n", "0" * 64)


def test_everything_that_a_document_knows_arrives(netvisor: Netvisor) -> None:
    line = {"site_name": "Kerrostalo B", "performed_to": date(2026, 11, 3), "dimensions": {"work_number": "T-9"}}
    document = replace(
        a_document_with(**line),
        delivery=Delivery("Kerrostalo B", Address("Kohdetie 2", "00200", "HELSINKI", "FI")),
        period=Period(date(2026, 11, 1), date(2026, 11, 3)),
        references={"order_number": "PO-77", "contract": "S-1", "cost_centre": "04711"},
        attachments=(PDF,),
        text_before="Kiitos tilauksesta",
    )
    netvisor.deliver(
        document,
        dimensions={"work_number": "Projekti", "site": "Kohde"},
        sales_accounts={"labour": "3010"},
        tax_handling="countrygroup",
    )
    (invoice,) = netvisor.company.invoices.values()
    head = invoice.document
    told = {
        "salesinvoicedeliverydate": "2026-11-03",
        "salesinvoiceourreference": "1001",
        "salesinvoiceyourreference": "PO-77",
        "salesinvoiceprivatecomment": document.key,
        "deliveryaddressname": "Kerrostalo B",
        "deliveryaddressline": "Kohdetie 2",
        "deliveryaddresspostnumber": "00200",
        "deliveryaddresstown": "HELSINKI",
        "deliveryaddresscountrycode": "FI",
        "salesinvoicetaxhandlingtype": "countrygroup",
        "paymenttermnetdays": "14",
        "salesinvoiceagreementidentifier": "S-1",
        "ordernumber": "PO-77",
        "accountdimensiontext": "04711",
    }
    assert {name: head.value(name) for name in told} == told
    before = head.value("salesinvoicefreetextbeforelines")
    assert before.startswith("Kiitos tilauksesta")
    assert "1.11.2026–3.11.2026" in before
    (row,) = invoice.lines
    assert row.dimensions == [("Projekti", "T-9"), ("Kohde", "Kerrostalo B")]
    assert row.account == "3010"
    (file,) = head.first("salesinvoiceattachments").every("salesinvoiceattachment")
    assert (file.value("filename"), file.value("mimetype"), file.value("printbydefault")) == (
        "raportti.pdf",
        "application/pdf",
        "1",
    )
    assert base64.b64decode(file.value("documentdata")) == PDF.content


def test_an_unknown_dimension_is_refused_if_the_firm_wants_only_existing_ones(netvisor: Netvisor) -> None:
    document = a_document_with(dimensions={"cost_centre": "9999"})
    settings = {"dimensions": {"cost_centre": "Kustannuspaikka"}, "only_existing_dimensions": True}
    target = netvisor.connect(**settings)
    outcome = target.send(prepared_of(target, document, netvisor.links))
    assert isinstance(outcome, Rejected)
    assert netvisor.company.invoices == {}


def test_the_older_signature_carries_a_whole_document(netvisor: Netvisor) -> None:
    document = baskets.a_document()
    accepted = netvisor.deliver(document, algorithm="SHA256")
    assert netvisor.connect(algorithm="SHA256").find(document.key, document).target_id == accepted.target_id


@pytest.mark.parametrize(
    "setting", [{"vat_codes": {"S": "KOMX"}}, {"dimensions": {"orderer": "X"}}, {"sales_accounts": {"labour": "30 10"}}]
)
def test_settings_that_netvisor_would_refuse_are_refused_at_once(netvisor: Netvisor, setting: dict[str, Any]) -> None:
    assert netvisor.bench.kind.settings().validate({**netvisor.bench.settings, **setting})
