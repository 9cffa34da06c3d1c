"""What an auditor sees of a simulated Netvisor company: every invoice, payments, totals, counters of calls."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .company import Company
from .records import Invoice


def books(company: Company) -> dict[str, Any]:
    """The books in the common shape of both simulators; decimals as strings.

    Invoices come by rising id; deleted ones are listed and marked, totals leave them and drafts and orders out.
    `key` is the private comment, the place for a client's own key.
    """
    with company.looked_at():
        counted = [one for one in company.invoices.values() if one.kind == "invoice" and not one.deleted]
        return {
            "simulator": "netvisor",
            "company": {"id": company.id, "name": company.name},
            "invoices": [_invoice(company, one) for one in company.invoices.values()],
            "payments": [{"id": key, **payment.to_json()} for key, payment in company.payments.items()],
            "customers": len(company.customers),
            "products": len(company.products),
            "totals": {
                "invoices": len(counted),
                **{
                    part: str(sum((getattr(one.sums, part) for one in counted), Decimal("0.00")))
                    for part in ("net", "vat", "gross")
                },
                "amount": str(sum((one.amount for one in counted), Decimal("0.00"))),
            },
            "calls": dict(company.calls),
        }


def _invoice(company: Company, invoice: Invoice) -> dict[str, Any]:
    customer = company.customers[invoice.customer_key]
    sums = invoice.sums
    return {
        "id": invoice.key,
        "number": invoice.number,
        "key": invoice.document.value("salesinvoiceprivatecomment"),
        "comment": invoice.document.value("salesinvoiceprivatecomment"),
        "our_reference": invoice.document.value("salesinvoiceourreference"),
        "your_reference": invoice.document.value("salesinvoiceyourreference"),
        "order_reference": invoice.document.value("ordernumber"),
        "customer": {
            "id": customer.key,
            "code": customer.text("customerbaseinformation", "internalidentifier"),
            "name": customer.text("customerbaseinformation", "name"),
        },
        "kind": invoice.kind,
        "status": invoice.status,
        "deleted": invoice.deleted,
        "date": invoice.issued_on.isoformat(),
        "due_date": invoice.due_on.isoformat(),
        "reference": invoice.reference,
        "currency": invoice.currency,
        "tax_handling": invoice.document.value("salesinvoicetaxhandlingtype"),
        "lines": [line.to_json() for line in invoice.lines],
        "comments": invoice.comments,
        "net": str(sums.net),
        "vat": str(sums.vat),
        "gross": str(sums.gross),
        "amount": str(invoice.amount),
        "open": str(invoice.open_sum),
        "created_at": invoice.created_at.isoformat(),
    }
