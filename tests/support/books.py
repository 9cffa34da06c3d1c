"""The audit of a run: our documents against the books of the sandbox, one by one and to the cent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from deploy.demo.firm import Firm, documents

_PARTS = ("net", "vat", "gross")


def audit(firm: Firm, order_numbers: Collection[str]) -> dict[str, int]:
    """Check a firm's documents against its sandbox company; AssertionError says what is not so.

    order_numbers  of all orders that were approved
    Every order stands on exactly one document; every document is accepted; the company holds exactly one invoice for
    each, and nothing else, with our amounts. Returns figures: documents, invoices, duplicates (0).
    """
    ours = list(documents(firm))
    books = firm.target.books()
    invoices = [invoice for invoice in books["invoices"] if not invoice["deleted"]]
    _check_orders(ours, order_numbers)
    _check_dispatches(ours)
    keys = Counter(str(invoice["key"]) for invoice in invoices)
    duplicates = sum(count - 1 for count in keys.values())
    assert duplicates == 0, f"twice in the books: {[key for key, count in keys.items() if count > 1]}"
    assert set(keys) == {document["key"] for document in ours}
    _check_amounts(ours, {str(invoice["key"]): invoice for invoice in invoices}, books["totals"])
    return {"documents": len(ours), "invoices": len(invoices), "duplicates": duplicates}


def _check_orders(ours: list[dict[str, Any]], order_numbers: Collection[str]) -> None:
    billed = Counter(str(order["number"]) for document in ours for order in document["workorders"])
    expected = Counter(order_numbers)
    assert billed == expected, f"missing {expected - billed}, too many {billed - expected}"


def _check_dispatches(ours: list[dict[str, Any]]) -> None:
    for document in ours:
        (dispatch,) = document["dispatches"]
        assert dispatch["state"] == "accepted", (document["key"], dispatch)
        assert dispatch["target_id"], (document["key"], dispatch)
        assert not dispatch["difference"], (document["key"], dispatch)


def _check_amounts(
    ours: list[dict[str, Any]], invoices: Mapping[str, Mapping[str, Any]], totals: Mapping[str, Any]
) -> None:
    for document in ours:
        mine = tuple(Decimal(document[part]) for part in _PARTS)
        theirs = tuple(Decimal(invoices[document["key"]][part]) for part in _PARTS)
        assert mine == theirs, f"{document['key']}: ours {mine}, theirs {theirs}"
    sums = tuple(sum((Decimal(document[part]) for document in ours), Decimal(0)) for part in _PARTS)
    assert sums == tuple(Decimal(totals[part]) for part in _PARTS)
