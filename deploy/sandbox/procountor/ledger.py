"""/ledgerreceipts: the postings behind each invoice, and journals. Source: procountor sheet 8.

A receipt is made with its invoice and kept, so that dimensions can be written on it; editing the invoice makes a new
one with a new id and without dimensions, as the sheet warns.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from . import enums
from .call import Call, check_version, page
from .checking import Fields, Problems, check_characters, refused
from .company import Company, Json, new_version
from .dimensions import item_of
from .sums import row_sums

SALES_ACCOUNT, RECEIVABLES_ACCOUNT = "3000", "1701"
ACCOUNTS = {
    RECEIVABLES_ACCOUNT: "Myyntisaamiset",
    "1910": "Pankkitili",
    "2939": "Arvonlisäverovelka",
    SALES_ACCOUNT: "Myynti",
    "3100": "Palvelumyynti",
    "4000": "Ostot",
}
LISTED = ("id", "type", "status", "name", "receiptDate", "receiptNumber", "invoiceNumber", "created", "version")
_TEXTS = {"accountantsNotes": 255, "transactionDescription": 255, "invoiceNotes": 10_000, "partnerCode": 80}
_READ_ONLY = (
    "id", "status", "invoiceId", "invoiceNumber", "receiptNumber", "attachments", "version", "created",
    "vatProcessing", "serialNumber", "depreciation", "receiptValidity",
)  # fmt: skip
_TRANSACTION_TYPES = frozenset(("ENTRY", "REVERSING_ENTRY", "RECONCILIATION_ENTRY"))
_CHANGED = ("name", "receiptDate", "vatStatus", "periodStartDate", "periodEndDate", "vatDate", *_TEXTS)


def receipt_of(company: Company, invoice: Json) -> Json:
    """A new receipt for an invoice: one ENTRY per row with accountingByRow, else one in all."""
    receipt_id = invoice["ledgerReceiptId"]
    return {
        "id": receipt_id,
        "type": invoice["type"],
        "name": invoice["counterParty"]["counterPartyAddress"]["name"],
        "receiptDate": invoice["date"],
        "vatType": "SALES",
        "vatStatus": invoice["vatStatus"],
        "invoiceId": invoice["id"],
        "invoiceNumber": invoice["invoiceNumber"],
        "receiptNumber": receipt_id - 500_000,
        "version": invoice["version"],
        "transactions": _transactions(invoice),
        "attachments": [],
    }


def get(call: Call) -> Json:
    """GET /ledgerreceipts/{id}."""
    return _shown(call.company, _found(call))


def search(call: Call) -> Json:
    """GET /ledgerreceipts with `types`, `status`, `startDate`, `endDate`; the rows are shortened."""
    types, statuses = set(call.texts("types")), set(call.texts("status"))
    unknown = types - enums.RECEIPT_TYPES
    if unknown:
        raise refused(400, f"INVALID_ENUM_VALUE {', '.join(sorted(unknown))}", "types")
    return page(call, _listed(call, types, statuses))


def create(call: Call) -> Json:
    """POST /ledgerreceipts: journals only, whose transactions must sum to nothing."""
    body = call.json()
    problems = Problems()
    fields = _checked(call, body, problems)
    if body.get("type") not in (None, "JOURNAL"):
        fields.problem("type", "NOT_ALLOWED only JOURNAL can be made")
    rows = [row for row in body.get("transactions") or [] if isinstance(row, dict)]
    if sum((_decimal(row.get("accountingValue")) for row in rows), Decimal(0)):
        fields.problem("transactions", "UNBALANCED debit and credit differ")
    problems.refuse_if_any()
    receipt_id = call.company.next_id("receipt")
    version = new_version(call.now)
    receipt = {
        **{name: value for name, value in body.items() if value is not None and name not in _READ_ONLY},
        "id": receipt_id,
        "status": "UNFINISHED",
        "receiptNumber": receipt_id - 500_000,
        "version": version,
        "transactions": [
            {"dimensionItemValues": [], **row, "id": receipt_id * 100 + place}
            for place, row in enumerate(rows, start=1)
        ],
        "attachments": [],
    }
    call.company.save("receipt", receipt, {"created": version[:19]})
    return _shown(call.company, receipt)


def change(call: Call) -> Json:
    """PUT /ledgerreceipts/{id}: the whole receipt with the current version; this is where dimensions are written."""
    known = _found(call)
    body = call.json()
    check_version(body, known)
    problems = Problems()
    fields = _checked(call, body, problems)
    if body.get("type") != known["type"]:
        fields.problem("type", "NOT_CHANGEABLE")
    given = {row.get("id"): row for row in body.get("transactions") or [] if isinstance(row, dict)}
    if set(given) != {row["id"] for row in known["transactions"]}:
        fields.problem("transactions", "INVALID_TRANSACTIONS the receipt's own ones are expected, each with its id")
    problems.refuse_if_any()
    changes = {name: body[name] for name in _CHANGED if body.get(name) is not None}
    transactions = [{**row, **_kept(given[row["id"]])} for row in known["transactions"]]
    version = new_version(call.now, known["version"])
    receipt = {**known, **changes, "transactions": transactions, "version": version}
    call.company.save("receipt", receipt)
    return _shown(call.company, receipt)


def _kept(given: Json) -> Json:
    """What a PUT may change of a transaction of an invoice: not its value."""
    names = ("account", "vatStatus", "description", "dimensionItemValues", "partnerId")
    return {name: given[name] for name in names if given.get(name) is not None}


def _checked(call: Call, body: Json, problems: Problems) -> Fields:
    check_characters(body, "", problems)
    fields = Fields(body, "", problems)
    fields.choice("type", enums.RECEIPT_TYPES, required=True)
    fields.text("name", required=True, max_length=80)
    for name in ("receiptDate", "periodStartDate", "periodEndDate", "vatDate"):
        fields.day(name, required=name == "receiptDate")
    fields.choice("vatType", frozenset(("SALES", "PURCHASE")), required=True)
    if (status := fields.integer("vatStatus", required=True)) not in (None, *call.company.settings.vat_statuses):
        fields.problem("vatStatus", f"INVALID_VAT_STATUS {status}")
    for name, most in _TEXTS.items():
        fields.text(name, max_length=most)
    for row in fields.objects("transactions", required=True):
        _check_transaction(call.company, row)
    fields.ignore(*_READ_ONLY)
    fields.finish()
    return fields


def _check_transaction(company: Company, row: Fields) -> None:
    kind = row.choice("transactionType", _TRANSACTION_TYPES)
    account = row.text("account", required=True)
    if account is not None and account not in ACCOUNTS:
        row.problem("account", "INVALID_ACCOUNT it is not in the chart of accounts")
    value = row.number("accountingValue", required=True, decimals=2)
    row.number("vatPercent", least=0, most=100)
    row.text("description", max_length=255)
    sums: dict[int, Decimal] = {}
    for each in row.objects("dimensionItemValues"):
        dimension_id, item_id = each.integer("dimensionId", required=True), each.integer("itemId", required=True)
        share = each.number("value", required=True, decimals=2)
        each.finish()
        if dimension_id is None or item_id is None or share is None:
            continue
        if item_of(company, dimension_id, item_id) is None:
            each.problem("itemId", "DIMENSION_ITEM_NOT_FOUND or not active")
        sums[dimension_id] = sums.get(dimension_id, Decimal(0)) + share
    if sums and kind not in (None, "ENTRY"):
        row.problem("dimensionItemValues", "NOT_ALLOWED only on entries")
    if value is not None and any(total != value for total in sums.values()):
        row.problem("dimensionItemValues", "INVALID_SUM the values must sum to the accounting value")
    row.ignore(
        "id", "vatType", "vatStatus", "vatDeductionPercent", "balanceCode", "allocations", "partnerId", "startDate",
        "endDate",
    )  # fmt: skip
    row.finish()


def _found(call: Call) -> Json:
    receipt = call.company.registers["receipt"].get(call.key())
    if receipt is None or call.company.notes.get(("receipt", receipt["id"]), {}).get("gone"):
        raise refused(404, "NOT_FOUND")
    return receipt


def _listed(call: Call, types: set[str], statuses: set[str]) -> Iterator[Json]:
    company = call.company
    for receipt in company.registers["receipt"].values():
        notes = company.notes.get(("receipt", receipt["id"]), {})
        shown = {**_shown(company, receipt), "created": notes.get("created")}
        if (
            notes.get("gone")
            or (types and shown["type"] not in types)
            or (statuses and shown["status"] not in statuses)
            or not call.is_between(shown["receiptDate"], "startDate", "endDate")
        ):
            continue
        yield {name: shown[name] for name in LISTED if shown.get(name) is not None}


def _shown(company: Company, receipt: Json) -> Json:
    """With the status of the invoice, which a receipt has not of its own."""
    invoice = company.registers["invoice"].get(receipt.get("invoiceId", 0))
    return {**receipt, "status": invoice["status"] if invoice else receipt.get("status", "UNFINISHED")}


def _transactions(invoice: Json) -> list[Json]:
    prices_include_vat = invoice["extraInfo"]["unitPricesIncludeVat"]
    discount = Decimal(invoice["discountPercent"])
    rows = [(row, row_sums(row, discount, prices_include_vat=prices_include_vat)) for row in invoice["invoiceRows"]]
    gross = invoice["invoiceSumInfo"][0]["invoiceSumTotal"]
    transactions = [_transaction(invoice, 1, RECEIVABLES_ACCOUNT, gross, Decimal(0), "REVERSING_ENTRY")]
    if invoice["extraInfo"]["accountingByRow"]:
        for place, (row, sums) in enumerate(rows, start=2):
            entry = _transaction(invoice, place, SALES_ACCOUNT, -sums.net, Decimal(row["vatPercent"]), "ENTRY")
            transactions.append(entry | {"description": row["product"][:255]})
    else:
        net = sum((sums.net for _, sums in rows), Decimal(0))
        percent = Decimal(rows[0][0]["vatPercent"])
        transactions.append(_transaction(invoice, 2, SALES_ACCOUNT, -net, percent, "ENTRY"))
    return transactions


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


def _decimal(value: Any) -> Decimal:
    return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else Decimal(0)
