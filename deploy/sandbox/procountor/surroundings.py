"""What a client reads about the company: status, session, VAT, accounts, receipts. Source: procountor sheet 1, 6, 8."""

from __future__ import annotations

from decimal import Decimal

from .call import Call, page
from .checking import refused
from .company import USER_ID, Json
from .invoices import found
from .sums import row_sums

# Meaning of the VAT status numbers that public sources show; the others have no public description.
VAT_STATUS_NAMES = {
    1: "Domestic",
    3: "Sale outside the EU",
    5: "EU sale of goods",
    12: "No VAT handling",
}
SALES_ACCOUNT, RECEIVABLES_ACCOUNT = "3000", "1701"


def session(call: Call) -> Json:
    """GET /sessioninfo."""
    return {
        "companyId": 1,
        "name": call.company.name,
        "country": "FINLAND",
        "productVersion": "FINANCIALS_PREMIUM",
        "userId": USER_ID,
        "userName": "sandbox",
    }


def company_info(call: Call) -> Json:
    """GET /company: the name only, the rest of the real answer is not simulated."""
    return {"name": call.company.name}


def vat_defaults(call: Call) -> Json:
    """GET /vats/default."""
    settings = call.company.settings
    percentages = [{"vatPercent": percent, "sales": True, "purchase": True} for percent in settings.vat_percentages]
    statuses = [
        {
            "vatStatus": number,
            "description": VAT_STATUS_NAMES.get(number, f"vat_{number}"),
            "sales": True,
            "purchase": False,
        }
        for number in settings.vat_statuses
    ]
    return {"vatInformation": [{"country": "FINLAND", "percentages": percentages}], "vatStatuses": statuses}


def vat_of_country(call: Call) -> Json:
    """GET /vats/country?countryCode=FI."""
    code = call.query.get("countryCode", "").upper()
    if len(code) != 2 or not code.isalpha():
        raise refused(400, f"INVALID_ENUM_VALUE {code}", "countryCode")
    percentages = call.company.settings.vat_percentages if code == "FI" else ()
    return {"vatPercentages": list(percentages)}


def bank_accounts(call: Call) -> Json:
    """GET /bankaccounts."""
    accounts = [
        {"id": place, "accountNumber": number, "currency": "EUR"}
        for place, number in enumerate(call.company.settings.bank_accounts, start=1)
    ]
    return page(call, accounts)


def receipt(call: Call) -> Json:
    """GET /ledgerreceipts/{id}: the postings of an invoice, one ENTRY per row with accountingByRow, else one in all."""
    receipt_id = call.key()
    for invoice in call.company.registers["invoice"].values():
        if invoice["ledgerReceiptId"] == receipt_id:
            return _receipt(call, invoice)
    raise refused(404, "NOT_FOUND")


def invoice_comments(call: Call) -> Json:
    """GET /invoices/{id}/comments: none are ever made."""
    found(call)
    return {"comments": []}


def _receipt(call: Call, invoice: Json) -> Json:
    prices_include_vat = invoice["extraInfo"]["unitPricesIncludeVat"]
    discount = Decimal(invoice["discountPercent"])
    rows = [(row, row_sums(row, discount, prices_include_vat=prices_include_vat)) for row in invoice["invoiceRows"]]
    gross = invoice["invoiceSumInfo"][0]["invoiceSumTotal"]
    transactions = [_transaction(invoice, 1, RECEIVABLES_ACCOUNT, gross, Decimal(0), "REVERSING_ENTRY")]
    if invoice["extraInfo"]["accountingByRow"]:
        for place, (row, sums) in enumerate(rows, start=2):
            entry = _transaction(invoice, place, SALES_ACCOUNT, -sums.net, Decimal(row["vatPercent"]), "ENTRY")
            transactions.append(entry | {"description": row["product"]})
    else:
        net = sum((sums.net for _, sums in rows), Decimal(0))
        percent = Decimal(rows[0][0]["vatPercent"])
        transactions.append(_transaction(invoice, 2, SALES_ACCOUNT, -net, percent, "ENTRY"))
    return {
        "id": invoice["ledgerReceiptId"],
        "type": invoice["type"],
        "status": invoice["status"],
        "name": invoice["counterParty"]["counterPartyAddress"]["name"],
        "receiptDate": invoice["date"],
        "vatType": "SALES",
        "vatStatus": invoice["vatStatus"],
        "invoiceId": invoice["id"],
        "invoiceNumber": invoice["invoiceNumber"],
        "version": invoice["version"],
        "transactions": transactions,
    }


def _transaction(invoice: Json, place: int, account: str, value: Decimal, vat_percent: Decimal, kind: str) -> Json:
    return {
        "id": invoice["ledgerReceiptId"] * 100 + place,
        "transactionType": kind,
        "account": account,
        "accountingValue": value,
        "vatPercent": vat_percent,
        "vatType": "SALES",
        "vatStatus": invoice["vatStatus"],
        "dimensionItemValues": [],
    }
