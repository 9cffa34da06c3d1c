"""Import of a price list over HTTP."""

from __future__ import annotations

from typing import BinaryIO

from services.catalog.adapters.workbook import read_products
from services.catalog.app.imports import import_products
from services.catalog.models import Import
from shared.clock import business_day, utc_now
from shared.excel.table import TableReading
from shared.imports.http import import_blueprint


def _read_today(stream: BinaryIO) -> TableReading:
    return read_products(stream, day=business_day(utc_now()))


blp = import_blueprint(
    description="Price lists from Excel",
    record_type=Import,
    reader=_read_today,
    use_case=import_products,
    permission="products.write",
)
