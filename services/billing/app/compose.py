"""Making documents of ledger rows and storing them: the same for one approved order and for a month's batch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from services.billing.domain import dispatch as machine
from services.billing.domain.compile import DocumentHead, MergePolicy, VatPolicy, compile_document
from services.billing.domain.document import Address, Document, OriginalDocument, Party, new_document_key
from services.billing.domain.grouping import DocumentKey, GroupingPolicy, MixedVat, common_references, group_rows
from services.billing.domain.rows import ApprovedRow, is_construction_seller
from services.billing.models import (
    ApprovedOrder,
    BillingSettings,
    Connection,
    CustomerConnection,
    LedgerRow,
    statements,
)
from services.billing.models.dispatches import record_columns
from shared.context import Context
from shared.ids import new_id

Customer = Row[Any]
"""A row of `copy_customers`: fields by name, as in `CustomerCopy`."""

CURRENCY = "EUR"
"""Work orders are priced in euros; a document has one currency."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a tenant wants its documents: the policies of the domain."""

    merge_rows: bool = True
    mixed_vat: MixedVat = MixedVat.VAT_GROUPS
    vat_policy: VatPolicy = VatPolicy.PER_RATE


@dataclass(frozen=True, slots=True)
class Destination:
    """The connection that documents go to."""

    connection_id: str
    target: str


@dataclass(frozen=True, slots=True)
class Composed:
    """A document together with what it bills.

    workorders  {id, number, row_ids} of each work order in it, in the order of the document.
    ledger_ids  the ledger rows that it reserves.
    credit_note why a credit was made, and what becomes of its rows (`services.billing.app.reversals`); else None.
    """

    document: Document
    workorders: tuple[dict[str, Any], ...]
    ledger_ids: tuple[str, ...]
    credit_note: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """All that documents are made of, loaded at once.

    rows       ledger rows with something to bill; by id. Each is one `LedgerRow` or a mapping with its columns.
    orders     by `order_id` of the rows.
    customers  by id: the customers of the orders and their payers.
    texts      product id → language → text for the line.
    """

    rows: Mapping[str, Mapping[str, Any]]
    orders: Mapping[str, Mapping[str, Any]]
    customers: Mapping[str, Customer]
    texts: Mapping[str, Mapping[str, str]]


def compose(
    tenant_id: str, material: Material, wishes: Wishes, *, per_order: bool, document_date: date
) -> tuple[Composed, ...]:
    """Group and compile rows into documents; nothing is stored.

    per_order  a document for each order (immediate billing); else by payer, currency and required references.
    Raises what `compile_document` raises.
    """
    rows = [_approved_row(row, material) for row in material.rows.values()]
    references = {order["workorder_id"]: order["references"] for order in material.orders.values()}
    groups = group_rows(rows, _policies(material, wishes, per_order), references)
    documents = []
    for key, members in groups.items():
        document = _document(tenant_id, key, members, material, wishes, document_date)
        ledger_ids = tuple(row.ledger_id for row in members)
        documents.append(Composed(document, _workorders(members), ledger_ids))
    return tuple(documents)


def party_of(customer: Customer) -> Party:
    """The payer as it is written into a document."""
    address = customer.billing_address
    return Party(
        customer_id=customer.id,
        number=customer.number,
        name=customer.name,
        kind=customer.kind,
        business_id=customer.business_id,
        vat_number=customer.vat_number,
        address=Address(
            address.get("street") or "",
            address.get("postal_code") or "",
            address.get("city") or "",
            address.get("country") or "FI",
        ),
        email=customer.email,
        language=customer.language,
        invoice_channel=customer.invoice_channel,
        einvoice_address=customer.einvoice_address,
        einvoice_operator=customer.einvoice_operator,
        payment_term_days=customer.payment_term_days,
    )


def store_documents(session: Session, batch_id: str, composed: Sequence[Composed], now: datetime) -> None:
    """Insert documents and their lines; the ledger rows are the caller's."""
    if not composed:
        return
    connection = session.connection()
    documents = [_document_columns(each, batch_id, now) for each in composed]
    lines = [columns for each in composed for columns in _line_columns(each.document)]
    connection.execute(statements.INSERT_DOCUMENTS, documents)
    connection.execute(statements.INSERT_LINES, lines)


def store_dispatches(
    session: Session, context: Context, destination: Destination, document_ids: Iterable[str], now: datetime
) -> None:
    """Insert a waiting dispatch of each document, due at once.

    The unique key (document, connection) refuses a second one, whatever leads here twice.
    """
    record = record_columns(machine.waiting(now))
    rows = [
        {
            "id": new_id(),
            "tenant_id": context.tenant_id,
            "version": 1,
            "created_at": now,
            "changed_at": now,
            "document_id": document_id,
            "connection_id": destination.connection_id,
            "target": destination.target,
            "needs_person": False,
            "correlation_id": context.correlation_id,
            "traceparent": context.traceparent,
            **record,
        }
        for document_id in document_ids
    ]
    if rows:
        session.connection().execute(statements.INSERT_DISPATCHES, rows)


def load_customers(session: Session, tenant_id: str, customer_ids: Iterable[str]) -> dict[str, Customer]:
    """Customers by id, their payers among them, in one query; what is not here is not in the answer."""
    wanted = {"tenant": tenant_id, "wanted": sorted(set(customer_ids))}
    found = session.connection().execute(statements.CUSTOMERS_AND_PAYERS, wanted)
    return {customer.id: customer for customer in found}


def load_texts(session: Session, tenant_id: str, product_ids: Iterable[str]) -> dict[str, Mapping[str, str]]:
    """The line texts of products by language; products without any are left out."""
    wanted = {"tenant": tenant_id, "wanted": sorted(set(product_ids))}
    found = session.connection().execute(statements.LINE_TEXTS, wanted)
    return {product_id: texts for product_id, texts in found if texts}


def load_destination(
    session: Session, tenant_id: str, connection_id: str | None = None, *, payer_id: str = ""
) -> tuple[Destination | None, Wishes]:
    """The named connection, else the payer's own one, else the tenant's default; and the tenant's wishes.

    None if that one is not active: what is meant for one company's books never goes to another's by itself.
    """
    wanted = {"tenant": tenant_id, "payer": payer_id}
    statement = statements.DEFAULT_DESTINATION
    if connection_id is not None:
        wanted = {"tenant": tenant_id, "connection": connection_id}
        statement = statements.NAMED_DESTINATION
    row = session.connection().execute(statement, wanted).one_or_none()
    if row is None:
        return None, Wishes()
    return Destination(row.id, row.target), _wishes(row if row.merge_rows is not None else None)


def load_destinations(
    session: Session, tenant_id: str, connection_id: str | None, payer_ids: Iterable[str]
) -> dict[str, Destination | None]:
    """Payer id → where its documents go; as `load_destination`, in few queries however many payers there are."""
    wanted = sorted(set(payer_ids))
    usual, _ = load_destination(session, tenant_id, connection_id)
    if connection_id is not None:
        return dict.fromkeys(wanted, usual)
    found = session.execute(
        select(CustomerConnection.customer_id, Connection.id, Connection.target, Connection.active)
        .join(Connection, Connection.id == CustomerConnection.connection_id)
        .where(CustomerConnection.customer_id.in_(wanted))
    )
    own = {payer: Destination(own_id, target) if active else None for payer, own_id, target, active in found}
    return {payer: own.get(payer, usual) for payer in wanted}


def load_wishes(session: Session) -> Wishes:
    """How the tenant wants its documents."""
    return _wishes(session.scalar(select(BillingSettings)))


def _wishes(settings: Any) -> Wishes:
    if settings is None:
        return Wishes()
    return Wishes(settings.merge_rows, MixedVat(settings.mixed_vat), VatPolicy(settings.vat_policy))


def load_material(session: Session, tenant_id: str, rows: Sequence[LedgerRow]) -> Material:
    """Load what the documents of stored ledger rows are made of: three queries, however many rows."""
    orders = session.scalars(select(ApprovedOrder).where(ApprovedOrder.id.in_(sorted({r.order_id for r in rows}))))
    return Material(
        rows={row.id: _columns(row) for row in rows},
        orders={order.id: _columns(order) for order in orders},
        customers=load_customers(session, tenant_id, {row.customer_id for row in rows}),
        texts=load_texts(session, tenant_id, {row.product_id for row in rows}),
    )


def _columns(record: Any) -> dict[str, Any]:
    return {attribute.key: getattr(record, attribute.key) for attribute in record.__mapper__.column_attrs}


def _approved_row(row: Mapping[str, Any], material: Material) -> ApprovedRow:
    buyer = material.customers[row["customer_id"]]
    return ApprovedRow(
        row_id=row["row_id"],
        workorder_id=row["workorder_id"],
        workorder_number=row["workorder_number"],
        position=row["position"],
        customer_id=row["customer_id"],
        payer_id=buyer.payer_id or buyer.id,
        currency=row["currency"],
        product_id=row["product_id"],
        product_code=row["product_code"],
        product_kind=row["product_kind"],
        description=row["description"],
        quantity=row["open"] + row["reserved"],
        unit=row["unit"],
        work_date=row["work_date"],
        unit_price=row["unit_price"],
        discount_percent=row["discount_percent"],
        vat_class=row["vat_class"],
        vat_rate_percent=row["vat_rate_percent"],
        construction_service=row["construction_service"],
        buyer_is_construction_seller=is_construction_seller(
            buyer.kind, buyer.construction_seller_from, row["work_date"]
        ),
        ledger_id=row["id"],
    )


def _policies(material: Material, wishes: Wishes, per_order: bool) -> dict[str, GroupingPolicy]:
    """By payer: what it and the customers it pays for demand on their documents."""
    demanded: dict[str, set[str]] = {}
    for customer in material.customers.values():
        demanded.setdefault(customer.payer_id or customer.id, set()).update(customer.required_references)
    return {
        payer_id: GroupingPolicy(per_order, wishes.mixed_vat, frozenset(names)) for payer_id, names in demanded.items()
    }


def _document(
    tenant_id: str,
    key: DocumentKey,
    members: Sequence[ApprovedRow],
    material: Material,
    wishes: Wishes,
    document_date: date,
) -> Document:
    payer = material.customers[key.payer_id]
    order_ids = {row.workorder_id for row in members}
    orders = sorted(
        (order for order in material.orders.values() if order["workorder_id"] in order_ids),
        key=lambda order: str(order["number"]),
    )
    texts = {
        product_id: by_language[payer.language]
        for product_id, by_language in material.texts.items()
        if by_language.get(payer.language)
    }
    head = DocumentHead(
        id=new_id(),
        key=new_document_key(),
        tenant_id=tenant_id,
        payer=party_of(payer),
        document_date=document_date,
        references=common_references(order["references"] for order in orders),
        text_before="\n".join(_order_text(order) for order in orders),
    )
    policy = MergePolicy(merge=wishes.merge_rows, texts=texts, name_orders=len(orders) > 1)
    return compile_document(head, members, policy, wishes.vat_policy)


def _order_text(order: Mapping[str, Any]) -> str:
    """`1001 Vuotava venttiili, A-talo, Koivurannantie 3 A, 00100 Helsinki`: the buyer sees where the work was."""
    address = order["site_address"] or {}
    place = " ".join(filter(None, (address.get("postal_code"), address.get("city"))))
    head = " ".join(filter(None, (order["number"], order["description"])))
    return ", ".join(filter(None, (head, order["site_name"], address.get("street"), place)))


def _workorders(members: Sequence[ApprovedRow]) -> tuple[dict[str, Any], ...]:
    named: dict[str, dict[str, Any]] = {}
    for row in members:
        order = named.setdefault(
            row.workorder_id, {"id": row.workorder_id, "number": row.workorder_number, "row_ids": []}
        )
        if row.row_id not in order["row_ids"]:
            order["row_ids"].append(row.row_id)
    return tuple(named.values())


def _document_columns(composed: Composed, batch_id: str, now: datetime) -> dict[str, Any]:
    document = composed.document
    return {
        "id": document.id,
        "tenant_id": document.tenant_id,
        "version": 1,
        "created_at": now,
        "changed_at": now,
        "key": document.key,
        "state": "ready",
        "batch_id": batch_id,
        "payer_id": document.payer.customer_id,
        "payer": asdict(document.payer),
        "currency": document.currency,
        "document_date": document.document_date,
        "performed_on": document.performed_on,
        "due_date": document.due_date,
        "refs": dict(document.references),
        "workorders": list(composed.workorders),
        "vat_lines": [
            {
                "category": group.category,
                "rate_percent": str(group.rate_percent),
                "base": str(group.base),
                "vat": str(group.vat),
            }
            for group in document.vat_lines
        ],
        "net": document.net,
        "vat": document.vat,
        "gross": document.gross,
        "text_before": document.text_before,
        "reverses_id": document.reverses.document_id if document.reverses else None,
        "reverses": _original_columns(document.reverses) if document.reverses else None,
        "credit_note": dict(composed.credit_note) if composed.credit_note else None,
    }


def _original_columns(original: OriginalDocument) -> dict[str, Any]:
    return {**asdict(original), "document_date": original.document_date.isoformat()}


def _line_columns(document: Document) -> list[dict[str, Any]]:
    return [
        {
            "tenant_id": document.tenant_id,
            "document_id": document.id,
            "position": line.position,
            "product_id": line.product_id,
            "product_code": line.product_code,
            "product_kind": line.product_kind,
            "text": line.text,
            "quantity": line.quantity,
            "unit": line.unit,
            "unit_price": line.unit_price,
            "discount_percent": line.discount_percent,
            "vat_class": line.vat_class,
            "vat_category": line.vat_category,
            "vat_rate_percent": line.vat_rate_percent,
            "net": line.net,
            "vat_share": line.vat_share,
            "row_ids": list(line.row_ids),
            "holdings": [[each.ledger_id, each.row_id, f"{each.quantity:.3f}"] for each in line.holdings],
        }
        for line in document.lines
    ]
