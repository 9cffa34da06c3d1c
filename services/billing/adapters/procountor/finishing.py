"""What is done about an invoice after Procountor has it: attachments, approval, sending, dimensions.

Every step reads the invoice first and does only what it does not show, so that a lost answer does no harm. An invoice
whose total is not ours goes no further by itself. Dimensions come last: an edit of the invoice may give its receipt
another id (sheet §8).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from services.billing.adapters.faults import Refused, Unreadable
from services.billing.adapters.following import Step
from services.billing.adapters.procountor import mapping, payments
from services.billing.adapters.procountor.client import ProcountorClient
from services.billing.adapters.procountor.dimensions import Dimensions, is_wanted
from services.billing.adapters.procountor.exact_json import encode
from services.billing.adapters.procountor.rules import Rules
from services.billing.domain.document import Document
from services.billing.domain.target import TargetIds

_APPROVABLE = frozenset({"UNFINISHED"})
_GONE = frozenset({"INVALIDATED", "DELETED", "EMPTY"})
_SENDABLE = "NOT_SENT"


def step_names(document: Document, rules: Rules) -> tuple[str, ...]:
    """The steps that the document needs, in order."""
    wanted = {
        "attach": bool(document.attachments),
        "approve": rules.approve or rules.send,
        "send": rules.send,
        "dimensions": is_wanted(document, rules),
    }
    return tuple(name for name, is_needed in wanted.items() if is_needed)


class Finishing:
    """The steps for one invoice."""

    def __init__(self, client: ProcountorClient, rules: Rules, document: Document, ids: TargetIds) -> None:
        self._client = client
        self._rules = rules
        self._document = document
        self._ids = ids

    def steps(self) -> Iterator[Step]:
        """Name and deed of each step, in order."""
        deeds = {
            "attach": self._attach,
            "approve": self._approve,
            "send": self._send,
            "dimensions": self._write_dimensions,
        }
        for name in step_names(self._document, self._rules):
            yield name, deeds[name]

    def _attach(self) -> None:
        invoice = self._invoice()
        there = Counter(str(each.get("name")) for each in invoice.get("attachments") or [] if isinstance(each, dict))
        for attachment in self._document.attachments:
            name = mapping.attachment_name(attachment.name)
            if there[name] > 0:
                there[name] -= 1
                continue
            meta = {
                "name": name,
                "referenceType": "INVOICE",
                "referenceId": invoice["id"],
                "sendWithInvoice": self._rules.attach_to_invoice,
            }
            self._client.upload("attachments", encode(meta), name, attachment.media_type, attachment.content)

    def _approve(self) -> None:
        invoice = self._invoice()
        if invoice["status"] in _APPROVABLE:
            self._refuse_other_totals(invoice)
            self._client.put(f"invoices/{self._id}/approve")

    def _send(self) -> None:
        invoice = self._invoice()
        if invoice["status"] in _APPROVABLE:
            detail = "The invoice was set back to unfinished in Procountor, so it is not sent. Approve it there."
            raise Refused("procountor.not_approved", detail)
        if invoice["status"] == _SENDABLE:
            self._refuse_other_totals(invoice)
            self._client.put(f"invoices/{self._id}/send")

    def _refuse_other_totals(self, invoice: Mapping[str, Any]) -> None:
        """Raise Refused if Procountor computes another total than ours: a person decides what the buyer gets."""
        theirs = payments.total_of(invoice)
        if theirs is not None and theirs != self._document.gross:
            detail = f"Procountor shows a total of {theirs}, ours is {self._document.gross}."
            raise Refused("procountor.totals_differ", detail)

    def _write_dimensions(self) -> None:
        Dimensions(self._client, self._rules, self._document).write(self._invoice())

    @property
    def _id(self) -> int:
        return int(self._ids.target_id)

    def _invoice(self) -> dict[str, Any]:
        """The invoice, surely ours: a person may have named another one. Raises Refused, Unreadable."""
        target_id = self._ids.target_id
        if not (target_id.isascii() and target_id.isdigit()):
            raise self._another()
        invoice = self._client.get(f"invoices/{int(target_id)}", {})
        if not isinstance(invoice, dict) or not isinstance(invoice.get("status"), str):
            raise Unreadable("the invoice is not in Procountor's form")
        if invoice.get("id") != int(target_id):
            raise Unreadable("Procountor answered with another invoice than the one that was asked for")
        if invoice.get("originalInvoiceNumber") != self._document.key:
            raise self._another()
        if invoice["status"] in _GONE:
            detail = f"The invoice {target_id} was invalidated or deleted in Procountor."
            raise Refused("procountor.invoice_gone", detail)
        return invoice

    def _another(self) -> Refused:
        detail = f"What was named as {self._ids.target_id} in Procountor is not this document: it has another number."
        return Refused("procountor.another_invoice", detail)
