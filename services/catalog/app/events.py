"""What the service tells others: the full state of products, after each change.

The same mapping fills the snapshot pages, so a copy looks the same whichever way it came.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from services.catalog.domain.prices import price_text
from services.catalog.models import Product
from shared.bus.envelope import NewEvent
from shared.db import UnitOfWork


def product_state(product: Product) -> dict[str, Any]:
    """Return the data of product.changed.v1; `list_price` is the one that holds now."""
    return {
        "id": product.id,
        "code": product.code,
        "name": product.name,
        "kind": product.kind,
        "category_id": product.category_id,
        "category_name": product.category_name,
        "unit": product.unit,
        "list_price": _text(product.list_price),
        "cost_price": _text(product.cost_price),
        "vat_class": product.vat_class,
        "revenue_account": product.revenue_account,
        "field_recordable": product.field_recordable,
        "price_editable": product.price_editable,
        "construction_service": product.construction_service,
        "invoice_text": dict(product.invoice_text),
        "target_codes": dict(product.target_codes),
        "archived": product.archived,
    }


def publish_product(uow: UnitOfWork, product: Product) -> None:
    """Emit the product's state. Call it after the flush: only then does the record have its new version."""
    uow.emit(NewEvent("product.changed.v1", "product", product.id, product.version, product_state(product)))


def _text(price: Decimal | None) -> str | None:
    return None if price is None else price_text(price)
