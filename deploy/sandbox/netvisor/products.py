"""product.nv, getproduct.nv, productlist.nv. Source: netvisor sheet 9."""

from __future__ import annotations

from decimal import Decimal

from flask import Response
from lxml import etree

from ..amounts import ZERO, parse_decimal, with_comma
from . import schema
from .call import Call
from .envelope import DUPLICATE_DATA, Refused, child, invalid, succeeded
from .records import CardRecord

BASE = "productbaseinformation"
BOOKS = "productbookkeepingdetails"
MOST_IDS = 400
# Replies about products without accounts of their own still carry these.
USUAL_ACCOUNTS = {
    "DefaultDomesticAccountNumber": "3000",
    "DefaultEuAccountNumber": "3360",
    "DefaultOutsideEUAccountNumber": "3380",
}
_NEEDED = ("productgroup", "name", "unitprice", "isactive", "issalesproduct")


def write(call: Call) -> Response:
    """product.nv: add answers the new key, edit answers without one."""
    if call.method("add", "edit") == "add":
        record = CardRecord(0, {}, call.now).merged(call.document(schema.PRODUCT), call.now)
        _check(call, record)
        record.key = call.company.next_key("product")
        call.company.save_product(record)
        return succeeded(call.now, inserted=record.key)
    key = call.key_param("id")
    known = call.company.products.get(key)
    if known is None:
        raise invalid(f"Product not found with Netvisor identifier: {key}")
    record = known.merged(call.document(schema.PRODUCT), call.now)
    _check(call, record)
    call.company.save_product(record)
    return succeeded(call.now)


def get(call: Call) -> Response:
    """getproduct.nv by `id`, `code`, `eancode`, or `idlist`/`codelist` of at most 400; unknown: empty Product."""
    company = call.company
    if call.param("idlist"):
        keys = call.keys_param("idlist", MOST_IDS)
        return _many(call, [company.products[key] for key in keys if key in company.products])
    if call.param("codelist"):
        codes = [code.strip().lower() for code in call.param("codelist").split(",")]
        if len(codes) > MOST_IDS:
            raise invalid(f"Parameter codelist may hold at most {MOST_IDS} values")
        found = [company.products[company.product_codes[code]] for code in codes if code in company.product_codes]
        return _many(call, found)
    record = _one(call)
    return succeeded(call.now, _reply(record) if record else etree.Element("Product"))


def list_products(call: Call) -> Response:
    """productlist.nv: `keyword` over code and name, `changedsince`."""
    keyword = call.param("keyword").lower()
    since = call.time_param("changedsince")
    found = etree.Element("ProductList")
    for record in call.company.products.values():
        texts = (record.text(BASE, "name"), record.text(BASE, "productcode"))
        if keyword and not any(keyword in text.lower() for text in texts):
            continue
        if since is not None and record.changed_at < since:
            continue
        row = child(found, "Product")
        child(row, "NetvisorKey", str(record.key))
        child(row, "ProductCode", record.text(BASE, "productcode"))
        child(row, "Name", record.text(BASE, "name"))
        child(row, "UnitPrice", with_comma(net_price(record), 2))
        child(row, "UnitGrossPrice", with_comma(_gross_price(record), 2))
        child(row, "ProductGroupID")
        child(row, "ProductGroupDescription", record.text(BASE, "productgroup"))
        child(row, "Uri", f"{call.base_url}/getproduct.nv?id={record.key}")
    return succeeded(call.now, found)


def net_price(record: CardRecord) -> Decimal:
    """Unit price without VAT."""
    price = parse_decimal(record.text(BASE, "unitprice")) or ZERO
    if record.attribute(BASE, "unitprice", "type", "net") == "gross":
        return price * 100 / (100 + _vat_percent(record))
    return price


def _gross_price(record: CardRecord) -> Decimal:
    return net_price(record) * (100 + _vat_percent(record)) / 100


def _vat_percent(record: CardRecord) -> Decimal:
    return parse_decimal(record.text(BOOKS, "defaultvatpercentage")) or ZERO


def _one(call: Call) -> CardRecord | None:
    company = call.company
    if call.param("code"):
        return company.products.get(company.product_codes.get(call.param("code").lower(), 0))
    if call.param("eancode"):
        code = call.param("eancode")
        names = ("primaryeancode", "secondaryeancode")
        return next(
            (one for one in company.products.values() if code in [one.text(BASE, name) for name in names]), None
        )
    return company.products.get(call.key_param("id"))


def _many(call: Call, records: list[CardRecord]) -> Response:
    products = etree.Element("Products")
    for record in records:
        products.append(_reply(record))
    return succeeded(call.now, products)


def _reply(record: CardRecord) -> etree._Element:
    product = etree.Element("Product")
    base = child(product, "ProductBaseInformation")
    child(base, "NetvisorKey", str(record.key))
    for name in ("ProductCode", "ProductGroup", "Name", "Description"):
        child(base, name, record.text(BASE, name.lower()))
    price = parse_decimal(record.text(BASE, "unitprice")) or ZERO
    child(base, "UnitPrice", with_comma(price, 4), type=record.attribute(BASE, "unitprice", "type", "net"))
    for name in ("Unit", "UnitWeight", "PurchasePrice", "TariffHeading", "ComissionPercentage"):
        child(base, name, record.text(BASE, name.lower()))
    for name in ("IsActive", "IsSalesProduct"):
        child(base, name, record.text(BASE, name.lower()))
    books = child(product, "ProductBookkeepingDetails")
    child(books, "DefaultVatPercent", with_comma(_vat_percent(record), 1))
    for name, usual in USUAL_ACCOUNTS.items():
        child(books, name, record.text(BOOKS, name.lower()) or usual)
    stock = child(product, "ProductInventoryDetails")
    for name in ("Amount", "MidPrice", "Value", "ReservedAmount", "OrderedAmount"):
        child(stock, f"Inventory{name}", "0,00")
    return product


def _check(call: Call, record: CardRecord) -> None:
    missing = [name for name in _NEEDED if not record.text(BASE, name)]
    if missing:
        raise invalid(f"Product is missing {', '.join(missing)}")
    code = record.text(BASE, "productcode")
    owner = call.company.product_codes.get(code.lower()) if code else None
    if owner is not None and owner != record.key:
        raise Refused(DUPLICATE_DATA, f"Product code {code} is already in use")
