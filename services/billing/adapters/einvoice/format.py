"""What a file format must be able to do for `EinvoiceTarget`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.billing.adapters.einvoice.figures import Figures
from services.billing.adapters.einvoice.fitting import Notice
from services.billing.adapters.einvoice.invoice import Invoice
from services.billing.domain.document import Document
from services.billing.domain.outcomes import Rejected


@dataclass(frozen=True, slots=True)
class Written:
    """A finished file and what had to be changed in its texts."""

    payload: bytes
    notices: tuple[Notice, ...]


class Format(Protocol):
    """One file format. Pure: no I/O, no clock; same invoice → same bytes."""

    @property
    def name(self) -> str:
        """The target's name: "finvoice", "peppol"."""

    @property
    def content_type(self) -> str:
        """For HTTP."""

    def objections(self, document: Document) -> Iterator[Rejected]:
        """What this format refuses besides what every e-invoice refuses."""

    def losses(self, document: Document) -> Sequence[Notice]:
        """The payer's and the lines' texts that this format shortens, or has no characters for."""

    def write(self, invoice: Invoice) -> Written:
        """The file."""

    def read(self, payload: bytes) -> Figures:
        """The numbers of a file that `write` made, in our sign. Raises NotReadable."""
