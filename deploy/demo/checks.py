"""What must be true at the end of the demo, looked up from outside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from deploy.demo.client import Refused
from deploy.demo.firm import CUSTOMERS, ORDERS, Firm


@dataclass(frozen=True, slots=True)
class Check:
    """One statement, whether it holds, and the figures behind it."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One line of the closing table; amounts as strings with two decimals."""

    tenant: str
    workorder_numbers: tuple[str, ...]
    target: str
    key: str
    target_id: str
    target_number: str
    net: str
    vat: str
    gross: str
    state: str


def document_line(firm: Firm, document: Mapping[str, Any]) -> DocumentLine:
    """Take from a document what the table shows."""
    dispatch = document["dispatches"][-1] if document["dispatches"] else {}
    return DocumentLine(
        tenant=firm.name,
        workorder_numbers=tuple(str(order["number"]) for order in document["workorders"]),
        target=str(dispatch.get("target", "")),
        key=document["key"],
        target_id=str(dispatch.get("target_id") or ""),
        target_number=str(dispatch.get("target_number") or ""),
        net=document["net"],
        vat=document["vat"],
        gross=document["gross"],
        state=str(dispatch.get("state", "not sent")),
    )


def check_firm(firm: Firm, lines: Sequence[DocumentLine], shown: Sequence[Mapping[str, Any]]) -> list[Check]:
    """Check one firm's documents against its orders and, where we can look in, against the target's books."""
    billed = Counter(number for line in lines for number in line.workorder_numbers)
    missing = [t.number for t in firm.orders if billed[t.number] != 1]
    unsent = [line.key for line in lines if line.state != "accepted" or not line.target_id]
    differing = [d["key"] for d in shown for s in d["dispatches"] if s.get("difference")]
    checks = [
        Check(
            f"{firm.name}: every order is on exactly one document",
            not missing and len(billed) == len(firm.orders),
            f"{len(firm.orders)} orders, {len(lines)} documents" + (f"; not so: {missing}" if missing else ""),
        ),
        Check(
            f"{firm.name}: every document is accepted and has the target's identifier",
            not unsent,
            f"{len(lines) - len(unsent)} of {len(lines)}",
        ),
        Check(
            f"{firm.name}: the target computes the same totals",
            not differing,
            f"{len(lines) - len(differing)} of {len(lines)}",
        ),
    ]
    if firm.target.is_sandbox:
        checks.append(_check_books(firm, lines))
    return checks


def _check_books(firm: Firm, lines: Sequence[DocumentLine]) -> Check:
    ours = tuple(sum((Decimal(getattr(line, part)) for line in lines), Decimal(0)) for part in ("net", "vat", "gross"))
    books = firm.target.books()
    invoices = books["invoices"]
    theirs = tuple(sum((Decimal(i[part]) for i in invoices), Decimal(0)) for part in ("net", "vat", "gross"))
    keys = Counter(str(invoice.get("key")) for invoice in invoices)
    same_keys = keys == Counter(line.key for line in lines)
    return Check(
        f"{firm.name}: the {firm.target.kind} sandbox holds each document once, with our totals to the cent",
        ours == theirs and same_keys,
        f"{len(invoices)} invoices; ours {_amounts(ours)}, theirs {_amounts(theirs)}",
    )


def _amounts(parts: Sequence[Decimal]) -> str:
    return " / ".join(f"{part:.2f}" for part in parts)


def check_isolation(first: Firm, second: Firm) -> Check:
    """Check that each firm sees only its own: lists do not meet, and a foreign id is not found."""
    customers = [
        {c["id"] for c in firm.supervisor.pages(f"{CUSTOMERS}/customers", limit=200)} for firm in (first, second)
    ]
    orders = [{o["id"] for o in firm.supervisor.pages(ORDERS, limit=200)} for firm in (first, second)]
    foreign = []
    for looker, owner in ((first, second), (second, first)):
        for path in (f"{ORDERS}/{owner.orders[0].id}", f"{CUSTOMERS}/customers/{owner.orders[0].plan.customer['id']}"):
            try:
                looker.supervisor.get(path)
                foreign.append(path)
            except Refused as refused:
                if refused.status != 404:
                    foreign.append(path)
    ok = not (customers[0] & customers[1]) and not (orders[0] & orders[1]) and not foreign
    return Check(
        "each firm sees only its own",
        ok,
        f"{len(customers[0])} and {len(customers[1])} customers, {len(orders[0])} and {len(orders[1])} orders",
    )
