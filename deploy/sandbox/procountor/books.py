"""What an auditor sees of a simulated Procountor company, in the common shape of both simulators."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .company import Company, Json
from .sums import row_sums


def books(company: Company) -> dict[str, Any]:
    """Invoices by rising id, payments, totals, counters of calls; decimals as strings.

    Totals leave INVALIDATED invoices and orders out. `key` is originalInvoiceNumber.
    """
    with company.guarded():
        invoices = list(company.registers["invoice"].values())
        counted = [one for one in invoices if one["type"] == "SALES_INVOICE" and one["status"] != "INVALIDATED"]
        return {
            "simulator": "procountor",
            "company": {"id": company.id, "name": company.name},
            "invoices": [_invoice(company, one) for one in invoices],
            "payments": [
                {"id": one["id"], **company.notes[("payment", one["id"])], "amount": str(one["amount"])}
                for one in company.registers["payment"].values()
            ],
            "customers": len(company.registers["partner"]),
            "products": len(company.registers["product"]),
            "totals": {
                "invoices": len(counted),
                "net": _sum(counted, "excludingVatTotal"),
                "vat": _sum(counted, "vatSumTotal"),
                "gross": _sum(counted, "invoiceSumTotal"),
                "amount": _sum(counted, "invoiceSumTotal"),
            },
            "calls": dict(company.calls),
        }


def _sum(invoices: list[Json], name: str) -> str:
    return str(sum((_cents(one["invoiceSumInfo"][0][name]) for one in invoices), Decimal("0.00")))


def _cents(value: Any) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


def _invoice(company: Company, invoice: Json) -> dict[str, Any]:
    party = invoice["counterParty"]
    sums = invoice["invoiceSumInfo"][0]
    notes = company.notes[("invoice", invoice["id"])]
    return {
        "id": invoice["id"],
        "number": str(invoice["invoiceNumber"]),
        "key": invoice.get("originalInvoiceNumber") or "",
        "comment": invoice.get("notes") or "",
        "our_reference": invoice.get("sellerReferenceIdentifier") or "",
        "your_reference": invoice.get("buyerReferenceIdentifier") or "",
        "order_reference": invoice.get("orderReference") or "",
        "customer": {
            "id": invoice.get("partnerId"),
            "code": party.get("customerNumber") or "",
            "name": party["counterPartyAddress"]["name"],
        },
        "kind": invoice["type"],
        "status": invoice["status"],
        "deleted": invoice["status"] == "INVALIDATED",
        "date": invoice["date"],
        "due_date": invoice["paymentInfo"]["dueDate"],
        "reference": invoice["paymentInfo"].get("bankReferenceCode") or "",
        "currency": invoice["paymentInfo"]["currency"],
        "tax_handling": str(invoice["vatStatus"]),
        "lines": [_line(company, invoice, place) for place in range(len(invoice["invoiceRows"]))],
        "attachments": [one["name"] for one in invoice.get("attachments") or []],
        "comments": [],
        "net": str(_cents(sums["excludingVatTotal"])),
        "vat": str(_cents(sums["vatSumTotal"])),
        "gross": str(_cents(sums["invoiceSumTotal"])),
        "amount": str(_cents(sums["invoiceSumTotal"])),
        "open": str(_cents(sums["invoiceSumTotal"]) - _cents(notes["paid"])),
        "created_at": notes["created_at"],
    }


def _line(company: Company, invoice: Json, place: int) -> dict[str, Any]:
    row = invoice["invoiceRows"][place]
    gross_prices = invoice["extraInfo"]["unitPricesIncludeVat"]
    sums = row_sums(row, Decimal(invoice["discountPercent"]), prices_include_vat=gross_prices)
    return {
        "product_key": row.get("productId"),
        "product_code": row.get("productCode") or "",
        "name": row["product"],
        "quantity": str(row["quantity"]),
        "unit": row["unit"],
        "unit_price": str(row["unitPrice"]),
        "price_is_gross": gross_prices,
        "discount_percent": str(row["discountPercent"]),
        "vat_code": str(row.get("vatStatus") or invoice["vatStatus"]),
        "vat_percent": str(row["vatPercent"]),
        "free_text": row.get("comment") or "",
        "account": "",
        "dimensions": _dimensions(company, invoice, place),
        "net": str(sums.net),
        "vat": str(sums.vat),
        "gross": str(sums.gross),
        "sums_imposed": False,
    }


def _dimensions(company: Company, invoice: Json, place: int) -> list[str]:
    """`Dimension/item` of a row's posting, by the names in the register."""
    receipt = company.registers["receipt"].get(invoice["ledgerReceiptId"], {"transactions": []})
    entries = [one for one in receipt["transactions"] if one["transactionType"] == "ENTRY"]
    if not invoice["extraInfo"]["accountingByRow"] or place >= len(entries):
        return []
    told = []
    for value in entries[place]["dimensionItemValues"]:
        dimension = company.registers["dimension"][value["dimensionId"]]
        item = next(item for item in dimension["items"] if item["id"] == value["itemId"])
        told.append(f"{dimension['name']}/{item['codeName']}")
    return told
