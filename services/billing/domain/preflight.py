"""What a target would refuse or change of a document, known before anything is sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from services.billing.domain import compile as compiling
from services.billing.domain.document import Document
from services.billing.domain.outcomes import Rejected


class Severity(StrEnum):
    """How bad it is."""

    BLOCK = "block"
    """The target would surely refuse the document."""
    WARNING = "warning"
    """The target takes it, but something of it is shortened, replaced or left out."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one field.

    code     as in `Rejected.code`; pointer: JSON pointer into the document, None if it is no single field.
    detail   for people who know the rule; the catalogue of reasons has the text for billers.
    """

    code: str
    detail: str
    pointer: str | None = None
    severity: Severity = Severity.BLOCK


def blocks(refusals: Iterable[Rejected]) -> list[Problem]:
    """The refusals of an adapter, foreseen."""
    return [Problem(each.code, each.detail, each.pointer) for each in refusals]


def of_any_target(document: Document) -> list[Problem]:
    """What every accounting system would refuse: see `compile.preflight`."""
    return [Problem(each.code, each.detail, each.pointer) for each in compiling.preflight(document)]
