"""An e-invoice format over a delivery, as an accounting target."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from services.billing.adapters.delivery.parcel import Delivery, Parcel
from services.billing.adapters.einvoice import figures
from services.billing.adapters.einvoice.compose import compose
from services.billing.adapters.einvoice.format import Format
from services.billing.adapters.einvoice.objections import objections, warnings
from services.billing.adapters.einvoice.seller import Seller
from services.billing.adapters.einvoice.xml import NotReadable
from services.billing.domain.document import Document
from services.billing.domain.numbering import NumberSeries
from services.billing.domain.outcomes import Accepted, Finding, NotSent, Rejected, Unclear
from services.billing.domain.preflight import Problem, Severity, blocks
from services.billing.domain.target import LinkStore, Prepared
from shared.telemetry import get_logger

log = get_logger("billing.einvoice")

_LOSSES: Final = {
    "cut": ("einvoice.text_shortened", "The text is longer than the format has room for; its end is left out."),
    "left_out": ("einvoice.attachments_left_out", "Finvoice carries files in a message of its own, which is not made."),
    "lost": ("einvoice.characters_lost", "The format has no such characters; a question mark stands for each."),
}


class EinvoiceTarget:
    """Implements `AccountingTarget` (see there for what each call promises).

    The "books" are what was handed over: a document counts as accepted when the folder, server or end point has
    taken the file. What the operator or the buyer makes of it later is not known here.
    """

    def __init__(self, form: Format, seller: Seller, delivery: Delivery) -> None:
        self._form = form
        self._seller = seller
        self._delivery = delivery

    @property
    def name(self) -> str:
        """Of the format."""
        return self._form.name

    def prepare(self, document: Document, links: LinkStore) -> Prepared | Rejected | NotSent | Unclear:
        """Object if there is anything to object to, then take a number, write the file and check its cents.

        The number comes last of all that can fail, because it is used up by being given out. Asks nobody outside.
        `links` must be a `NumberSeries` too.
        """
        refusal = next(self._objections(document), None)
        if refusal is not None:
            return refusal
        if not isinstance(links, NumberSeries):
            raise TypeError("e-invoices need a store that numbers documents")
        issued = links.number_for(document.key, first=self._seller.first_number)
        written = self._form.write(compose(document, self._seller, issued))
        difference = figures.check_file(self._form.read(written.payload), document)
        if difference is not None:
            return difference
        if written.notices:
            changes = sorted(f"{notice.field}: {notice.change}" for notice in written.notices)
            log.info("einvoice.texts_fitted", document_id=document.id, changes=changes)
        return Prepared(written.payload, document.key)

    def preflight(self, document: Document) -> Sequence[Problem]:
        """See `ForeseesProblems`: what `prepare` would refuse, odd totals, and texts that would lose something."""
        problems = [*blocks(self._objections(document)), *warnings(document)]
        for notice in self._form.losses(document):
            code, detail = _LOSSES[notice.change]
            problems.append(Problem(code, detail, notice.field, Severity.WARNING))
        return tuple(problems)

    def send(self, prepared: Prepared) -> Accepted | Rejected | NotSent | Unclear:
        """Hand the file over once. The totals are read from the very bytes that were handed over."""
        try:
            stated = self._form.read(prepared.payload)
        except NotReadable:
            return Rejected("einvoice.not_readable", "The file that was prepared cannot be read. Prepare it again.")
        parcel = Parcel(
            key=prepared.document_key,
            payload=prepared.payload,
            content_type=self._form.content_type,
            number=stated.number,
            gross=stated.gross,
        )
        outcome = self._delivery.deliver(parcel)
        if not isinstance(outcome, Accepted):
            return outcome
        return Accepted(outcome.target_id, stated.number, stated.net, stated.vat, stated.gross)

    def find(self, document_key: str, document: Document) -> Finding:
        """Ask the delivery whether it has the file with this key."""
        return self._delivery.find(document_key)

    def check(self) -> None:
        """Try the way of delivery without delivering anything. Raises ConnectionProblem."""
        self._delivery.check()

    def _objections(self, document: Document) -> Iterator[Rejected]:
        return chain(objections(document), self._form.objections(document))
