"""Making documents of ledger rows and storing them: the same for one approved order and for a month's batch."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from services.billing.app.fees import NO_FEES, ledger_columns, load_fees
from services.billing.domain import dispatch as machine
from services.billing.domain.compile import DocumentHead, MergePolicy, VatPolicy, compile_document
from services.billing.domain.document import (
    Address,
    Delivery,
    Document,
    OriginalDocument,
    Party,
    dimensions_of,
    new_document_key,
)
from services.billing.domain.errors import NotReady
from services.billing.domain.fees import FeeBook, UnknownFee, fee_row
from services.billing.domain.grouping import (
    DocumentKey,
    GroupingPolicy,
    InvoiceGrouping,
    MixedVat,
    common_references,
    group_rows,
)
from services.billing.domain.preflight import Problem
from services.billing.domain.rows import ApprovedRow, is_construction_seller
from services.billing.models import (
    BillingSettings,
    Connection,
    statements,
)
from services.billing.models.dispatches import record_columns
from shared.context import Context
from shared.ids import new_id

Customer = Row[Any]
"""A row of `copy_customers`: fields by name, as in `CustomerCopy`."""

_MOST_IDS = 5_000
"""Ids in one query. PostgreSQL takes 65,535 parameters, SQLite 32,766, and one id may stand for two."""

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

    workorders  {id, number, customer_id, row_ids} of each work order in it, in the order of the document; its fee is
                no work row.
    ledger_ids  the ledger rows that it reserves.
    credit_note why a credit was made, and what becomes of its rows (`services.billing.app.reversals`); else None.
    fee         the ledger row of its fee, to be stored with it; None if it has none.
    problems    what is known to be wrong with it before any target is asked.
    """

    document: Document
    workorders: tuple[dict[str, Any], ...]
    ledger_ids: tuple[str, ...]
    credit_note: Mapping[str, Any] | None = None
    fee: Mapping[str, Any] | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """What documents say of a product. texts: language → text for the line; target_codes: target → its code."""

    texts: Mapping[str, str]
    target_codes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Material:
    """All that documents are made of, loaded at once.

    rows       ledger rows with something to bill: columns by name; by id.
    orders     by `order_id` of the rows.
    customers  by id: the customers of the orders, their payers, and whom they were merged into.
    products   by id; a product that is not known here is not in it.
    fees       what fees of documents are made of.
    """

    rows: Mapping[str, Mapping[str, Any]]
    orders: Mapping[str, Mapping[str, Any]]
    customers: Mapping[str, Customer]
    products: Mapping[str, ProductFacts]
    fees: FeeBook = NO_FEES


def compose(
    tenant_id: str, material: Material, wishes: Wishes, *, per_order: bool, document_date: date
) -> tuple[Composed, ...]:
    """Group and compile rows into documents; nothing is stored.

    per_order  a document for each order (immediate billing); else by payer, currency, required references and the
               payer's wish.
    Raises what `compile_document` raises.
    """
    sites = {order_id: _site_of(order) for order_id, order in material.orders.items()}
    parties = {
        customer_id: _parties_of(material.customers, customer_id)
        for customer_id in {row["customer_id"] for row in material.rows.values()}
    }
    rows = [_approved_row(row, material, sites, parties) for row in material.rows.values()]
    references = {order["workorder_id"]: order["references"] for order in material.orders.values()}
    groups = group_rows(rows, _policies(material, wishes, per_order), references)
    library = _Library(material)
    documents = []
    for key, members in groups.items():
        document, fee = _document(tenant_id, key, members, library, wishes, document_date)
        ledger_ids = tuple(row.ledger_id for row in members)
        last = material.rows[ledger_ids[-1]]
        stored = ledger_columns(fee, last, document.id) if isinstance(fee, ApprovedRow) else None
        problems = (fee.problem,) if isinstance(fee, UnknownFee) else ()
        documents.append(Composed(document, _workorders(members), ledger_ids, fee=stored, problems=problems))
    return tuple(documents)


def party_of(customer: Customer) -> Party:
    """The payer as it is written into a document."""
    return Party(
        customer_id=customer.id,
        number=customer.number,
        name=customer.name,
        kind=customer.kind,
        business_id=customer.business_id,
        vat_number=customer.vat_number,
        address=address_of(customer.billing_address),
        email=customer.email,
        language=customer.language,
        invoice_channel=customer.invoice_channel,
        einvoice_address=customer.einvoice_address,
        einvoice_operator=customer.einvoice_operator,
        payment_term_days=customer.payment_term_days,
        late_interest_percent=customer.late_interest_percent,
    )


def payer_columns(payer: Party) -> dict[str, Any]:
    """The payer as it is stored with its document; `loading.party_from` reads it."""
    percent = payer.late_interest_percent
    return {**asdict(payer), "late_interest_percent": str(percent) if percent is not None else None}


def address_of(stored: Mapping[str, Any]) -> Address:
    """An address of a copy or an event; what it lacks is empty, the country Finland."""
    return Address(
        stored.get("street") or "",
        stored.get("postal_code") or "",
        stored.get("city") or "",
        stored.get("country") or "FI",
    )


def store_documents(session: Session, batch_id: str, composed: Sequence[Composed], now: datetime) -> None:
    """Insert documents, their lines and their fees; the other ledger rows are the caller's."""
    if not composed:
        return
    connection = session.connection()
    documents = [_document_columns(each, batch_id, now) for each in composed]
    lines = [columns for each in composed for columns in _line_columns(each.document)]
    connection.execute(statements.INSERT_DOCUMENTS, documents)
    connection.execute(statements.INSERT_LINES, lines)
    if fees := [dict(each.fee) for each in composed if each.fee is not None]:
        connection.execute(statements.INSERT_ROWS, fees)


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
    """Customers by id, among them their payers and whom they were merged into; what is not here is left out.

    One query, and one more for each link of a chain of mergers.
    """
    found: dict[str, Customer] = {}
    wanted = set(customer_ids)
    while wanted:
        asked = wanted
        for customer in _in_slices(session, statements.CUSTOMERS_AND_PAYERS, tenant_id, asked):
            found[customer.id] = customer
        named = {other for each in found.values() for other in (each.merged_into, each.payer_id) if other}
        wanted = named - found.keys() - asked
    return found


def buyer_of(customers: Mapping[str, Customer], customer_id: str) -> Customer | None:
    """The customer, or whom it was merged into; None while that one is not known here."""
    seen: set[str] = set()
    buyer = customers.get(customer_id)
    while buyer is not None and buyer.merged_into and buyer.id not in seen:
        seen.add(buyer.id)
        buyer = customers.get(buyer.merged_into)
    return buyer


def payer_of(customers: Mapping[str, Customer], customer_id: str) -> Customer | None:
    """Who pays for the customer, mergers followed; None while somebody on the way is not known here."""
    buyer = buyer_of(customers, customer_id)
    if buyer is None or not buyer.payer_id:
        return buyer
    return buyer_of(customers, buyer.payer_id)


def load_products(session: Session, tenant_id: str, product_ids: Iterable[str]) -> dict[str, ProductFacts]:
    """What documents say of these products, by id."""
    found = _in_slices(session, statements.PRODUCT_FACTS, tenant_id, product_ids)
    return {row.id: ProductFacts(row.invoice_text or {}, row.target_codes or {}) for row in found}


def _in_slices(session: Session, statement: Select[Any], tenant_id: str, ids: Iterable[str]) -> Iterator[Row[Any]]:
    """The rows of a statement that wants ids, which are asked for in parts: databases limit the parameters."""
    wanted = sorted(set(ids))
    for first in range(0, len(wanted), _MOST_IDS):
        part = {"tenant": tenant_id, "wanted": wanted[first : first + _MOST_IDS]}
        yield from session.connection().execute(statement, part)


def load_destination(
    session: Session, tenant_id: str, connection_id: str | None = None, *, payer_id: str = ""
) -> tuple[Destination | None, Wishes]:
    """The named connection, else the payer's own one, else the tenant's default; and the tenant's wishes.

    A payer without one of its own takes over that of a customer that was merged into it.

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
    own: dict[str, str] = {}
    for found in _in_slices(session, statements.OVERRIDES, tenant_id, wanted):
        own.setdefault(found.payer, found.connection_id)
    named = session.execute(
        select(Connection.id, Connection.target, Connection.active).where(Connection.id.in_(set(own.values())))
    )
    ways = {each.id: Destination(each.id, each.target) if each.active else None for each in named}
    return {payer: ways[own[payer]] if payer in own else usual for payer in wanted}


def load_wishes(session: Session) -> Wishes:
    """How the tenant wants its documents."""
    return _wishes(session.scalar(select(BillingSettings)))


def _wishes(settings: Any) -> Wishes:
    if settings is None:
        return Wishes()
    return Wishes(settings.merge_rows, MixedVat(settings.mixed_vat), VatPolicy(settings.vat_policy))


def load_material(session: Session, tenant_id: str, rows: Sequence[Mapping[str, Any]], day: date) -> Material:
    """Load what the documents of stored ledger rows (columns by name) are made of: few queries, however many rows.

    day  the document date.
    """
    orders = _in_slices(session, statements.ORDERS, tenant_id, {row["order_id"] for row in rows})
    return Material(
        rows={row["id"]: row for row in rows},
        orders={order.id: {**order._mapping, "references": order.refs} for order in orders},
        customers=load_customers(session, tenant_id, {row["customer_id"] for row in rows}),
        products=load_products(session, tenant_id, {row["product_id"] for row in rows}),
        fees=load_fees(session, tenant_id, day),
    )


def _approved_row(
    row: Mapping[str, Any],
    material: Material,
    sites: Mapping[str, Delivery | None],
    parties: Mapping[str, tuple[Customer, Customer]],
) -> ApprovedRow:
    """sites: by order id; parties: buyer and payer by customer id."""
    buyer, payer = parties[row["customer_id"]]
    order = material.orders[row["order_id"]]
    product = material.products.get(row["product_id"])
    return ApprovedRow(
        row_id=row["row_id"],
        workorder_id=row["workorder_id"],
        workorder_number=row["workorder_number"],
        position=row["position"],
        customer_id=row["customer_id"],
        payer_id=payer.id,
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
            buyer.kind, buyer.construction_seller_from, buyer.construction_seller_to, row["work_date"]
        ),
        ledger_id=row["id"],
        site=sites[row["order_id"]],
        target_codes=product.target_codes if product else {},
        dimensions=dimensions_of(order["references"]),
    )


def _parties_of(customers: Mapping[str, Customer], customer_id: str) -> tuple[Customer, Customer]:
    buyer, payer = buyer_of(customers, customer_id), payer_of(customers, customer_id)
    if buyer is None or payer is None:
        raise NotReady(f"The customer {customer_id} or its payer is not known here yet.")
    return buyer, payer


def _site_of(order: Mapping[str, Any]) -> Delivery | None:
    """Where the work was; a site without a name is named by its street."""
    stored = order["site_address"]
    address = address_of(stored) if stored and any(stored.values()) else None
    name = order["site_name"] or (address.street if address else "")
    return Delivery(name, address) if name or address else None


def _policies(material: Material, wishes: Wishes, per_order: bool) -> dict[str, GroupingPolicy]:
    """By payer: its own wish, and what it and the customers it pays for demand on their documents."""
    demanded: dict[str, set[str]] = {}
    for customer in material.customers.values():
        payer = payer_of(material.customers, customer.id)
        if payer is not None:
            demanded.setdefault(payer.id, set()).update(customer.required_references)
    return {
        payer_id: GroupingPolicy(
            InvoiceGrouping.PER_ORDER if per_order else _grouping_of(material.customers.get(payer_id)),
            wishes.mixed_vat,
            frozenset(names),
        )
        for payer_id, names in demanded.items()
    }


def _grouping_of(payer: Customer | None) -> InvoiceGrouping:
    """What the payer wishes; collective if it wishes nothing, or what this version does not know."""
    wished = payer.invoice_grouping if payer is not None else None
    return InvoiceGrouping(wished) if wished in set(InvoiceGrouping) else InvoiceGrouping.COLLECTIVE


class _Library:
    """What every document looks up, arranged once: a batch may have ten thousand of them."""

    def __init__(self, material: Material) -> None:
        self._customers = material.customers
        self._parties: dict[str, Party] = {}
        self._products = material.products
        self.fees = material.fees
        self._orders: dict[str, list[Mapping[str, Any]]] = {}
        self._texts: dict[str, dict[str, str]] = {}
        for order in material.orders.values():
            self._orders.setdefault(order["workorder_id"], []).append(order)

    def payer(self, payer_id: str) -> Party:
        """The payer as it is written into its documents."""
        if payer_id not in self._parties:
            self._parties[payer_id] = party_of(self._customers[payer_id])
        return self._parties[payer_id]

    def price_group_of(self, payer_id: str) -> str | None:
        """The payer's price group."""
        group: str | None = self._customers[payer_id].price_group
        return group

    def orders_of(self, members: Iterable[ApprovedRow]) -> list[Mapping[str, Any]]:
        """The orders of these rows by number, with all their billing rounds."""
        found = [
            order for workorder_id in {row.workorder_id for row in members} for order in self._orders[workorder_id]
        ]
        return sorted(found, key=lambda order: str(order["number"]))

    def texts_in(self, language: str) -> Mapping[str, str]:
        """Product id → text for the line, of the products that have one in this language."""
        if language not in self._texts:
            self._texts[language] = {
                product_id: product.texts[language]
                for product_id, product in self._products.items()
                if product.texts.get(language)
            }
        return self._texts[language]


def _document(
    tenant_id: str,
    key: DocumentKey,
    members: Sequence[ApprovedRow],
    library: _Library,
    wishes: Wishes,
    document_date: date,
) -> tuple[Document, ApprovedRow | UnknownFee | None]:
    """The document and its fee, which stands on its last line if it is known; None if it has none."""
    payer = library.payer(key.payer_id)
    orders = library.orders_of(members)
    head = DocumentHead(
        id=new_id(),
        key=new_document_key(),
        tenant_id=tenant_id,
        payer=payer,
        document_date=document_date,
        references=common_references(order["references"] for order in orders),
        text_before="\n".join(_order_text(order) for order in orders),
    )
    policy = MergePolicy(merge=wishes.merge_rows, texts=library.texts_in(payer.language), name_orders=len(orders) > 1)
    document = compile_document(head, members, policy, wishes.vat_policy)
    fee = fee_row(library.fees, document, members, library.price_group_of(key.payer_id))
    if not isinstance(fee, ApprovedRow):
        return document, fee
    return compile_document(head, [*members, fee], policy, wishes.vat_policy), fee


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
            row.workorder_id,
            {
                "id": row.workorder_id,
                "number": row.workorder_number,
                "customer_id": row.customer_id,
                "row_ids": [],
            },
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
        "payer": payer_columns(document.payer),
        "currency": document.currency,
        "document_date": document.document_date,
        "performed_on": document.performed_on,
        "performed_from": document.period.first if document.period else None,
        "delivery": asdict(document.delivery) if document.delivery else None,
        "prices_include_vat": document.prices_include_vat,
        "attachment_count": 0,
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
            "performed_from": line.performed_from,
            "performed_to": line.performed_to,
            "site_name": line.site_name,
            "target_codes": dict(line.target_codes) or None,
            "dimensions": dict(line.dimensions) or None,
        }
        for line in document.lines
    ]
