"""/invoices: creating, changing, reading, searching. Source: procountor sheet 5."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from . import enums
from .call import Call, by_ids, check_version, page
from .checking import refused
from .company import USER_ID, Company, Json, new_version
from .finnish import check_digit
from .invoice_rules import READ_ONLY, Surroundings, check_invoice
from .ledger import receipt_of
from .sums import invoice_sums

LISTED = (
    "id", "partnerId", "type", "status", "invoiceNumber", "originalInvoiceNumber", "invoiceChannel", "date",
    "dueDate", "newDueDate", "created", "version", "invoiceSumInfo", "creatorId", "counterParty", "isOffer",
)  # fmt: skip
MOST_PRODUCT_IDS = 200


def create(call: Call) -> Json:
    """POST /invoices: always UNFINISHED; answers the whole object with the server's totals."""
    company = call.company
    body = call.json()
    check_invoice(body, _surroundings(company))
    invoice = _complete(company, body)
    invoice_id = company.next_id("invoice")
    number = company.next_invoice_number()
    reference = invoice["paymentInfo"].get("bankReferenceCode")
    if reference == "":
        base = f"1{number:05d}"
        invoice["paymentInfo"]["bankReferenceCode"] = base + check_digit(base)
    invoice |= {
        "id": invoice_id,
        "status": "UNFINISHED",
        "invoiceNumber": number,
        "ledgerReceiptId": company.next_id("receipt"),
        "creatorId": USER_ID,
        "attachments": [],
        "version": new_version(call.now),
    }
    notes = {"created_at": call.now.isoformat(), "created": invoice["version"][:19], "paid": "0.00"}
    company.save("invoice", invoice, notes)
    company.save("receipt", receipt_of(company, invoice), {"created": notes["created"]})
    return invoice


def change(call: Call) -> Json:
    """PUT /invoices/{id}: whole body with the current version, only while UNFINISHED; partnerId is fixed.

    The ledger receipt is made anew, with another id and without dimensions.
    """
    company = call.company
    known = found(call)
    body = call.json()
    check_version(body, known)
    if known["status"] != "UNFINISHED":
        raise refused(403, "WRONG_STATUS only an UNFINISHED sales invoice can be changed", "status")
    check_invoice(body, _surroundings(company))
    if body.get("partnerId") not in (None, known.get("partnerId")):
        raise refused(400, "NOT_CHANGEABLE", "partnerId")
    kept = {name: known[name] for name in (*READ_ONLY, "partnerId") if name in known}
    invoice = _complete(company, body) | kept
    invoice |= _sum_info(company, invoice) | {"version": new_version(call.now, known["version"])}
    old = company.registers["receipt"].get(known["ledgerReceiptId"])
    if old is not None:
        company.save("receipt", old, {"gone": True})
    invoice["ledgerReceiptId"] = company.next_id("receipt")
    company.save("invoice", invoice)
    company.save("receipt", receipt_of(company, invoice), {"created": invoice["version"][:19]})
    return invoice


def get(call: Call) -> Json | list[Json]:
    """GET /invoices/{ids}."""
    return by_ids(call, call.company.registers["invoice"])


def search(call: Call) -> Json:
    """GET /invoices with the filters of sheet 5.6.

    originalInvoiceNumber matches by substring: whether the real one does is not documented, so a client must
    compare exactly.
    """
    return page(call, (_listed(call, one) for one in _found(call)))


def found(call: Call) -> Json:
    """The invoice of the path. Raises Refused(404)."""
    invoice = call.company.registers["invoice"].get(call.key())
    if invoice is None:
        raise refused(404, "INVOICE_NOT_FOUND")
    return invoice


def _surroundings(company: Company) -> Surroundings:
    settings = company.settings
    return Surroundings(
        company.registers["partner"].keys(),
        company.registers["product"].keys(),
        settings.vat_percentages,
        settings.vat_statuses,
        settings.bank_accounts,
    )


def _complete(company: Company, body: Json) -> Json:
    """The body without read-only fields and nulls, with what the server fills in."""
    invoice = {name: value for name, value in body.items() if name not in READ_ONLY and value is not None}
    invoice["paymentInfo"] = dict(invoice["paymentInfo"])
    invoice["invoiceRows"] = [
        {**{name: value for name, value in row.items() if value is not None}, "id": place}
        for place, row in enumerate(invoice["invoiceRows"], start=1)
    ]
    own = invoice["counterParty"]["counterPartyAddress"]
    for name in ("billingAddress", "deliveryAddress"):
        if name not in invoice:
            invoice[name] = dict(own)
        elif not invoice[name]:
            del invoice[name]
    return invoice | _sum_info(company, invoice)


def _sum_info(company: Company, invoice: Json) -> Json:
    sums = invoice_sums(
        invoice["invoiceRows"],
        Decimal(invoice["discountPercent"]),
        prices_include_vat=invoice["extraInfo"]["unitPricesIncludeVat"],
        rounding=company.settings.rounding,
    )
    info = {
        "currency": invoice["paymentInfo"]["currency"],
        "inAccountingCurrency": invoice["paymentInfo"]["currency"] == "EUR",
        "excludingVatTotal": sums.net,
        "vatSumTotal": sums.vat,
        "invoiceSumTotal": sums.gross,
    }
    return {"invoiceSumInfo": [info]}


def _listed(call: Call, invoice: Json) -> Json:
    notes = call.company.notes[("invoice", invoice["id"])]
    full = {
        **invoice,
        "dueDate": invoice["paymentInfo"]["dueDate"],
        "newDueDate": invoice["paymentInfo"].get("newDueDate"),
        "created": notes["created"],
    }
    return {name: full[name] for name in LISTED if full.get(name) is not None}


def _found(call: Call) -> Iterator[Json]:
    company = call.company
    types, statuses = set(call.texts("types")), set(call.texts("status"))
    _check_enums("types", types, enums.INVOICE_TYPES | {"PERIODIC_TAX_RETURN"})
    _check_enums("status", statuses, enums.STATUSES)
    partner, number = call.number("businessPartnerId"), call.number("invoiceNumber")
    key, term = call.query.get("originalInvoiceNumber", ""), call.query.get("searchTerm", "").lower()
    channels, offer = set(call.texts("invoiceChannel")), call.flag("isOffer")
    product_ids = {int(text) for text in call.texts("productId") if text.isdecimal()}
    if len(product_ids) > MOST_PRODUCT_IDS:
        raise refused(400, f"TOO_MANY_VALUES at most {MOST_PRODUCT_IDS}", "productId")
    visible_until = (call.now - timedelta(seconds=company.settings.search_lag_s)).isoformat()
    for invoice in company.registers["invoice"].values():
        if (
            (types and invoice["type"] not in types)
            or (key and key not in (invoice.get("originalInvoiceNumber") or ""))
            or (statuses and invoice["status"] not in statuses)
            or (partner is not None and invoice.get("partnerId") != partner)
            or (number is not None and invoice["invoiceNumber"] != number)
            or (channels and invoice["invoiceChannel"] not in channels)
            or (offer is not None and bool(invoice.get("isOffer")) != offer)
            or (product_ids and not product_ids & {row.get("productId") for row in invoice["invoiceRows"]})
            or (term and not _has_term(invoice, term))
            or company.notes[("invoice", invoice["id"])]["created_at"] > visible_until
            or not _is_in_time(call, invoice)
        ):
            continue
        yield invoice


def _check_enums(name: str, given: set[str], allowed: frozenset[str]) -> None:
    unknown = given - allowed
    if unknown:
        raise refused(400, f"INVALID_ENUM_VALUE {', '.join(sorted(unknown))}", name)


def _has_term(invoice: Json, term: str) -> bool:
    texts = (
        invoice["counterParty"]["counterPartyAddress"]["name"],
        str(invoice["invoiceNumber"]),
        invoice.get("additionalInformation") or "",
    )
    return any(term in text.lower() for text in texts)


def _is_in_time(call: Call, invoice: Json) -> bool:
    created = call.company.notes[("invoice", invoice["id"])]["created"]
    return (
        call.is_between(invoice["date"], "startDate", "endDate")
        and call.is_between(created, "createdStartDate", "createdEndDate")
        and call.is_between(invoice["version"], "versionStartDate", "versionEndDate")
        and call.is_between(invoice["paymentInfo"]["dueDate"], "dueStartDate", "dueEndDate")
    )
