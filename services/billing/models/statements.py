"""The statements that run once or more for every document, built once.

SQLAlchemy keeps the cache key of a statement object with it: a statement that is built anew for each execution costs
more processor time than its execution. So these have named parameters, and say the tenant themselves (`tenant_id`),
since they go past the session that would add it.
"""

from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Insert,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    case,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from services.billing.models.attachments import DocumentAttachment
from services.billing.models.connections import Connection, CustomerConnection
from services.billing.models.copies import ChargingRuleCopy, CustomerCopy, ProductCopy
from services.billing.models.dispatches import AttemptTrace, Dispatch, DispatchAttempt
from services.billing.models.documents import Batch, BillingDocument, BillingLine
from services.billing.models.ledger import ApprovedOrder, LedgerRow
from services.billing.models.settings import BillingSettings


def table_of(model: Any) -> Table:
    """The table behind a mapped class."""
    table: Table = model.__table__
    return table


orders, rows = table_of(ApprovedOrder), table_of(LedgerRow)
batches, documents, lines = table_of(Batch), table_of(BillingDocument), table_of(BillingLine)
dispatches, attempts = table_of(Dispatch), table_of(DispatchAttempt)
connections, settings = table_of(Connection), table_of(BillingSettings)
attachments = table_of(DocumentAttachment)
overrides = table_of(CustomerConnection)
customers, products = table_of(CustomerCopy), table_of(ProductCopy)
rules = table_of(ChargingRuleCopy)

_TENANT: Any = bindparam("tenant")
_DOCUMENT: Any = bindparam("document")
_NOW: Any = bindparam("now", type_=documents.c.changed_at.type)

INSERT_ROWS = insert(rows)
INSERT_BATCH = insert(batches)
INSERT_DOCUMENTS = insert(documents)
INSERT_LINES = insert(lines)
INSERT_DISPATCHES = insert(dispatches)
INSERT_ATTEMPT = insert(attempts)
INSERT_TRACE = insert(table_of(AttemptTrace))


@cache
def insert_order_once(dialect: str) -> Insert:
    """Insert an approved order, or nothing if its round is there; returns the id if it was inserted.

    dialect  of the database: both know `on conflict`, but SQLAlchemy has no common word for it.
    """
    statement: Any = postgresql_insert(orders) if dialect == "postgresql" else sqlite_insert(orders)
    once: Insert = statement.on_conflict_do_nothing(
        index_elements=["tenant_id", "workorder_id", "billing_round"]
    ).returning(orders.c.id)
    return once


_WANTED: Any = bindparam("wanted", expanding=True)

CUSTOMERS_AND_PAYERS = select(customers).where(
    customers.c.tenant_id == _TENANT,
    or_(
        customers.c.id.in_(_WANTED),
        customers.c.id.in_(
            select(customers.c.payer_id)
            .where(customers.c.tenant_id == _TENANT, customers.c.id.in_(_WANTED))
            .scalar_subquery()
        ),
    ),
)
"""Parameters: tenant, wanted (ids)."""

ORDERS = select(orders).where(orders.c.tenant_id == _TENANT, orders.c.id.in_(_WANTED))
"""Parameters: tenant, wanted (ids)."""

PRODUCT_FACTS = select(products.c.id, products.c.invoice_text, products.c.target_codes).where(
    products.c.tenant_id == _TENANT, products.c.id.in_(_WANTED)
)
"""Parameters: tenant, wanted (ids)."""

INVOICE_FEE_RULES = (
    select(rules.c.id, rules.c.rule)
    .where(rules.c.tenant_id == _TENANT, rules.c.has_invoice_fee, rules.c.deleted.is_(False))
    .order_by(rules.c.id)
)
"""Parameters: tenant."""

FEE_PRODUCTS: Select[Any] = select(
    products.c.id,
    products.c.code,
    products.c.kind,
    products.c.unit,
    products.c.vat_class,
    products.c.target_codes,
    products.c.list_prices,
).where(products.c.tenant_id == _TENANT, products.c.id.in_(_WANTED))
"""Parameters: tenant, wanted (ids)."""

_DESTINATION = (
    select(
        connections.c.id,
        connections.c.target,
        settings.c.merge_rows,
        settings.c.mixed_vat,
        settings.c.vat_policy,
    )
    .select_from(connections.outerjoin(settings, settings.c.tenant_id == connections.c.tenant_id))
    .where(connections.c.tenant_id == _TENANT, connections.c.active)
)
_MOST_MERGERS = 10
"""So long a chain of mergers is followed: one that leads in a circle must end."""


def heritage_of(chosen: ColumnElement[bool], tenant: Any = _TENANT) -> CTE:
    """`payer` and `customer` ids: each chosen customer, and those that were merged into it, `steps` mergers away."""
    steps: Any = literal(0).label("steps")
    whole = select(customers.c.id.label("payer"), customers.c.id.label("customer"), steps)
    heritage = whole.where(customers.c.tenant_id == tenant, chosen).cte("heritage", recursive=True)
    return heritage.union_all(
        select(heritage.c.payer, customers.c.id, heritage.c.steps + 1).where(
            customers.c.tenant_id == tenant,
            customers.c.merged_into == heritage.c.customer,
            heritage.c.steps < _MOST_MERGERS,
        )
    )


def _connections_of(payers: ColumnElement[bool]) -> Select[Any]:
    """Payer and connection, the one that counts first: a payer's own, else that of a customer merged into it.

    The fewest mergers away, and then the one that was given last.
    """
    heritage = heritage_of(payers)
    return (
        select(heritage.c.payer, overrides.c.connection_id)
        .where(overrides.c.tenant_id == _TENANT, overrides.c.customer_id == heritage.c.customer)
        .order_by(heritage.c.steps, overrides.c.id.desc())
    )


_OVERRIDE = (
    _connections_of(customers.c.id == bindparam("payer"))
    .with_only_columns(overrides.c.connection_id)
    .limit(1)
    .scalar_subquery()
)
OVERRIDES = _connections_of(customers.c.id.in_(_WANTED))
"""Of each payer the connection that counts comes first. Parameters: tenant, wanted (ids)."""
DEFAULT_DESTINATION = _DESTINATION.where(
    or_(connections.c.id == _OVERRIDE, and_(connections.c.is_default, _OVERRIDE.is_(None)))
)
"""The payer's connection (see `_connections_of`), else the default one, and the tenant's settings.

Parameters: tenant, payer.
"""
NAMED_DESTINATION = _DESTINATION.where(connections.c.id == bindparam("connection"))
"""A named connection and the tenant's settings. Parameters: tenant, connection."""


@cache
def step_dispatch(columns: frozenset[str]) -> Update:
    """Set `columns` of a dispatch if it still has the version that was read.

    Parameters: tenant, dispatch, read_version, and `to_<column>` for each column.
    """
    return (
        update(dispatches)
        .where(
            dispatches.c.tenant_id == _TENANT,
            dispatches.c.id == bindparam("dispatch"),
            dispatches.c.version == bindparam("read_version"),
        )
        .values({name: bindparam(f"to_{name}", type_=dispatches.c[name].type) for name in sorted(columns)})
    )


_HELD = and_(rows.c.tenant_id == _TENANT, rows.c.document_id == _DOCUMENT, rows.c.reserved != 0)

RESERVE_ROW = (
    update(rows)
    .where(rows.c.tenant_id == _TENANT, rows.c.id == bindparam("row"))
    .values(
        reserved=rows.c.reserved + rows.c.open,
        open=0,
        state="reserved",
        document_id=bindparam("document", type_=rows.c.document_id.type),
    )
)
"""The twin of `domain.ledger.reserve` for a row with something open. Parameters: tenant, row, document."""

TRANSFER_ROWS = (
    update(rows)
    .where(_HELD)
    .values(
        transferred=rows.c.transferred + rows.c.reserved,
        reserved=0,
        state=case((rows.c.open == 0, "transferred"), (rows.c.credited != 0, "credited"), else_="open"),
    )
)
"""The twin of `domain.ledger.transfer` for all rows of a document. Parameters: tenant, document."""

_IS_FEE = rows.c.fee_rule_id.is_not(None)

RELEASE_ROWS = (
    update(rows)
    .where(_HELD)
    .values(
        open=case((_IS_FEE, rows.c.open), else_=rows.c.open + rows.c.reserved),
        closed=case((_IS_FEE, rows.c.closed + rows.c.reserved), else_=rows.c.closed),
        closed_reason=case((_IS_FEE, "document_not_sent"), else_=rows.c.closed_reason),
        reserved=0,
        document_id=None,
        state=case((_IS_FEE, "closed_without_billing"), (rows.c.credited != 0, "credited"), else_="open"),
    )
)
"""The twin of `domain.ledger.release` for all rows of a document, after which its fee is closed: the next document of
the rows gets a fee of its own. Parameters: tenant, document."""

SET_DOCUMENT_STATE = (
    update(documents)
    .where(documents.c.tenant_id == _TENANT, documents.c.id == _DOCUMENT)
    .values(state=bindparam("to_state"), version=documents.c.version + 1, changed_at=_NOW)
    .returning(documents.c.version)
)
"""Parameters: tenant, document, to_state, now. Returns the new version."""

SET_BATCH_STATE = (
    update(batches)
    .where(batches.c.tenant_id == _TENANT, batches.c.id == bindparam("batch"))
    .values(state=bindparam("to_state"), version=batches.c.version + 1, changed_at=_NOW)
)
"""Parameters: tenant, batch, to_state, now."""

BATCH_PROGRESS = (
    select(dispatches.c.state)
    .join(documents, documents.c.id == dispatches.c.document_id)
    .where(documents.c.tenant_id == _TENANT, documents.c.batch_id == bindparam("batch"))
)
"""States of all dispatches of a batch. Parameters: tenant, batch."""

_ITEMS = select(
    *(
        dispatches.c[name]
        for name in (
            "id",
            "tenant_id",
            "version",
            "document_id",
            "connection_id",
            "target",
            "state",
            "due_at",
            "attempts",
            "tries",
            "looks",
            "failed_asks",
            "resend",
            "payload_sha256",
            "target_id",
            "target_number",
            "correlation_id",
            "traceparent",
        )
    ),
    *(
        documents.c[name]
        for name in (
            "key",
            "batch_id",
            "payer_id",
            "payer",
            "currency",
            "document_date",
            "performed_on",
            "performed_from",
            "delivery",
            "prices_include_vat",
            "attachment_count",
            "due_date",
            "refs",
            "workorders",
            "vat_lines",
            "net",
            "vat",
            "gross",
            "text_before",
            "reverses_id",
            "reverses",
        )
    ),
    batches.c.document_count,
).select_from(
    dispatches.join(documents, documents.c.id == dispatches.c.document_id).join(
        batches, batches.c.id == documents.c.batch_id
    )
)

DUE_ITEMS = (
    _ITEMS.where(
        dispatches.c.tenant_id == _TENANT,
        dispatches.c.connection_id == bindparam("connection"),
        dispatches.c.due_at <= _NOW,
    )
    .order_by(dispatches.c.due_at, dispatches.c.id)
    .limit(bindparam("most"))
)
"""Due dispatches of a connection with their documents, the longest waiting first.

Parameters: tenant, connection, now, most."""

ONE_ITEM = _ITEMS.where(dispatches.c.tenant_id == _TENANT, dispatches.c.id == bindparam("dispatch"))
"""Parameters: tenant, dispatch."""

ONE_ITEM_LOCKED = ONE_ITEM.with_for_update(of=dispatches)
"""Parameters: tenant, dispatch."""

ITEMS_OF_DOCUMENT_LOCKED = _ITEMS.where(
    dispatches.c.tenant_id == _TENANT, dispatches.c.document_id == _DOCUMENT
).with_for_update(of=dispatches)
"""Parameters: tenant, document."""

ATTACHMENTS_OF_DOCUMENT = (
    select(attachments.c.name, attachments.c.media_type, attachments.c.content, attachments.c.sha256)
    .where(attachments.c.tenant_id == _TENANT, attachments.c.document_id == _DOCUMENT)
    .order_by(attachments.c.id)
)
"""Parameters: tenant, document."""

LINES_OF_DOCUMENTS = (
    select(lines)
    .where(lines.c.tenant_id == _TENANT, lines.c.document_id.in_(_WANTED))
    .order_by(lines.c.document_id, lines.c.position)
)
"""Parameters: tenant, wanted (document ids)."""
