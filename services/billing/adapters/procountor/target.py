"""Procountor as an accounting target."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from services.billing.adapters.deadline import time_limit
from services.billing.adapters.faults import Fault, Refused, connection_problem, outcome_of_read, outcome_of_write
from services.billing.adapters.following import run_steps
from services.billing.adapters.procountor import mapping, payments
from services.billing.adapters.procountor.client import AUTHENTICATION_FAILED, ProcountorClient
from services.billing.adapters.procountor.finishing import Finishing, step_names
from services.billing.adapters.procountor.objections import objection, preflight, vat_objections
from services.billing.adapters.procountor.registers import Registers
from services.billing.adapters.procountor.rules import Rules, product_code
from services.billing.adapters.procountor.searching import pages, results
from services.billing.adapters.procountor.vat import VatOffer, VatShelf, offer_of
from services.billing.adapters.register import Stop, ensure
from services.billing.domain.document import Document
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
from services.billing.domain.target import LinkStore, Prepared, TargetIds, is_rehearsal


class ProcountorTarget:
    """Implements `AccountingTarget` (see there for what each call promises)."""

    name = "procountor"

    def __init__(self, client: ProcountorClient, rules: Rules, shelf: VatShelf | None = None) -> None:
        """Take a connection. shelf: of the process, on which what was read of the company's VAT is kept."""
        self._client = client
        self._rules = rules
        self._shelf = shelf or VatShelf()
        self._registers = Registers(client, rules)

    def prepare(self, document: Document, links: LinkStore) -> Prepared | Rejected | NotSent | Unclear:
        """Partner and products first, then the JSON."""
        refusal = objection(document, self._rules)
        if refusal is not None:
            return refusal
        product_ids: dict[str, int] = {}
        try:
            with time_limit(self._client.longest_s):
                if not is_rehearsal(links):
                    self._refuse_vat(document)
                partner_id = int(ensure(self._registers.partner(document.payer), links))
                for index, line in enumerate(document.lines):
                    code = product_code(line)
                    if code not in product_ids:
                        entry = self._registers.product(index, line, document.currency)
                        product_ids[code] = int(ensure(entry, links))
        except Stop as stop:
            return stop.outcome
        return Prepared(mapping.invoice_json(document, self._rules, partner_id, product_ids), document.key)

    def preflight(self, document: Document) -> Sequence[Problem]:
        """See `ForeseesProblems`."""
        is_fresh, offer = self._shelf.get(self._client.company)
        return tuple(preflight(document, self._rules, offer if is_fresh and self._rules.check_vat else None))

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
                rows = list(pages(self._client, "invoices", parameters))
        except Fault as fault:
            return CannotAsk(fault.reason)
        matches = [row for row in rows if row.get("originalInvoiceNumber") == document_key]
        if not matches:
            return Absent()
        first = min(matches, key=lambda row: int(row["id"]))
        return Found(str(first["id"]), _number(first), _decimal(_sums(first).get("invoiceSumTotal")))

    def check(self) -> None:
        """Get a token, read one page of invoices, what the look-up of an unclear dispatch needs, and the VAT in use."""
        try:
            with time_limit(self._client.longest_s):
                results(self._client.get("invoices", {"types": "SALES_INVOICE", "size": "1", "page": "0"}))
                if self._rules.check_vat:
                    self._read_offer()
        except Fault as fault:
            raise connection_problem(fault) from None

    def status(self, document_key: str, target_id: str) -> PaymentStatus | CannotAsk:
        """See `TellsStatus`."""
        try:
            with time_limit(self._client.longest_s):
                return payments.read_status(self._client, document_key, target_id)
        except Fault as fault:
            return CannotAsk(fault.reason)

    def follow_ups(self, document: Document) -> Sequence[str]:
        """See `FollowsUp`."""
        return step_names(document, self._rules)

    def follow_up(self, document: Document, ids: TargetIds, links: LinkStore) -> FollowedUp:
        """See `FollowsUp`."""
        with time_limit(self._client.longest_s):
            steps = Finishing(self._client, self._rules, document, ids).steps()
            return run_steps(document.key, links, steps)

    def _refuse_vat(self, document: Document) -> None:
        """Raise Stop if the company does not use the document's VAT, or cannot be asked now."""
        try:
            offer = self._offer(document)
        except Fault as fault:
            raise Stop(outcome_of_read(fault)) from None
        refusal = objection(document, self._rules, offer)
        if refusal is not None:
            raise Stop(refusal)

    def _offer(self, document: Document) -> VatOffer | None:
        """What the company uses of VAT: from the shelf unless that would refuse the document. Raises Fault."""
        if not self._rules.check_vat:
            return None
        is_fresh, offer = self._shelf.get(self._client.company)
        if is_fresh and (offer is None or not any(vat_objections(document, self._rules, offer))):
            return offer
        return self._read_offer()

    def _read_offer(self) -> VatOffer | None:
        try:
            offer = offer_of(self._client.get("vats/default", {}))
        except Refused as refusal:
            if refusal.code == AUTHENTICATION_FAILED:
                raise
            offer = None  # the user of the connection may not read it: then nothing can be compared
        self._shelf.put(self._client.company, offer)
        return offer


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
