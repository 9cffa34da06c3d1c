"""salesinvoice.nv: adding and editing. Source: netvisor sheet 10.1 to 10.4."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from flask import Response

from ..amounts import ZERO, parse_decimal, round_to, total
from . import dimensions, products, schema, vat
from .call import Call
from .company import Company
from .envelope import DUPLICATE_DATA, PERIOD_LOCK, Refused, invalid, succeeded
from .reader import Node, parse_date
from .records import CardRecord, Invoice, ProductLine
from .sums import line_sums

DEFAULT_TERM_DAYS = 14
_STATUSES = {"invoice": ("open", "unsent"), "order": ("delivered", "undelivered"), "invoicedraft": ("",)}


def write(call: Call) -> Response:
    """salesinvoice.nv: add answers the new key, edit replaces the whole document and answers without one."""
    if call.method("add", "edit") == "add":
        invoice = _invoice(call, call.document(schema.SALES_INVOICE), None)
        invoice.key = call.company.next_key("invoice")
        call.company.save_invoice(invoice)
        return succeeded(call.now, inserted=invoice.key)
    key = call.key_param("id")
    known = call.company.invoices.get(key)
    if known is None or known.deleted:
        raise invalid(f"Sales invoice not found with Netvisor identifier: {key}")
    if call.company.is_locked(known.issued_on):
        raise Refused(PERIOD_LOCK, f"Accounting period of {known.issued_on} is locked")
    call.company.save_invoice(_invoice(call, call.document(schema.SALES_INVOICE), known))
    return succeeded(call.now)


def _invoice(call: Call, document: Node, known: Invoice | None) -> Invoice:
    kind = document.value("invoicetype").lower() or "invoice"
    status = document.value("salesinvoicestatus").lower()
    _check_status(kind, status, document)
    issued_on = _day(document, "salesinvoicedate")
    if call.company.is_locked(issued_on):
        raise Refused(PERIOD_LOCK, f"Accounting period of {issued_on} is locked")
    customer = _customer(call.company, document)
    due_on = _due_day(document, issued_on)
    lines = [
        _line(call.company, node, issued_on)
        for row in document.first("invoicelines").every("invoiceline")  # type: ignore[union-attr] # mandatory
        for node in row.every("salesinvoiceproductline")
    ]
    dimensions.make_missing(
        call.company,
        [pair for line in lines for pair in line.dimensions],
        only_existing=call.param("useonlyexistingdimensions") == "1",
    )
    amount, stated = _amount(document, lines)
    series = f"{kind}:{document.value('secondname').lower()}"
    number = _number(call.company, kind, series, document, known)
    return Invoice(
        key=known.key if known else 0,
        kind=kind,
        number=number,
        series=series,
        status=status,
        substatus="",
        issued_on=issued_on,
        due_on=due_on,
        customer_key=customer.key,
        reference=document.value("salesinvoicereferencenumber") or _reference(number),
        currency=_currency(document),
        amount=amount,
        stated=stated,
        lines=lines,
        comments=_comments(document),
        document=document,
        created_at=known.created_at if known else call.now,
        changed_at=call.now,
        settled=known.settled if known else ZERO,
        matched=list(known.matched) if known else [],
    )


def _check_status(kind: str, status: str, document: Node) -> None:
    if status not in _STATUSES[kind]:
        allowed = " or ".join(name or "empty" for name in _STATUSES[kind])
        raise invalid(f"Status of a sales {kind} must be {allowed}")
    if kind == "invoicedraft" and document.first("invoicevoucherlines"):
        raise invalid("A draft must not have voucher lines")
    if kind != "order" and document.first("salesinvoiceproductpackagepallet"):
        raise invalid("salesinvoiceproductpackagepallet is for orders only")


def _day(document: Node, name: str) -> date:
    day = parse_date(document.value(name))
    if day is None:
        raise invalid(f"{name} is missing")
    return day


def _customer(company: Company, document: Node) -> CardRecord:
    node = document.first("invoicingcustomeridentifier")
    if node is None:
        raise invalid("Customer is missing")
    record = None
    match node.attribute("type"):
        case "netvisor":
            record = company.customers.get(int(node.text)) if node.text.isdecimal() else None
        case "customer":
            record = company.customers.get(company.customer_codes.get(node.text.lower(), 0))
        case _:
            record = next(
                (
                    one
                    for one in company.customers.values()
                    if one.text("customerbaseinformation", "organizationunitnumber") == node.text
                ),
                None,
            )
    if record is None:
        raise invalid(f"Customer not found with {node.attribute('type')} identifier: {node.text}")
    return record


def _due_day(document: Node, issued_on: date) -> date:
    """Due date, payment term or net days: one of them is needed; an explicit due date wins."""
    if document.value("salesinvoiceduedate"):
        return _day(document, "salesinvoiceduedate")
    if document.value("paymenttermnetdays"):
        return issued_on + timedelta(days=int(document.value("paymenttermnetdays")))
    term = document.first("paymentterm")
    if term is None:
        raise invalid("One of salesinvoiceduedate, paymentterm and paymenttermnetdays is needed")
    if term.attribute("type", "netvisor") in ("netvisor", "customer"):
        days = schema.PAYMENT_TERM_DAYS.get(int(term.text)) if term.text else None
        if days is None:
            raise invalid(f"Payment term not found: {term.text}")
        return issued_on + timedelta(days=days)
    return issued_on + timedelta(days=DEFAULT_TERM_DAYS)


def _line(company: Company, node: Node, issued_on: date) -> ProductLine:
    product = _product(company, node)
    price = node.first("productunitprice")
    percent = _decimal(node, "productvatpercentage")
    quantity = _decimal(node, "salesinvoiceproductlinequantity")
    discount = _optional(node, "salesinvoiceproductlinediscountpercentage")
    unit_price = _decimal(node, "productunitprice")
    price_is_gross = price is not None and price.attribute("type") == "gross"
    given_vat = _optional(node, "salesinvoiceproductlinevatsum")
    given_gross = _optional(node, "salesinvoiceproductlinesum")
    return ProductLine(
        product_key=product.key,
        product_code=product.text(products.BASE, "productcode"),
        name=node.value("productname") or product.text(products.BASE, "name"),
        quantity=quantity,
        unit=node.value("productunitname") or product.text(products.BASE, "unit"),
        unit_price=unit_price,
        price_is_gross=price_is_gross,
        discount_percent=discount or ZERO,
        vat_code=_vat_code(node, percent, issued_on),
        vat_percent=percent,
        free_text=node.value("salesinvoiceproductlinefreetext"),
        account=node.value("accountingaccountsuggestion"),
        dimensions=[(one.value("dimensionname"), one.value("dimensionitem")) for one in node.every("dimension")],
        sums=line_sums(
            quantity=quantity,
            unit_price=unit_price,
            price_is_gross=price_is_gross,
            discount_percent=discount or ZERO,
            vat_percent=percent,
            given_vat=given_vat,
            given_gross=given_gross,
        ),
        imposed=given_vat is not None and given_gross is not None,
    )


def _product(company: Company, line: Node) -> CardRecord:
    node = line.first("productidentifier")
    if node is None:
        raise invalid("Product is missing")
    kind = node.attribute("type")
    record = None
    if kind == "netvisor":
        record = company.products.get(int(node.text)) if node.text.isdecimal() else None
    elif kind == "customer":
        record = company.products.get(company.product_codes.get(node.text.lower(), 0))
    else:
        record = next((one for one in company.products.values() if one.text(products.BASE, kind) == node.text), None)
    if record is None:
        raise invalid(f"Product not found with {kind} identifier: {node.text}")
    return record


def _vat_code(line: Node, percent: Decimal, issued_on: date) -> str:
    node = line.first("productvatpercentage")
    code = node.attribute("vatcode") if node else ""
    if not code:
        if not line.value("accountingaccountsuggestion"):
            raise invalid("VAT code is missing and there is no posting suggestion")
        return ""
    if not vat.is_allowed(code, percent, issued_on):
        raise invalid(f"VAT percentage {percent} is not allowed with VAT code {code.upper()}")
    return code.upper()


def _amount(document: Node, lines: list[ProductLine]) -> tuple[Decimal, bool]:
    """The gross total and whether the client stated it; a stated one replaces the computed one (sheet 10.3)."""
    given = _optional(document, "salesinvoiceamount")
    if given is not None:
        return round_to(given), True
    return total([line.sums for line in lines]).gross, False


def _number(company: Company, kind: str, series: str, document: Node, known: Invoice | None) -> str:
    if kind == "invoicedraft":
        return ""
    given = document.value("salesinvoicenumber")
    if not given:
        return known.number if known and known.series == series else company.next_number(series)
    taken = [one for one in company.numbered(series, given) if known is None or one.key != known.key]
    if taken and company.settings.unique_invoice_numbers:
        raise Refused(DUPLICATE_DATA, f"Sales invoice number {given} is already in use")
    return given


def _currency(document: Node) -> str:
    node = document.first("salesinvoiceamount")
    return (node.attribute("iso4217currencycode", "eur") if node else "eur").upper()


def _comments(document: Node) -> list[str]:
    rows = document.first("invoicelines")
    return [
        node.value("comment")
        for row in (rows.every("invoiceline") if rows else ())
        for node in row.every("salesinvoicecommentline")
    ]


def _reference(number: str) -> str:
    """A national reference number made of the invoice number and the check digit (weights 7, 3, 1)."""
    digits = "".join(sign for sign in number if sign.isdecimal())
    if not digits:
        return ""
    base = "1" + digits.zfill(5)  # the leading one keeps short numbers long enough and all of them apart
    weighted = sum(int(digit) * (7, 3, 1)[place % 3] for place, digit in enumerate(reversed(base)))
    return base + str(-weighted % 10)


def _decimal(node: Node, name: str) -> Decimal:
    value = parse_decimal(node.value(name))
    if value is None:
        raise invalid(f"{name} is missing")
    return value


def _optional(node: Node, name: str) -> Decimal | None:
    return parse_decimal(node.value(name))
