"""How fast documents are made: compiled in process, locked as one batch on PostgreSQL, written as XML."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, insert

from services.billing.adapters.einvoice.compose import compose as compose_invoice
from services.billing.adapters.einvoice.format import Format
from services.billing.adapters.finvoice.form import FinvoiceForm
from services.billing.adapters.peppol.form import PeppolForm
from services.billing.app import batches
from services.billing.domain.compile import DocumentHead, MergePolicy, compile_document
from services.billing.domain.ledger import opened
from services.billing.domain.numbering import IssuedNumber
from services.billing.domain.rows import ApprovedRow
from services.billing.models import ApprovedOrder, CustomerCopy, LedgerRow, ProductCopy
from services.billing.models.ledger import balance_columns
from services.billing.tests.einvoices import a_seller
from services.billing.tests.unit.builders import a_party, a_row
from shared.context import Context
from shared.db import Database, make_engine
from shared.db.database import Creation
from shared.db.migrate import upgrade
from shared.ids import new_id
from shared.testing.servers import temporary_database

TENANT = "0190a000-0000-7000-8000-000000000001"
ROWS = 5
"""Work rows of each order."""
_CUSTOMERS, _PRODUCTS = 1_000, 200
_NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
_DAY = date(2026, 11, 3)
_SLICE = 5_000


@dataclass(frozen=True, slots=True)
class BatchTime:
    """One batch, locked: documents and lines of it, seconds from the call until it is committed."""

    documents: int
    seconds: float


def compiled_per_s(count: int) -> float:
    """Documents of five rows each compiled in a second, by one thread, without a database."""
    orders = [_approved_rows(number) for number in range(count)]
    started = time.perf_counter()
    for number, rows in enumerate(orders):
        compile_document(_head(number), rows, MergePolicy())
    return count / (time.perf_counter() - started)


def written_per_s(form: Format, count: int) -> float:
    """Files of five lines each written in a second, by one thread."""
    seller = a_seller()
    documents = [compile_document(_head(number), _approved_rows(number), MergePolicy()) for number in range(count)]
    started = time.perf_counter()
    for number, document in enumerate(documents, start=10_000):
        form.write(compose_invoice(document, seller, IssuedNumber(number, _NOW)))
    return count / (time.perf_counter() - started)


FORMS: Mapping[str, Format] = {"Finvoice": FinvoiceForm(), "Peppol": PeppolForm(customer_number_as_reference=True)}


def measure_lock(orders: int) -> BatchTime:
    """Lock a batch of `orders` with five rows each, a document for each order, ledger writes and all."""
    with temporary_database("billing_bench") as url:
        engine = make_engine(url)
        upgrade(engine, "billing")
        _fill(engine, orders)
        database = Database(engine)
        context = Context(tenant_id=TENANT, actor="user:bench", permissions=frozenset())
        batch = batches.create_batch(
            database.begin(context), Creation("batch", None, "", new_id()), batches.Selection(), None
        )
        started = time.perf_counter()
        locked = batches.lock_batch(database.begin(context), batch.id, None, now=_NOW)
        seconds = time.perf_counter() - started
        engine.dispose()
    return BatchTime(locked.document_count, seconds)


def _fill(engine: Engine, orders: int) -> None:
    """Customers that want an invoice for each order, products, and the billable rows of `orders`."""
    customers = [new_id() for _ in range(_CUSTOMERS)]
    products = [new_id() for _ in range(_PRODUCTS)]
    rows: list[dict[str, Any]] = []
    named: list[dict[str, Any]] = []
    for number in range(orders):
        order = _order(number, customers[number % _CUSTOMERS])
        named.append(order)
        rows += [_row(order, place, products[(number + place) % _PRODUCTS]) for place in range(1, ROWS + 1)]
    database = Database(engine)
    context = Context(tenant_id=TENANT, actor="user:bench", permissions=frozenset())
    with database.begin(context) as uow:
        connection = uow.session.connection()
        connection.execute(insert(_table(CustomerCopy)), [_customer(id_, n) for n, id_ in enumerate(customers)])
        connection.execute(insert(_table(ProductCopy)), [_product(id_, n) for n, id_ in enumerate(products)])
        for table, values in ((_table(ApprovedOrder), named), (_table(LedgerRow), rows)):
            for first in range(0, len(values), _SLICE):
                connection.execute(insert(table), values[first : first + _SLICE])
        uow.commit()


def _table(model: Any) -> Any:
    return model.__table__


def _copied(id_: str) -> dict[str, Any]:
    return {"id": id_, "tenant_id": TENANT, "version": 1, "source_time": _NOW, "seen_at": _NOW, "deleted": False}


def _customer(id_: str, number: int) -> dict[str, Any]:
    return {
        **_copied(id_),
        "number": str(10_000 + number),
        "name": f"As Oy Esimerkin Haapapiha {number}",
        "kind": "housing_company",
        "business_id": "9000011-8",
        "billing_address": {"street": "Haapatie 4", "postal_code": "02150", "city": "ESPOO", "country": "FI"},
        "language": "fi",
        "payment_term_days": 14,
        "invoice_channel": "einvoice",
        "einvoice_address": "003790000118",
        "einvoice_operator": "003721291126",
        "billing_rhythm": "monthly",
        "required_references": [],
        "invoice_grouping": "per_order",
        "on_hold": False,
        "archived": False,
    }


def _product(id_: str, number: int) -> dict[str, Any]:
    return {
        **_copied(id_),
        "code": f"T{number}",
        "name": f"Työ {number}",
        "kind": "labour",
        "unit": "h",
        "vat_class": "standard",
        "invoice_text": {"fi": f"Kiinteistönhoitaja, työ {number}"},
        "target_codes": {},
        "archived": False,
    }


def _order(number: int, customer_id: str) -> dict[str, Any]:
    return {
        "id": new_id(),
        "tenant_id": TENANT,
        "workorder_id": new_id(),
        "billing_round": 1,
        "number": f"2026-{number}",
        "customer_id": customer_id,
        "payer_id": customer_id,
        "type": "repair",
        "description": "Porras B, valot eivät syty",
        "refs": {"order_number": f"PO-{number}"},
        "site_name": "A-talo",
        "site_address": {"street": "Haapatie 4 A", "postal_code": "02150", "city": "ESPOO", "country": "FI"},
        "approved_at": _NOW,
        "received_at": _NOW,
    }


def _row(order: Mapping[str, Any], position: int, product_id: str) -> dict[str, Any]:
    return {
        "id": new_id(),
        "tenant_id": TENANT,
        "order_id": order["id"],
        "workorder_id": order["workorder_id"],
        "workorder_number": order["number"],
        "billing_round": 1,
        "row_id": new_id(),
        "position": position,
        "customer_id": order["customer_id"],
        "payer_id": order["payer_id"],
        "currency": "EUR",
        "product_id": product_id,
        "product_code": f"T{position}",
        "product_kind": "labour",
        "description": "Työ",
        "unit": "h",
        "work_date": _DAY,
        "unit_price": Decimal("57.7500"),
        "discount_percent": Decimal(0),
        "vat_class": "standard",
        "vat_rate_percent": Decimal("25.50"),
        "construction_service": False,
        "chargeability": "charge",
        **balance_columns(opened(Decimal("2.500") + position)),
    }


def _approved_rows(number: int) -> list[ApprovedRow]:
    return [
        a_row(
            row_id=f"{number}-{position}",
            workorder_id=f"order-{number}",
            workorder_number=f"2026-{number}",
            position=position,
            product_id=f"product-{position}",
            product_code=f"T{position}",
            quantity=Decimal("2.5") + position,
            unit_price="57.75",
        )
        for position in range(1, ROWS + 1)
    ]


def _head(number: int) -> DocumentHead:
    key, refs = f"URK-{number:036d}", {"order_number": f"PO-{number}"}
    return DocumentHead(f"document-{number}", key, TENANT, a_party(), _DAY, refs)
