"""Totals of no ordinary invoice: nothing to pay, and returns that name no invoice which they take back."""

from collections.abc import Iterator

from services.billing.domain.document import Document
from services.billing.domain.preflight import Problem, Severity


def odd_totals(document: Document, target: str) -> Iterator[Problem]:
    """Warn of them: no source shows that a target refuses them, and each does something else with them.

    target  beginning of the codes.
    """
    if document.gross == 0 and document.reverses is None:
        yield Problem(f"{target}.nothing_to_pay", "The total is 0.00.", "/gross", Severity.WARNING)
    if document.lacks_original:
        detail = "The total is below zero, and no invoice is named that it takes back."
        yield Problem(f"{target}.original_missing", detail, "/gross", Severity.WARNING)
