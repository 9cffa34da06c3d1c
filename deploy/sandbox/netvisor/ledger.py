"""accounting.nv, accountingledger.nv, accountlist.nv, accountingperiodlist.nv: what clients read beside sales.

Source: replies of netvisor-api-client (H) and its request schemas. A simplification of ours: sales invoices show in the
ledger as one voucher with receivables, revenue and VAT, and vouchers that do not add up are refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from flask import Response
from lxml import etree

from ..amounts import ZERO, parse_decimal, plain, with_comma
from . import schema
from .call import Call
from .envelope import PERIOD_LOCK, Refused, child, invalid, succeeded
from .reader import Node, parse_date
from .records import Invoice, Voucher, VoucherLine

RECEIVABLES, REVENUE, VAT_DEBT = 1702, 3010, 2939
ACCOUNTS = (
    (1701, "Myyntisaamiset, muut"),
    (RECEIVABLES, "Myyntisaamiset"),
    (VAT_DEBT, "Arvonlisäverovelka"),
    (3000, "Myynti"),
    (REVENUE, "Myynti kotimaa"),
    (3360, "Myynti EU"),
    (3380, "Myynti EU:n ulkopuolelle"),
)
DEFAULT_ACCOUNTS = {
    "TradePayables": 2871,
    "PurchaseVATReceivable": 1763,
    "RoundingOffDifference": 8570,
    "VATpayable": 2946,
    "TaxAccount": 2948,
    "AdvancePayments": 2861,
    "SalesReceivables": RECEIVABLES,
    "SalesVATDebt": VAT_DEBT,
    "Inventory": 1521,
    "SalesDiscount": 3500,
    "SalesExchangeRateDifferences": 3580,
    "Collection": 9170,
    "PurchasesDiscounts": 4230,
    "PurchasesExchangeRateDifferences": 4370,
    "PurchaseInvoiceAccrual": 1849,
    "SalesInvoiceAccrual": 1701,
    "PurchaseDomesticDefault": 4000,
    "PurchaseEUDefault": 4110,
    "PurchaseOutsideEUDefault": 4130,
    "SalesDomesticDefault": REVENUE,
    "SalesEUDefault": 3360,
    "SalesOutsideEUDefault": 3380,
}
_INVOICE_CLASS = "ML Myyntilasku"


def write(call: Call) -> Response:
    """accounting.nv: one voucher; answers the new key."""
    document = call.document(schema.VOUCHER)
    day = parse_date(document.value("voucherdate"))
    if day is None:
        raise invalid("voucherdate is missing")
    if call.company.is_locked(day):
        raise Refused(PERIOD_LOCK, f"Accounting period of {day} is locked")
    lines = [_line(node) for node in document.every("voucherline")]
    if not lines or sum((line.amount for line in lines), ZERO):
        raise invalid("The lines of a voucher must sum to zero")
    company = call.company
    number = document.value("vouchernumber") or str(len(company.vouchers) + 1)
    text, kind = document.value("description"), document.value("voucherclass")
    voucher = Voucher(company.next_key("voucher"), day, number, text, kind, lines)
    company.save_voucher(voucher)
    return succeeded(call.now, inserted=voucher.key)


def show(call: Call) -> Response:
    """accountingledger.nv: vouchers by date, account and key, those of invoices too."""
    begin, end = call.date_param("startdate"), call.date_param("enddate")
    lowest = call.key_param("accountnumberstart") if call.param("accountnumberstart") else 0
    highest = call.key_param("accountnumberend") if call.param("accountnumberend") else 9_999_999
    keys = call.keys_param("netvisorkeylist", 500)
    listing = etree.Element("Vouchers")
    for voucher, source in _vouchers(call):
        if (begin and voucher.day < begin) or (end and voucher.day > end) or (keys and voucher.key not in keys):
            continue
        if any(lowest <= line.account <= highest for line in voucher.lines):
            _append(call, listing, voucher, source)
    return succeeded(call.now, listing)


def list_accounts(call: Call) -> Response:
    """accountlist.nv: the accounts that the simulator knows, in one group."""
    listing = etree.Element("AccountList")
    defaults = child(listing, "CompanyDefaultAccounts")
    for name, number in DEFAULT_ACCOUNTS.items():
        child(defaults, name, str(number))
    accounts = child(listing, "Accounts")
    _append_account(accounts, 1, "", "Tilikartta", "accountgroup", 0)
    for key, (number, name) in enumerate(ACCOUNTS, start=2):
        _append_account(accounts, key, str(number), name, "account", 1)
    return succeeded(call.now, listing)


def list_periods(call: Call) -> Response:
    """accountingperiodlist.nv: the years from the one before last, and the lock; d.m.yyyy as in real replies."""
    listing = etree.Element("AccountingPeriodList")
    locked = call.company.settings.locked_until
    if locked is not None:
        locks = child(listing, "PeriodLockInformation")
        for name in ("AccountingPeriodLockDate", "VatPeriodLockDate", "PurchaseLockDate"):
            child(locks, name, _finnish(locked), format="ansi")
    for key, year in enumerate(range(call.today.year - 2, call.today.year + 2), start=1):
        period = child(listing, "Period")
        child(period, "NetvisorKey", str(key))
        child(period, "Name", str(year))
        child(period, "BeginDate", _finnish(date(year, 1, 1)), format="ansi")
        child(period, "EndDate", _finnish(date(year, 12, 31)), format="ansi")
    return succeeded(call.now, listing)


def _line(node: Node) -> VoucherLine:
    percent = node.first("vatpercent")
    return VoucherLine(
        amount=parse_decimal(node.value("linesum")) or ZERO,
        text=node.value("description"),
        account=int(node.value("accountnumber")),
        vat_percent=parse_decimal(node.value("vatpercent")) or ZERO,
        vat_code=percent.attribute("vatcode").upper() if percent else "",
        dimensions=[(one.value("dimensionname"), one.value("dimensionitem")) for one in node.every("dimension")],
    )


def _vouchers(call: Call) -> Iterator[tuple[Voucher, str]]:
    """Vouchers and what they come from: "voucher" or "salesinvoice"."""
    yield from ((voucher, "voucher") for voucher in call.company.vouchers.values())
    for invoice in call.company.invoices.values():
        # Any status but unsent creates the voucher (sheet 10.5).
        if invoice.kind == "invoice" and invoice.status != "unsent" and not invoice.deleted:
            yield _of_invoice(invoice), "salesinvoice"


def _of_invoice(invoice: Invoice) -> Voucher:
    sums = invoice.sums
    lines = [VoucherLine(sums.gross, "", RECEIVABLES, ZERO, "NONE")]
    for line in invoice.lines:
        account = int(line.account or REVENUE)
        lines.append(
            VoucherLine(-line.sums.net, line.name, account, line.vat_percent, line.vat_code, list(line.dimensions))
        )
    lines.append(VoucherLine(-sums.vat, "", VAT_DEBT, ZERO, "NONE"))
    return Voucher(invoice.key, invoice.issued_on, invoice.number, f"Lasku {invoice.number}", _INVOICE_CLASS, lines)


def _append(call: Call, listing: etree._Element, voucher: Voucher, source: str) -> None:
    row = child(listing, "Voucher", Status="valid")
    child(row, "NetvisorKey", str(voucher.key))
    child(row, "VoucherDate", _finnish(voucher.day))
    child(row, "VoucherNumber", voucher.number)
    child(row, "VoucherDescription", voucher.text)
    child(row, "VoucherClass", voucher.kind)
    if source != "voucher":
        child(row, "LinkedSourceNetvisorKey", str(voucher.key), type=source)
    child(row, "VoucherNetvisorURI", f"{call.base_url}/accountingledger.nv?netvisorkeylist={voucher.key}")
    _append_lines(row, voucher.lines)


def _append_lines(row: etree._Element, lines: Iterable[VoucherLine]) -> None:
    for place, line in enumerate(lines, start=1):
        part = child(row, "VoucherLine")
        child(part, "NetvisorKey", str(place))
        child(part, "LineSum", with_comma(line.amount, 2))
        child(part, "Description", line.text)
        child(part, "AccountNumber", str(line.account))
        child(part, "VatPercent", _percent(line.vat_percent))
        child(part, "VatCode", line.vat_code or "-")
        for name, item in line.dimensions:
            dimension = child(part, "Dimension")
            child(dimension, "DimensionName", name)
            child(dimension, "DimensionItem", item)


def _append_account(parent: etree._Element, key: int, number: str, name: str, kind: str, father: int) -> None:
    account = child(parent, "Account")
    child(account, "NetvisorKey", str(key))
    child(account, "Number", number)
    child(account, "Name", name)
    child(account, "AccountType", kind)
    child(account, "FatherNetvisorKey", str(father))
    for flag in ("IsActive", "IsCumulative"):
        child(account, flag, "1")
    child(account, "Sort", str(key))
    child(account, "EndSort", str(key))
    child(account, "IsNaturalNegative", "0")


def _percent(value: Decimal) -> str:
    return plain(value).replace(".", ",")


def _finnish(day: date) -> str:
    return f"{day.day}.{day.month}.{day.year}"
