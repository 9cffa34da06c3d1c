"""Import of a price list over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO

from services.catalog.adapters.layouts import PRICES, PRODUCTS
from services.catalog.adapters.price_workbook import LABELS as PRICE_LABELS
from services.catalog.adapters.price_workbook import read_prices
from services.catalog.adapters.workbook import FIELDS, read_products
from services.catalog.app.imports import TABLES, ProductUndo, import_products, open_products
from services.catalog.app.price_imports import PriceUndo, import_prices, open_prices
from shared.clock import business_day, utc_now
from shared.excel.table import TableReading
from shared.imports import ImportTarget
from shared.imports.http import import_blueprint


def _read_today(stream: BinaryIO, chosen: Mapping[str, str]) -> TableReading:
    return read_products(stream, chosen, day=business_day(utc_now()))


TARGETS = (
    ImportTarget(
        layout=PRODUCTS,
        fields=FIELDS,
        reader=_read_today,
        run=import_products,
        undo=ProductUndo,
        open=open_products,
        rows_alone=True,
    ),
    ImportTarget(
        layout=PRICES,
        fields=frozenset(PRICE_LABELS),
        reader=read_prices,
        run=import_prices,
        undo=PriceUndo,
        open=open_prices,
    ),
)

blp = import_blueprint(
    description="Price lists from Excel", tables=TABLES, targets=TARGETS, permission="products.write"
)
