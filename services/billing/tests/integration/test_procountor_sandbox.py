"""What Procountor offers besides taking an invoice, against the simulator: steps afterwards, VAT in use, registers."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import requests

from services.billing.adapters.procountor.exact_json import encode
from services.billing.domain.document import Address, Attachment, Delivery, Document, OriginalDocument, Period
from services.billing.domain.outcomes import Accepted, FollowedUp, NotSent, Rejected, Unclear
from services.billing.domain.target import Prepared, TargetIds
from services.billing.tests.integration import test_adapters_sandbox as adapters
from services.billing.tests.integration.test_adapters_sandbox import Company, new_company
from services.billing.tests.targets import MemoryLinks, a_document, a_line, a_payer

sandbox = adapters.sandbox
COST_CENTRE = {"cost_centre": {"dimension": "Kustannuspaikka", "items": {"4711": "100"}}}
STEPS = {
    "attach": ("attachments", "POST"),
    "approve": ("invoices/*/approve", "PUT"),
    "send": ("invoices/*/send", "PUT"),
    "dimensions": ("ledgerreceipts/*", "PUT"),
}


def a_file(name: str = "kuitti.pdf", content: bytes = b"%PDF-1.7 \x00\xff") -> Attachment:
    return Attachment(name, "application/pdf", content, hashlib.sha256(content).hexdigest())


@dataclass
class Desk:
    """A company, a connection to it and what is known of its identifiers."""

    company: Company
    target: Any
    links: MemoryLinks = field(default_factory=MemoryLinks)

    def deliver(self, document: Document) -> TargetIds:
        prepared = self.target.prepare(document, self.links)
        assert isinstance(prepared, Prepared), prepared
        outcome = self.target.send(prepared)
        assert isinstance(outcome, Accepted), outcome
        return TargetIds(outcome.target_id, outcome.target_number)

    def finish(self, document: Document, ids: TargetIds) -> FollowedUp:
        told = self.target.follow_up(document, ids, self.links)
        assert isinstance(told, FollowedUp)
        return told

    def read(self, path: str) -> Any:
        return self.target._client.get(path, {})

    def invoice(self) -> Any:
        (booked,) = self.company.books()["invoices"]
        return self.read(f"invoices/{booked['id']}")

    def calls(self, name: str) -> int:
        return int(self.company.books()["calls"].get(name, 0))

    def dimensions(self) -> list[list[str]]:
        (booked,) = self.company.books()["invoices"]
        return [line["dimensions"] for line in booked["lines"]]


@pytest.fixture
def company(sandbox: str) -> Company:
    return new_company(sandbox, "procountor")


def desk(company: Company, **settings: object) -> Desk:
    return Desk(company, company.connect(**settings))


# --- after the acceptance ---


def test_without_a_setting_the_invoice_stays_unfinished(company: Company) -> None:
    it, document = desk(company), a_document()
    ids = it.deliver(document)
    assert it.target.follow_ups(document) == ()
    assert it.finish(document, ids) == FollowedUp()
    assert it.invoice()["status"] == "UNFINISHED"


@pytest.mark.parametrize(
    ("settings", "steps", "status"),
    [
        ({"approve": True}, ("approve",), "NOT_SENT"),
        ({"send": True}, ("approve", "send"), "SENT"),
    ],
)
def test_it_is_approved_and_sent_by_setting_and_once(
    company: Company, settings: dict[str, object], steps: tuple[str, ...], status: str
) -> None:
    it, document = desk(company, **settings), a_document()
    ids = it.deliver(document)
    assert it.target.follow_ups(document) == steps
    assert it.finish(document, ids) == FollowedUp(steps)
    it.links = MemoryLinks()  # as after a crash before it was remembered
    assert it.finish(document, ids) == FollowedUp(steps)
    assert it.invoice()["status"] == status
    assert [it.calls(f"PUT invoices/*/{step}") for step in steps] == [1] * len(steps)


@pytest.mark.parametrize("kind", ["timeout_after_save", "reset_after_save", "error_500_after_save", "garbage"])
@pytest.mark.parametrize("step", STEPS)
def test_a_step_whose_answer_is_lost_is_looked_at_and_not_done_twice(company: Company, step: str, kind: str) -> None:
    it = desk(company, send=True, dimensions=COST_CENTRE, read_timeout_s=1.5)
    document = a_document(attachments=(a_file(),))
    ids = it.deliver(document)
    resource, method = STEPS[step]
    company.spoil(kind, resource, methods=[method])
    lost = it.finish(document, ids)
    assert isinstance(lost.problem, Unclear), lost
    assert lost.done == tuple(STEPS)[: list(STEPS).index(step)]
    assert it.finish(document, ids) == FollowedUp(tuple(STEPS))
    assert it.calls(f"{method} {resource}") == 1
    assert it.invoice()["status"] == "SENT"
    assert [each["name"] for each in it.invoice()["attachments"]] == ["kuitti.pdf"]
    assert it.dimensions() == [["Kustannuspaikka/100"]]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("rate_429", NotSent),
        ("unavailable_503", Unclear),
        ("validation_error", Rejected),
        ("reset_before_save", Unclear),
    ],
)
def test_a_step_that_fails_leaves_the_later_ones_and_is_done_the_next_time(
    company: Company, step: str, kind: str, problem: type
) -> None:
    it = desk(company, send=True, dimensions=COST_CENTRE)
    document = a_document(attachments=(a_file(),))
    ids = it.deliver(document)
    resource, method = STEPS[step]
    company.spoil(kind, resource, methods=[method], retry_after_s=7)
    failed = it.finish(document, ids)
    assert isinstance(failed.problem, problem)
    if isinstance(failed.problem, NotSent):
        assert failed.problem.retry_after_s == 7
    assert len(company.books()["invoices"]) == 1
    assert it.finish(document, ids) == FollowedUp(tuple(STEPS))


def test_an_expired_token_is_renewed_in_the_middle_of_the_steps(company: Company) -> None:
    it, document = desk(company, send=True), a_document()
    ids = it.deliver(document)
    company.spoil("expired_token", "invoices/*/send", methods=["PUT"])
    assert it.finish(document, ids) == FollowedUp(("approve", "send"))


@pytest.mark.parametrize("named", ["5", "x", "²", ""])
def test_an_invoice_of_somebody_else_is_left_alone(company: Company, named: str) -> None:
    it, document = desk(company, send=True), a_document()
    it.deliver(document)
    other = replace(document, key="URK-another")
    (booked,) = company.books()["invoices"]
    for target_id in (named, str(booked["id"])):
        problem = it.finish(other, TargetIds(target_id)).problem
        assert isinstance(problem, Rejected)
        assert problem.code in ("procountor.another_invoice", "procountor.http_404")
    assert it.invoice()["status"] == "UNFINISHED"


def test_an_invalidated_invoice_is_said_to_be_gone(company: Company) -> None:
    it, document = desk(company, approve=True), a_document()
    ids = it.deliver(document)
    it.target._client.put(f"invoices/{ids.target_id}/invalidate")
    problem = it.finish(document, ids).problem
    assert isinstance(problem, Rejected)
    assert problem.code == "procountor.invoice_gone"


def test_an_invoice_that_was_set_back_is_not_sent(company: Company) -> None:
    it, document = desk(company, send=True), a_document()
    ids = it.deliver(document)
    company.spoil("unavailable_503", "invoices/*/send", methods=["PUT"])
    it.finish(document, ids)
    it.target._client.put(f"invoices/{ids.target_id}/unfinished")
    problem = it.finish(document, ids).problem
    assert isinstance(problem, Rejected)
    assert problem.code == "procountor.not_approved"
    it.target._client.put(f"invoices/{ids.target_id}/approve")
    assert it.finish(document, ids) == FollowedUp(("approve", "send"))


def test_an_invoice_with_another_total_waits_for_a_person_who_may_approve_and_send_it(company: Company) -> None:
    company.configure(rounding="row")
    it = desk(company, send=True)
    line = a_line(quantity=Decimal("1.000"), unit_price=Decimal("0.1000"), net=Decimal("0.10"))
    shares = [replace(line, product_code=code, vat_share=Decimal(vat)) for code, vat in (("A", "0.03"), ("B", "0.02"))]
    document = a_document(shares)
    ids = it.deliver(document)
    for step in ("approve", "send"):
        problem = it.finish(document, ids).problem
        assert isinstance(problem, Rejected)
        assert problem.code == "procountor.totals_differ"
        assert "0.26" in problem.detail
        assert "0.25" in problem.detail
        assert it.calls(f"PUT invoices/*/{step}") == 0
        it.target._client.put(f"invoices/{ids.target_id}/{step}")
    assert it.finish(document, ids) == FollowedUp(("approve", "send"))


# --- attachments ---


def test_attachments_go_up_in_order_each_once_also_under_one_name(company: Company) -> None:
    it = desk(company, attach_to_invoice=False)
    files = (a_file(), a_file(content=b"another"), a_file("työ → kuva.png"))
    document = a_document(attachments=files)
    ids = it.deliver(document)
    company.spoil("reset_after_save", "attachments", methods=["POST"])
    assert isinstance(it.finish(document, ids).problem, Unclear)
    assert it.finish(document, ids) == FollowedUp(("attach",))
    shown = it.invoice()["attachments"]
    assert [each["name"] for each in shown] == ["kuitti.pdf", "kuitti.pdf", "työ -> kuva.png"]
    assert not any(each["sendWithInvoice"] for each in shown)


def test_an_attachment_over_the_limit_is_refused_before_the_invoice(company: Company) -> None:
    it, document = desk(company), a_document(attachments=(a_file(content=bytes(10_000_001)),))
    outcome = it.target.prepare(document, it.links)
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.pointer) == ("procountor.attachment_too_large", "/attachments/0")


# --- dimensions ---


def test_every_line_has_its_own_dimension_and_zero_lines_none(company: Company) -> None:
    it = desk(company, dimensions=COST_CENTRE)
    lines = [
        a_line(dimensions={"cost_centre": "200"}),
        a_line(dimensions={}, product_code="B"),
        a_line(quantity=Decimal(0), net=Decimal("0.00"), vat_share=Decimal("0.00"), product_code="C"),
    ]
    document = a_document(lines)
    it.finish(document, it.deliver(document))
    assert it.dimensions() == [["Kustannuspaikka/200"], ["Kustannuspaikka/100"], []]


def test_dimensions_of_others_stay(company: Company) -> None:
    it, document = desk(company, dimensions=COST_CENTRE), a_document()
    ids = it.deliver(document)
    client = it.target._client
    project = client.post("dimensions", b'{"name": "Projekti"}')["id"]
    item = client.post(f"dimensions/{project}/items", b'{"codeName": "P1"}')["id"]
    receipt = it.read(f"ledgerreceipts/{it.invoice()['ledgerReceiptId']}")
    value = receipt["transactions"][1]["accountingValue"]
    receipt["transactions"][1]["dimensionItemValues"] = [{"dimensionId": project, "itemId": item, "value": value}]
    client.put(f"ledgerreceipts/{receipt['id']}", encode(receipt))
    it.finish(document, ids)
    assert it.dimensions() == [["Projekti/P1", "Kustannuspaikka/100"]]


@pytest.mark.parametrize(
    ("rule", "code", "pointer"),
    [
        ({"dimension": "Ei ole"}, "procountor.dimension_missing", None),
        ({"dimension": "Kustannuspaikka"}, "procountor.dimension_item_missing", "/references/cost_centre"),
    ],
)
def test_what_the_ledger_does_not_have_waits_for_a_person(
    company: Company, rule: dict[str, Any], code: str, pointer: str | None
) -> None:
    it, document = desk(company, dimensions={"cost_centre": {"items": {}, **rule}}), a_document()
    ids = it.deliver(document)
    problem = it.finish(document, ids).problem
    assert isinstance(problem, Rejected)
    assert (problem.code, problem.pointer) == (code, pointer)
    dimension = it.read("dimensions")[0]["id"]
    it.target._client.post(f"dimensions/{dimension}/items", b'{"codeName": "4711"}')
    if pointer is not None:
        assert it.finish(document, ids) == FollowedUp(("dimensions",))


def test_a_missing_item_is_made_once_if_that_is_wanted(company: Company) -> None:
    rule = {"cost_centre": {"dimension": "301", "items": {}}}
    it = desk(company, dimensions=rule, create_dimension_items=True)
    document, other = a_document(), a_document()
    for each in (document, other):
        assert it.finish(each, it.deliver(each)) == FollowedUp(("dimensions",))
    codes = [item["codeName"] for item in it.read("dimensions")[0]["items"]]
    assert codes == ["100", "200", "300", "4711"]


def test_without_accounting_by_row_one_dimension_for_all_is_written(company: Company) -> None:
    it = desk(company, dimensions=COST_CENTRE, accounting_by_row=False)
    document = a_document([a_line(), a_line(product_code="B")])
    it.finish(document, it.deliver(document))
    receipt = it.read(f"ledgerreceipts/{it.invoice()['ledgerReceiptId']}")
    assert [len(each["dimensionItemValues"]) for each in receipt["transactions"]] == [0, 1]


def test_without_accounting_by_row_different_dimensions_are_refused(company: Company) -> None:
    it = desk(company, dimensions=COST_CENTRE, accounting_by_row=False)
    document = a_document([a_line(), a_line(product_code="B", dimensions={"cost_centre": "200"})])
    problem = it.finish(document, it.deliver(document)).problem
    assert isinstance(problem, Rejected)
    assert problem.code == "procountor.receipt_rows"


# --- VAT ---


def test_a_percentage_that_the_company_does_not_use_is_refused_until_it_does(company: Company) -> None:
    it, document = desk(company), a_document()
    company.configure(vat_percentages=["0", "14"])
    outcome = it.target.prepare(document, it.links)
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.pointer) == ("procountor.vat_percent_not_offered", "/lines/0/vat_rate_percent")
    assert "0, 14" in outcome.detail
    assert outcome.code in {each.code for each in it.target.preflight(document)}
    assert company.books()["customers"] == 0
    company.configure(vat_percentages=["0", "25.5"])
    it.deliver(document)


def test_a_status_that_the_company_does_not_use_is_refused(company: Company) -> None:
    it = desk(company, vat_statuses={"S": 77})
    outcome = it.target.prepare(a_document(), it.links)
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.pointer) == ("procountor.vat_status_not_offered", "/lines/0/vat_category")


def test_what_the_company_uses_is_read_once_for_all_connections_of_the_process(company: Company) -> None:
    first, second = desk(company), desk(company)
    for it in (first, second, first):
        it.deliver(a_document())
    assert first.calls("GET vats/default") == 1


def test_a_list_that_may_not_be_read_is_not_compared(company: Company) -> None:
    it = desk(company)
    company.spoil("validation_error", "vats/default", methods=["GET"], times=9)
    it.deliver(a_document())
    assert len(company.books()["invoices"]) == 1


def test_a_list_that_cannot_be_read_now_is_waited_for(company: Company) -> None:
    it = desk(company)
    company.spoil("unavailable_503", "vats/default", methods=["GET"])
    assert isinstance(it.target.prepare(a_document(), it.links), NotSent)
    it.deliver(a_document())


# --- registers ---


def test_a_customer_number_of_another_business_is_refused_with_its_owner(company: Company) -> None:
    it = desk(company)
    it.deliver(a_document())
    it.links = MemoryLinks()
    outcome = it.target.prepare(a_document(payer=a_payer(business_id="1234567-1")), it.links)
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.pointer) == ("procountor.customer_of_another_business", "/payer/business_id")
    assert "9000011-8" in outcome.detail
    assert "1234567-1" in outcome.detail
    assert company.books()["customers"] == 1
    it.deliver(a_document(payer=a_payer(business_id="FI 90000118")))


def test_a_customer_that_changed_here_is_changed_there_and_keeps_what_others_wrote(company: Company) -> None:
    it = desk(company)
    it.deliver(a_document())
    partner_id = it.links.get("customer", "1042")
    version = it.read(f"businesspartners/{partner_id}")["version"]
    patch = {"version": version, "invoicingInfo": {"contactPerson": "Maija"}, "additionalInfo": "VIP"}
    it.target._client.patch(f"businesspartners/{partner_id}", encode(patch))
    moved = a_payer(address=Address("Uusikatu 1", "00100", "HELSINKI", "FI"), email="uusi@example.fi")
    for _ in range(2):
        it.deliver(a_document(payer=moved))
    partner = it.read(f"businesspartners/{partner_id}")
    assert (partner["address"]["street"], partner["invoicingInfo"]["email"]) == ("Uusikatu 1", "uusi@example.fi")
    assert (partner["invoicingInfo"]["contactPerson"], partner["additionalInfo"]) == ("Maija", "VIP")
    assert it.calls("PATCH businesspartners/*") == 2  # one of them by the accountant
    assert company.books()["customers"] == 1


def test_a_customer_is_left_alone_without_the_setting(company: Company) -> None:
    it = desk(company, update_registers=False)
    it.deliver(a_document())
    it.deliver(a_document(payer=a_payer(email="uusi@example.fi")))
    assert it.calls("PATCH businesspartners/*") == 0


def test_a_product_follows_its_unit_and_not_its_price_text_or_reverse_charge(company: Company) -> None:
    it = desk(company)
    payer = a_payer(vat_number="FI90000118")
    it.deliver(a_document())
    it.deliver(a_document([a_line(text="Muu teksti", unit_price=Decimal("50.0000"), net=Decimal("150.00"))]))
    zero = {"vat_category": "AE", "vat_rate_percent": Decimal(0), "vat_share": Decimal("0.00")}
    it.deliver(a_document([a_line(**zero)], payer=payer))
    assert it.calls("PUT products/*") == 0
    it.deliver(a_document([a_line(unit="kpl")]))
    assert it.calls("PUT products/*") == 1
    product = it.read(f"products/{it.links.get('product', 'HUOLTO')}")
    assert (product["unit"], product["name"], product["price"]) == ("PIECE", "Kiinteistönhoitaja, työaika", 45)


def test_a_product_has_its_own_code_there(company: Company) -> None:
    it = desk(company)
    it.deliver(a_document([a_line(target_codes={"procountor": "3001", "netvisor": "X"})]))
    (row,) = it.invoice()["invoiceRows"]
    assert row["productCode"] == "3001"
    assert it.read(f"products/{row['productId']}")["code"] == "3001"


# --- the invoice ---


def test_site_period_days_and_references_are_in_their_fields(company: Company) -> None:
    it = desk(company)
    document = a_document(
        [a_line(performed_from=date(2026, 2, 3), performed_to=date(2026, 2, 27))],
        period=Period(date(2026, 2, 1), date(2026, 2, 28)),
        delivery=Delivery("Haapapihan → talo A", Address("Haapatie 4", "02150", "ESPOO", "FI")),
        references={"order_number": "PO-77", "contract": "S-1", "cost_centre": "4711", "orderer": "Maija Mäki"},
    )
    it.deliver(document)
    invoice = it.invoice()
    assert invoice["deliveryAddress"] == {
        "name": "Haapapihan -> talo A",
        "street": "Haapatie 4",
        "zip": "02150",
        "city": "ESPOO",
        "country": "FINLAND",
    }
    assert (invoice["deliveryStartDate"], invoice["deliveryEndDate"]) == ("2026-02-01", "2026-02-28")
    (row,) = invoice["invoiceRows"]
    assert (row["startDate"], row["endDate"]) == ("2026-02-03", "2026-02-27")
    assert (invoice["agreementNumber"], invoice["accountingCode"], invoice["orderReference"]) == (
        "S-1",
        "4711",
        "PO-77",
    )
    assert invoice["counterParty"]["contactPersonName"] == "Maija Mäki"


@pytest.mark.parametrize(
    ("delivery", "shown"),
    [
        (Delivery("Talo A", None), {"name": "Talo A"}),
        (Delivery("Talo A", Address("x", "1", "y", "XX")), {"name": "Talo A"}),
        (Delivery(" ", None), None),
        (None, None),
    ],
)
def test_a_site_without_an_address_is_named_and_one_without_a_name_is_none(
    company: Company, delivery: Delivery | None, shown: dict[str, str] | None
) -> None:
    it = desk(company)
    it.deliver(a_document(delivery=delivery))
    invoice = it.invoice()
    assert invoice["deliveryAddress"] == (shown or invoice["counterParty"]["counterPartyAddress"])


def test_an_e_invoice_abroad_needs_no_operator(company: Company) -> None:
    it = desk(company)
    swede = a_payer(
        address=Address("Gatan 1", "11122", "STOCKHOLM", "SE"), einvoice_address="SE5560001234", einvoice_operator=None
    )
    it.deliver(a_document(payer=swede))
    invoice = it.invoice()
    assert invoice["invoiceChannel"] == "ELECTRONIC_INVOICE"
    assert invoice["counterParty"]["einvoiceAddress"] == {"address": "SE5560001234"}
    assert it.read(f"businesspartners/{invoice['partnerId']}")["invoicingInfo"]["einvoiceAddress"] == "SE5560001234"


def test_prices_with_vat_go_out_as_such(company: Company) -> None:
    it = desk(company)
    # 3 × 56,4750 = 169,43 with VAT, of which 34,43 is VAT
    it.deliver(a_document(prices_include_vat=True))
    invoice = it.invoice()
    assert invoice["extraInfo"]["unitPricesIncludeVat"] is True
    assert invoice["invoiceRows"][0]["unitPrice"] == Decimal("56.475")
    (info,) = invoice["invoiceSumInfo"]
    assert (info["excludingVatTotal"], info["vatSumTotal"], info["invoiceSumTotal"]) == (
        135, Decimal("34.43"), Decimal("169.43"),
    )  # fmt: skip


def a_credit() -> Document:
    original = OriginalDocument("018f", "URK-1", date(2026, 2, 2), "17", "12")
    line = a_line(quantity=Decimal("-3.000"), net=Decimal("-135.00"), vat_share=Decimal("-34.43"))
    return a_document([line], reverses=original)


def test_credits_are_refused_unless_somebody_allowed_negative_rows(company: Company) -> None:
    it = desk(company)
    outcome = it.target.prepare(a_credit(), it.links)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "procountor.credits_not_enabled"
    assert outcome.code in {each.code for each in it.target.preflight(a_credit())}
    allowed = desk(company, negative_credits=True)
    allowed.deliver(a_credit())
    assert [invoice["gross"] for invoice in company.books()["invoices"]] == ["-169.43"]


def test_a_dry_run_asks_nobody(company: Company) -> None:
    known = {("customer", "1042"): ("2001", "created"), ("customer_sent", "1042"): ("of old", "sent")}
    it = desk(company)
    it.links = MemoryLinks({**known, ("product", "HUOLTO"): ("4001", "created")})
    it.links.rehearses = True  # type: ignore[attr-defined]
    assert isinstance(it.target.prepare(a_document(), it.links), Prepared)
    assert company.books()["calls"] == {}


def test_wrong_credentials_are_not_taken_for_a_missing_right_to_read_the_vat(company: Company) -> None:
    company.credentials = {**company.credentials, "client_secret": "wrong"}
    outcome = desk(company).target.prepare(a_document(), MemoryLinks())
    assert isinstance(outcome, Rejected)
    assert outcome.code == "procountor.authentication_failed"
    company.credentials = requests.get(
        f"{company.address}/sandbox/procountor/companies/{company.id}", timeout=10
    ).json()["credentials"]
    it = desk(company)
    it.deliver(a_document())
    assert it.calls("GET vats/default") == 1
