"""dimensionlist.nv, dimensionitem.nv and paymenttermlist.nv. Source: netvisor sheet 7, 10.5, 10.6."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response
from lxml import etree

from . import schema
from .call import Call
from .company import Company
from .envelope import child, invalid, succeeded
from .records import DimensionItem


def list_dimensions(call: Call) -> Response:
    """dimensionlist.nv: dimensions with their items; hidden ones only with showhidden=1."""
    show_hidden = call.param("showhidden") == "1"
    listing = etree.Element("DimensionNameList")
    by_name: dict[str, list[DimensionItem]] = {}
    for item in call.company.dimensions.values():
        if show_hidden or not item.hidden:
            by_name.setdefault(item.dimension, []).append(item)
    for place, (name, items) in enumerate(by_name.items(), start=1):
        row = child(listing, "DimensionName")
        child(row, "Netvisorkey", str(place))
        child(row, "Name", name)
        child(row, "IsHidden", "False")
        child(row, "LinkType", "0")
        details = child(row, "DimensionDetails")
        for sort, item in enumerate(items):
            _append_item(details, item, sort)
    return succeeded(call.now, listing)


def write_item(call: Call) -> Response:
    """dimensionitem.nv: add or edit (`olditem`); answers OK without an identifier."""
    method = call.method("add", "edit")
    document = call.document(schema.DIMENSION_ITEM)
    name, text = document.value("name"), document.value("item")
    hidden = document.value("ishidden").lower() in ("1", "true")
    if method == "edit":
        item = find(call.company, name, document.value("olditem") or text)
        if item is None:
            raise invalid(f"Dimension item not found: {document.value('olditem') or text}")
        call.company.save_dimension(DimensionItem(item.key, name, text, item.father_key, hidden))
        return succeeded(call.now)
    if find(call.company, name, text) is None:
        father = find(call.company, name, document.value("fatheritem"))
        given = document.value("fatherid")
        father_key = father.key if father else int(given or 0)
        call.company.save_dimension(DimensionItem(call.company.next_key("dimension"), name, text, father_key, hidden))
    return succeeded(call.now)


def make_missing(company: Company, pairs: Iterable[tuple[str, str]], *, only_existing: bool) -> None:
    """Create the dimensions that an invoice names and the company does not have (sheet 7).

    Raises Refused instead if `only_existing`.
    """
    for name, text in pairs:
        if find(company, name, text) is None:
            if only_existing:
                raise invalid(f"Dimension item not found: {name} {text}")
            company.save_dimension(DimensionItem(company.next_key("dimension"), name, text))


def find(company: Company, name: str, text: str) -> DimensionItem | None:
    """An item by dimension and item name."""
    return company.dimensions.get(company.dimension_keys.get((name, text), 0))


def list_payment_terms(call: Call) -> Response:
    """paymenttermlist.nv: the terms this simulator knows."""
    listing = etree.Element("PaymentTermList")
    for key, days in schema.PAYMENT_TERM_DAYS.items():
        row = child(listing, "PaymentTerm")
        child(row, "NetvisorKey", str(key))
        child(row, "Name", f"{days} pv netto")
        child(row, "NetDays", str(days))
    return succeeded(call.now, listing)


def _append_item(details: etree._Element, item: DimensionItem, sort: int) -> None:
    detail = child(details, "DimensionDetail")
    child(detail, "Netvisorkey", str(item.key))
    child(detail, "Name", item.item)
    child(detail, "IsHidden", str(item.hidden))
    child(detail, "Level", "2" if item.father_key else "1")
    child(detail, "Sort", str(sort))
    child(detail, "EndSort", str(sort))
    child(detail, "FatherID", str(item.father_key))
