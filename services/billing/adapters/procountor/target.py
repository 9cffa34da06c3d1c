"""Procountor as an accounting target."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from services.billing.adapters.deadline import time_limit
from services.billing.adapters.faults import Fault, Refused, Unreadable, outcome_of_write
from services.billing.adapters.procountor import mapping, payments
from services.billing.adapters.procountor.client import ProcountorClient
from services.billing.adapters.procountor.mapping import Rules
from services.billing.adapters.register import Entry, Stop, ensure
from services.billing.domain.document import Document, DocumentLine
from services.billing.domain.outcomes import (
    Absent,
    Accepted,
    CannotAsk,
    Finding,
    Found,
    NotSent,
    Rejected,
    Unclear,
)
from services.billing.domain.payments import PaymentStatus
from services.billing.domain.preflight import Problem
from services.billing.domain.target import ConnectionProblem, LinkStore, Prepared

_PAGE_SIZE = 200
_MAX_PAGES = 100


class ProcountorTarget:
    """Implements `AccountingTarget` (see there for what each call promises)."""

    name = "procountor"

    def __init__(self, client: ProcountorClient, rules: Rules) -> None:
        self._client = client
        self._rules = rules

    def prepare(self, document: Document, links: LinkStore) -> Prepared | Rejected | NotSent | Unclear:
        """Partner and products first, then the JSON."""
        objection = mapping.objection(document, self._rules)
        if objection is not None:
            return objection
        product_ids: dict[str, int] = {}
        try:
            with time_limit(self._client.longest_s):
                partner_id = int(ensure(self._partner(document), links))
                for index, line in enumerate(document.lines):
                    if line.product_code not in product_ids:
                        entry = self._product(index, line, document.currency)
                        product_ids[line.product_code] = int(ensure(entry, links))
        except Stop as stop:
            return stop.outcome
        return Prepared(mapping.invoice_json(document, self._rules, partner_id, product_ids), document.key)

    def preflight(self, document: Document) -> Sequence[Problem]:
        """See `ForeseesProblems`."""
        return tuple(mapping.preflight(document, self._rules))

    def send(self, prepared: Prepared) -> Accepted | Rejected | NotSent | Unclear:
        """One POST. An answer that shows another key than ours is no acceptance."""
        try:
            with time_limit(self._client.longest_s):
                created = self._client.post("invoices", prepared.payload)
        except Fault as fault:
            return outcome_of_write(fault)
        if created.get("originalInvoiceNumber", prepared.document_key) != prepared.document_key:
            return Unclear("Procountor answered with another invoice than the one that was sent")
        sums = _sums(created)
        return Accepted(
            target_id=str(created["id"]),
            target_number=_number(created),
            net=_decimal(sums.get("excludingVatTotal")),
            vat=_decimal(sums.get("vatSumTotal")),
            gross=_decimal(sums.get("invoiceSumTotal")),
        )

    def find(self, document_key: str, document: Document) -> Finding:
        """Search by originalInvoiceNumber and compare exactly.

        Since the search may match more (sheet §10).
        """
        parameters = {"originalInvoiceNumber": document_key, "types": "SALES_INVOICE"}
        try:
            with time_limit(self._client.longest_s):
                rows = list(self._pages("invoices", parameters))
        except Fault as fault:
            return CannotAsk(fault.reason)
        matches = [row for row in rows if row.get("originalInvoiceNumber") == document_key]
        if not matches:
            return Absent()
        first = min(matches, key=lambda row: int(row["id"]))
        return Found(str(first["id"]), _number(first), _decimal(_sums(first).get("invoiceSumTotal")))

    def check(self) -> None:
        """Get a token and read one page of invoices: what the look-up of an unclear dispatch needs."""
        try:
            with time_limit(self._client.longest_s):
                _results(self._client.get("invoices", {"types": "SALES_INVOICE", "size": "1", "page": "0"}))
        except Fault as fault:
            raise ConnectionProblem(fault.reason) from None

    def status(self, document_key: str, target_id: str) -> PaymentStatus | CannotAsk:
        """See `TellsStatus`."""
        try:
            with time_limit(self._client.longest_s):
                return payments.read_status(self._client, document_key, target_id)
        except Fault as fault:
            return CannotAsk(fault.reason)

    def _partner(self, document: Document) -> Entry:
        payer = document.payer
        return Entry(
            kind="customer",
            key=payer.number,
            matched_by="customer_number",
            look_up=lambda: self._partner_id(payer.number.strip()),
            create=lambda: str(self._client.post("businesspartners", mapping.partner_json(payer, self._rules))["id"]),
            pointer="/payer",
        )

    def _partner_id(self, number: str) -> str | None:
        """The partner with the customer number. One that was set inactive is not made anew but refused."""
        for active in ("true", "false"):
            parameters = {"customerNumber": number, "type": "CUSTOMER", "active": active}
            for row in self._pages("businesspartners", parameters):
                if self._customer_number(row) == number:
                    if active == "true":
                        return str(row["id"])
                    detail = f"The customer {number} is inactive in Procountor. Make it active there."
                    raise Refused("procountor.customer_inactive", detail, "/payer/number")
        return None

    def _customer_number(self, row: Mapping[str, Any]) -> str:
        """From a search row, which is shortened, or else from the whole partner."""
        for source in (row, None):
            partner = row if source is not None else self._client.get(f"businesspartners/{int(row['id'])}", {})
            info = partner.get("invoicingInfo") if isinstance(partner, dict) else None
            if isinstance(info, dict) and "customerNumber" in info:
                return str(info["customerNumber"] or "").strip()
        return ""

    def _product(self, index: int, line: DocumentLine, currency: str) -> Entry:
        body = mapping.product_json(line, self._rules, currency)
        return Entry(
            kind="product",
            key=line.product_code,
            matched_by="product_code",
            look_up=lambda: self._product_id(line.product_code.strip()),
            create=lambda: str(self._client.post("products", body)["id"]),
            pointer=f"/lines/{index}/product_code",
        )

    def _product_id(self, code: str) -> str | None:
        """The sales product with the code.

        The search is by part of the code, letter case aside (our codes have none).
        """
        for row in self._pages("products", {"code": code, "type": "SALES"}):
            if str(row.get("code") or "").strip().casefold() == code.casefold():
                return str(row["id"])
        return None

    def _pages(self, path: str, parameters: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """All rows of a search.

        Pages are asked for by number, and for products by the last id of the page before.
        """
        seen: set[int] = set()
        asked = {**parameters, "size": str(_PAGE_SIZE)}
        for page in range(_MAX_PAGES):
            if path != "products":
                asked["page"] = str(page)
            reply = self._client.get(path, asked)
            rows = _results(reply)
            fresh = [row for row in rows if row["id"] not in seen]
            yield from fresh
            if not fresh or len(rows) < _page_size(reply):
                return
            seen.update(row["id"] for row in fresh)
            if path == "products":
                asked["previousId"] = str(rows[-1]["id"])
        raise Fault("the search in Procountor gave more results than can be gone through")


def _results(reply: Any) -> list[dict[str, Any]]:
    """The rows of a search answer; `products` is what older versions call the list of products (sheet §4)."""
    rows = reply.get("results", reply.get("products")) if isinstance(reply, dict) else None
    if not isinstance(rows, list) or not all(isinstance(r, dict) and isinstance(r.get("id"), int) for r in rows):
        raise Unreadable("the answer to the search is not in Procountor's form")
    return rows


def _page_size(reply: Mapping[str, Any]) -> int:
    """How many rows a full page of this answer has: the server may allow fewer than we asked for."""
    meta = reply.get("meta")
    size = meta.get("pageSize") if isinstance(meta, dict) else None
    return min(size, _PAGE_SIZE) if isinstance(size, int) and size > 0 else _PAGE_SIZE


def _sums(invoice: Mapping[str, Any]) -> dict[str, Any]:
    """The totals in the invoice's own currency."""
    entries = [entry for entry in invoice.get("invoiceSumInfo") or [] if isinstance(entry, dict)]
    currency = (invoice.get("paymentInfo") or {}).get("currency")
    return next((e for e in entries if e.get("currency") == currency), entries[0] if entries else {})


def _number(invoice: Mapping[str, Any]) -> str | None:
    number = invoice.get("invoiceNumber")
    return str(number) if number else None


def _decimal(value: Any) -> Decimal | None:
    return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None
