"""A finished file on its way, and what every way of delivering it can do."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from services.billing.domain.outcomes import Accepted, Finding, NotSent, Rejected, Unclear


@dataclass(frozen=True, slots=True)
class Parcel:
    """A file. key: the document's; number, gross: what the file says, for look-ups later."""

    key: str
    payload: bytes
    content_type: str
    number: str
    gross: Decimal

    @property
    def file_name(self) -> str:
        """The same for every attempt, so that a repeat replaces the file instead of adding one."""
        return file_name(self.key)


def file_name(document_key: str) -> str:
    """The name of a document's file. Raises ValueError for a key that is not one of ours: it becomes a path."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,59}", document_key):
        raise ValueError("not a document key")
    return f"{document_key}.xml"


class Delivery(Protocol):
    """One way out. The same promises as `AccountingTarget`: nothing retries, nothing raises for the outside."""

    def deliver(self, parcel: Parcel) -> Accepted | Rejected | NotSent | Unclear:
        """Hand the file over once; in Accepted only the id counts."""

    def find(self, document_key: str) -> Finding:
        """Whether the file with this key was handed over."""

    def check(self) -> None:
        """Prove that it would work, without leaving anything behind. Raises ConnectionProblem."""
