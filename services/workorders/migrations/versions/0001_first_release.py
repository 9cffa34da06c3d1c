"""Tables of the first release: orders, rows, history, copies, review settings.

Revision ID: 0001
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.db import migration_parts
from shared.db.types import Json, Quantity, Rate, UnitPrice, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "work_orders",
    "work_rows",
    "order_history",
    "copy_customers",
    "copy_sites",
    "copy_products",
    "review_settings",
)


def upgrade() -> None:
    """Create everything, with row-level security on PostgreSQL."""
    migration_parts.create_infrastructure_v1()
    _create_orders()
    _create_rows()
    _create_history()
    _create_copies()
    _create_settings()
    for table in TABLES:
        op.create_index(f"ix_{table}_tenant_id", table, ["tenant_id"])
    migration_parts.enable_row_level_security(TABLES)


def _id(name: str = "id", *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(36), nullable=nullable)


def _text(name: str, length: int, *, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _moment(name: str, *, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, UtcDateTime, nullable=nullable)


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _versioned() -> list[sa.Column[Any]]:
    return [
        _id(),
        _id("tenant_id"),
        sa.Column("version", sa.Integer, nullable=False),
        _moment("created_at", nullable=False),
        _moment("changed_at", nullable=False),
    ]


def _create_orders() -> None:
    op.create_table(
        "work_orders",
        *_versioned(),
        _text("number", 20, nullable=False),
        _text("state", 20, nullable=False),
        _text("origin", 20, nullable=False),
        _text("type", 20, nullable=False),
        _text("priority", 10, nullable=False),
        _text("external_source", 60),
        _text("external_reference", 120),
        _id("customer_id", nullable=True),
        _text("provisional_name", 200),
        _text("provisional_phone", 40),
        _id("site_id", nullable=True),
        _moment("wanted_from"),
        _moment("wanted_to"),
        _text("assigned_to", 80),
        _text("created_by", 80, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("references", Json, nullable=False),
        _moment("started_at"),
        _moment("done_at"),
        _text("done_by", 80),
        _text("signed_by", 200),
        _text("review_comment", 1000),
        _moment("approved_at"),
        _text("approved_by", 80),
        sa.Column("billing_round", sa.Integer, nullable=False),
        _text("end_reason", 1000),
        sa.PrimaryKeyConstraint("id", name="pk_work_orders"),
        sa.UniqueConstraint("tenant_id", "number", name="uq_work_orders_tenant_id_number"),
        sa.UniqueConstraint(
            "tenant_id",
            "external_source",
            "external_reference",
            name="uq_work_orders_tenant_id_external_source_external_reference",
        ),
    )
    op.create_index("ix_work_orders_tenant_id_state", "work_orders", ["tenant_id", "state", "id"])
    for column in ("customer_id", "site_id", "assigned_to"):
        op.create_index(f"ix_work_orders_tenant_id_{column}", "work_orders", ["tenant_id", column])


def _create_rows() -> None:
    op.create_table(
        "work_rows",
        _id(),
        _id("tenant_id"),
        _id("order_id"),
        sa.Column("position", sa.Integer, nullable=False),
        _flag("planned"),
        _id("planned_row_id", nullable=True),
        _id("product_id"),
        _text("product_code", 100, nullable=False),
        _text("product_kind", 20, nullable=False),
        _text("product_name", 300, nullable=False),
        _text("unit", 20, nullable=False),
        _flag("construction_service"),
        _text("description", 1000, nullable=False),
        sa.Column("quantity", Quantity(), nullable=False),
        sa.Column("work_date", sa.Date, nullable=False),
        _moment("started_at"),
        _moment("ended_at"),
        sa.Column("unit_price", UnitPrice(), nullable=True),
        _text("price_source", 20),
        _text("price_reason", 1000),
        sa.Column("discount_percent", Rate(), nullable=False),
        _text("vat_class", 20, nullable=False),
        sa.Column("vat_rate_percent", Rate(), nullable=False),
        _text("chargeability", 20, nullable=False),
        _text("chargeability_reason", 1000),
        _text("recorded_by", 80, nullable=False),
        _moment("recorded_at", nullable=False),
        _text("closed_reason", 1000),
        _id("document_id", nullable=True),
        _text("document_target", 40),
        _text("document_target_id", 200),
        _moment("transferred_at"),
        _text("content_hash", 64, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_work_rows"),
        sa.ForeignKeyConstraint(["order_id"], ["work_orders.id"], name="fk_work_rows_order_id_work_orders"),
    )
    op.create_index("ix_work_rows_order_id", "work_rows", ["order_id", "position"])


def _create_history() -> None:
    op.create_table(
        "order_history",
        _id(),
        _id("tenant_id"),
        _id("order_id"),
        _moment("at", nullable=False),
        _text("actor", 80, nullable=False),
        _text("step", 20, nullable=False),
        _text("from_state", 20),
        _text("to_state", 20, nullable=False),
        _text("comment", 1000),
        sa.PrimaryKeyConstraint("id", name="pk_order_history"),
        sa.ForeignKeyConstraint(["order_id"], ["work_orders.id"], name="fk_order_history_order_id_work_orders"),
    )
    op.create_index("ix_order_history_order_id", "order_history", ["order_id", "id"])


def _copy(name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        name,
        _id(),
        _id("tenant_id"),
        sa.Column("version", sa.Integer, nullable=False),
        _moment("source_time", nullable=False),
        _moment("seen_at", nullable=False),
        _flag("deleted"),
        *columns,
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
    )


def _create_copies() -> None:
    _copy(
        "copy_customers",
        _text("number", 60),
        _text("name", 300),
        _text("kind", 20),
        sa.Column("required_references", Json, nullable=True),
        _flag("on_hold"),
        _flag("archived"),
    )
    _copy(
        "copy_sites",
        _text("name", 300),
        sa.Column("address", Json, nullable=True),
        _id("customer_id", nullable=True),
        _text("path", 2000),
        _flag("archived"),
    )
    _copy(
        "copy_products",
        _text("code", 100),
        _text("name", 300),
        _text("kind", 20),
        _text("unit", 20),
        sa.Column("list_price", UnitPrice(), nullable=True),
        _text("vat_class", 20),
        _flag("field_recordable"),
        _flag("price_editable"),
        _flag("construction_service"),
        _flag("archived"),
    )


def _create_settings() -> None:
    op.create_table(
        "review_settings",
        *_versioned(),
        sa.Column("modes", Json, nullable=False),
        _text("customers_on_hold", 10, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_review_settings"),
        sa.UniqueConstraint("tenant_id", name="uq_review_settings_tenant_id"),
    )
