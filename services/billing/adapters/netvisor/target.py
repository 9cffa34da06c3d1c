"""Netvisor as an accounting target."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal

from services.billing.adapters.deadline import time_limit
from services.billing.adapters.faults import Fault, Refused, connection_problem, outcome_of_write
from services.billing.adapters.following import run_steps
from services.billing.adapters.netvisor import mapping, matching, payments, registers
from services.billing.adapters.netvisor.client import NetvisorClient, Node
from services.billing.adapters.netvisor.rules import Rules, product_code
from services.billing.adapters.netvisor.xml import read_decimal
from services.billing.adapters.register import Entry, Stop, ensure
from services.billing.domain.document import PRIVATE, Document, DocumentLine, Party
from services.billing.domain.outcomes import (
    Absent,
    Accepted,
    CannotAsk,
    Finding,
    FollowedUp,
    Found,
    NotSent,
    Rejected,
    Unclear,
)
from services.billing.domain.payments import PaymentStatus
from services.billing.domain.preflight import Problem
from services.billing.domain.target import LinkStore, Prepared, TargetIds

_MAX_PAGES = 100
_MAX_SINGLE_READS = 20
_READ_BACK_S = 5.0
_LOOK_AROUND = timedelta(days=31)
"""How far from our document date an invoice is looked for: somebody may have changed the date in Netvisor."""


class NetvisorTarget:
    """Implements `AccountingTarget` (see there for what each call promises)."""

    name = "netvisor"

    def __init__(self, client: NetvisorClient, rules: Rules, *, read_back: bool = True) -> None:
        self._client = client
        self._rules = rules
        self._read_back = read_back

    def prepare(self, document: Document, links: LinkStore) -> Prepared | Rejected | NotSent | Unclear:
        """Customer and products first, then the XML."""
        objection = mapping.objection(document, self._rules)
        if objection is not None:
            return objection
        try:
            with time_limit(self._client.longest_s):
                customer_id = ensure(self._customer(document), links)
                product_ids = {
                    product_code(line): ensure(self._product(index, line), links)
                    for index, line in _first_of_each_product(document)
                }
        except Stop as stop:
            return stop.outcome
        return Prepared(mapping.invoice_xml(document, self._rules, customer_id, product_ids), document.key)

    def preflight(self, document: Document) -> Sequence[Problem]:
        """See `ForeseesProblems`."""
        return tuple(mapping.preflight(document, self._rules))

    def send(self, prepared: Prepared) -> Accepted | Rejected | NotSent | Unclear:
        """One POST; then, if so set, a read for number and totals whose failure changes nothing."""
        try:
            with time_limit(self._client.longest_s):
                target_id = self._client.post("salesinvoice.nv", self._adding, prepared.payload)
        except Fault as fault:
            return outcome_of_write(fault)
        if not self._read_back:
            return Accepted(target_id)
        try:
            with time_limit(_READ_BACK_S):
                return _accepted(target_id, self._invoice(target_id))
        except Fault:
            return Accepted(target_id)

    @property
    def _adding(self) -> dict[str, str]:
        only_existing = {"useonlyexistingdimensions": "1"} if self._rules.only_existing_dimensions else {}
        return {"method": "add", **only_existing}

    def follow_ups(self, document: Document) -> Sequence[str]:
        """See `FollowsUp`: a credit is matched to its original. Drafts and orders have nothing to match yet."""
        is_matched = document.reverses is not None and self._rules.invoice_type == "invoice"
        return (matching.MATCH,) if is_matched else ()

    def follow_up(self, document: Document, ids: TargetIds, links: LinkStore) -> FollowedUp:
        """See `FollowsUp`."""
        original = document.reverses
        if original is None or not self.follow_ups(document):
            return FollowedUp()
        with time_limit(self._client.longest_s):
            step = (matching.MATCH, lambda: matching.match(self._client, ids.target_id, original))
            return run_steps(document.key, links, [step])

    def find(self, document_key: str, document: Document) -> Finding:
        """Go through the customer's invoices around the date and compare the private comment.

        Netvisor cannot search by comment (sheet §11). Whether its list holds drafts is not documented, so
        a draft that is not in it cannot be called absent.
        """
        try:
            with time_limit(self._client.longest_s):
                found = self._search(document_key, document)
        except Fault as fault:
            return CannotAsk(fault.reason)
        if found is not None:
            return found
        if self._rules.invoice_type == "invoicedraft":
            return CannotAsk("Netvisor's list of invoices need not hold drafts; look among the drafts in Netvisor.")
        return Absent()

    def _search(self, document_key: str, document: Document) -> Found | None:
        unknown: list[Node] = []
        for row in self._rows(document):
            comment = row.first("privatecomment", "salesinvoiceprivatecomment", "comment")
            if comment is not None and document_key in comment.text().split():
                return _found(row)
            if row.first("additionalinformation") is None and comment is None:
                unknown.append(row)
        return self._among_unknown(unknown, document_key, document.gross)

    def check(self) -> None:
        """Read one day's list of invoices: what the look-up of an unclear dispatch needs."""
        try:
            with time_limit(self._client.longest_s):
                self._client.get(
                    "salesinvoicelist.nv", {"begininvoicedate": "2000-01-01", "endinvoicedate": "2000-01-01"}
                )
        except Fault as fault:
            raise connection_problem(fault) from None

    def status(self, document_key: str, target_id: str) -> PaymentStatus | CannotAsk:
        """See `TellsStatus`."""
        try:
            with time_limit(self._client.longest_s):
                return payments.read_status(self._client, document_key, target_id)
        except Fault as fault:
            return CannotAsk(fault.reason)

    def _customer(self, document: Document) -> Entry:
        payer = document.payer
        edit = registers.customer_xml(payer, new=False)
        return Entry(
            kind="customer",
            key=payer.number,
            matched_by="customer_number",
            look_up=lambda: self._find_customer(payer),
            create=lambda: self._client.post("customer.nv", {"method": "add"}, registers.customer_xml(payer)),
            pointer="/payer",
            content=edit if self._rules.update_customers else None,
            update=lambda key: self._update_customer(key, payer, edit),
        )

    def _product(self, index: int, line: DocumentLine) -> Entry:
        edit = registers.product_edit_xml(line, self._rules)
        # Under reverse charge the line's rate is not the product's.
        is_telling = self._rules.update_products and line.vat_category == "S"
        return Entry(
            kind="product",
            key=product_code(line),
            matched_by="product_code",
            look_up=lambda: self._key_of("productlist.nv", "product", "productcode", product_code(line)),
            create=lambda: self._client.post("product.nv", {"method": "add"}, registers.product_xml(line, self._rules)),
            pointer=f"/lines/{index}/product_code",
            content=edit if is_telling else None,
            update=lambda key: self._client.change("product.nv", {"method": "edit", "id": key}, edit),
        )

    def _find_customer(self, payer: Party) -> str | None:
        row = self._row_of("customerlist.nv", "customer", "code", payer.number)
        if row is None:
            return None
        _refuse_another(payer, row.text("organisationidentifier"), row.text("name"))
        return row.text("netvisorkey")

    def _update_customer(self, key: str, payer: Party, edit: bytes) -> None:
        """Tell what changed, after a look that it is still the same business: numbers are given anew sometimes."""
        there = self._client.get("getcustomer.nv", {"id": key})
        _refuse_another(payer, there.text("externalidentifier"), there.text("name"))
        self._client.change("customer.nv", {"method": "edit", "id": key}, edit)

    def _key_of(self, resource: str, element: str, field: str, wanted: str) -> str | None:
        row = self._row_of(resource, element, field, wanted)
        return None if row is None else row.text("netvisorkey")

    def _row_of(self, resource: str, element: str, field: str, wanted: str) -> Node | None:
        """The row of the register's entry whose number or code is `wanted`.

        The keyword search is wider than equality.
        """
        wanted = wanted.strip()
        for row in self._client.get(resource, {"keyword": wanted}).all(element):
            if row.text(field).casefold() == wanted.casefold() and row.text("netvisorkey"):
                return row
        return None

    def _rows(self, document: Document) -> Iterator[Node]:
        parameters = {
            "listtype": "preinvoice" if self._rules.invoice_type == "order" else "",
            "begininvoicedate": (document.document_date - _LOOK_AROUND).isoformat(),
            "endinvoicedate": (document.document_date + _LOOK_AROUND).isoformat(),
            "customercode": document.payer.number.strip(),
            "replyoption": "1",
        }
        parameters = {name: value for name, value in parameters.items() if value}
        highest = 0
        for _ in range(_MAX_PAGES):
            rows = self._client.get("salesinvoicelist.nv", parameters).all("salesinvoice", "salesorder")
            fresh = [row for row in rows if int(read_decimal(row.text("netvisorkey")) or 0) > highest]
            if not fresh:
                return
            yield from fresh
            highest = max(int(read_decimal(row.text("netvisorkey")) or 0) for row in fresh)
            parameters["invoicesabovenetvisorkey"] = str(highest)
        raise Fault("the customer has more invoices around this date than can be gone through")

    def _among_unknown(self, rows: list[Node], document_key: str, gross: Decimal) -> Found | None:
        """Read those invoices one by one whose row told no comment at all, if their sum is ours."""
        candidates = [row for row in rows if read_decimal(row.text("invoicesum")) in (None, gross)]
        if len(candidates) > _MAX_SINGLE_READS:
            raise Fault("too many invoices would have to be read one by one")
        for row in candidates:
            invoice = self._invoice(row.text("netvisorkey"))
            if document_key in invoice.text("salesinvoiceprivatecomment").split():
                return _found(row)
        return None

    def _invoice(self, target_id: str) -> Node:
        resource = "getorder.nv" if self._rules.invoice_type == "order" else "getsalesinvoice.nv"
        return self._client.get(resource, {"netvisorkey": target_id, "pdfimage": "nopdf"})


def _first_of_each_product(document: Document) -> Iterator[tuple[int, DocumentLine]]:
    seen: set[str] = set()
    for index, line in enumerate(document.lines):
        if product_code(line) not in seen:
            seen.add(product_code(line))
            yield index, line


def _refuse_another(payer: Party, business_id: str, name: str) -> None:
    """Raise Refused if Netvisor has another business under our customer number: the invoice would be its."""
    ours = payer.business_id or ""
    is_another = bool(business_id) and (
        payer.kind == PRIVATE if not ours else not registers.same_business(ours, business_id)
    )
    if is_another:
        detail = (
            f"Customer number {payer.number.strip()} belongs to “{name}” (business ID {business_id}) in Netvisor, "
            f"to “{payer.name}” ({ours or 'no business ID'}) here. The invoice would go to the wrong one."
        )
        raise Refused("netvisor.customer_mismatch", detail, "/payer/number")


def _found(row: Node) -> Found:
    return Found(row.text("netvisorkey"), row.text("invoicenumber") or None, read_decimal(row.text("invoicesum")))


def _accepted(target_id: str, invoice: Node) -> Accepted:
    lines = invoice.all("salesinvoiceproductline")
    vats = [read_decimal(line.text("salesinvoiceproductlinevatsum")) for line in lines]
    sums = [read_decimal(line.text("salesinvoiceproductlinesum")) for line in lines]
    vat = sum((value for value in vats if value is not None), Decimal(0)) if lines and None not in vats else None
    total = sum((value for value in sums if value is not None), Decimal(0)) if lines and None not in sums else None
    return Accepted(
        target_id=target_id,
        target_number=invoice.text("salesinvoicenumber") or None,
        net=None if vat is None or total is None else total - vat,
        vat=vat,
        gross=read_decimal(invoice.text("salesinvoiceamount")),
    )
