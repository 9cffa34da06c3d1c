"""Ledger, batches, documents, dispatches, connections, read copies.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.db.migration_parts import create_infrastructure_v1, enable_row_level_security
from shared.db.types import ExactDecimal, Json, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.String(36)

TABLES = (
    "approved_orders",
    "batches",
    "connections",
    "copy_customers",
    "copy_products",
    "settings",
    "connection_runs",
    "documents",
    "ledger_rows",
    "target_links",
    "dispatches",
    "document_lines",
    "dispatch_attempts",
)
"""All tables of this release; each belongs to one tenant."""


def upgrade() -> None:
    create_infrastructure_v1()
    _create_approved_orders()
    _create_batches()
    _create_connections()
    _create_copy_customers()
    _create_copy_products()
    _create_settings()
    _create_connection_runs()
    _create_documents()
    _create_ledger_rows()
    _create_target_links()
    _create_dispatches()
    _create_document_lines()
    _create_dispatch_attempts()
    enable_row_level_security(TABLES)


def downgrade() -> None:
    raise NotImplementedError("forward only")


def _create_approved_orders() -> None:
    op.create_table(
        "approved_orders",
        sa.Column("id", ID, nullable=False),
        sa.Column("workorder_id", ID, nullable=False),
        sa.Column("billing_round", sa.Integer, nullable=False),
        sa.Column("number", sa.String(100), nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("payer_id", ID, nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("refs", Json, nullable=False),
        sa.Column("site_name", sa.Text, nullable=True),
        sa.Column("site_address", Json, nullable=True),
        sa.Column("approved_at", UtcDateTime, nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.Column("reopened_at", UtcDateTime, nullable=True),
        sa.Column("reopen_reason", sa.Text, nullable=True),
        sa.Column("tenant_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_approved_orders"),
        sa.UniqueConstraint("tenant_id", "workorder_id", "billing_round", name="uq_approved_orders_round"),
    )


def _create_batches() -> None:
    op.create_table(
        "batches",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer, nullable=True),
        sa.Column("period_from", sa.Date, nullable=True),
        sa.Column("period_to", sa.Date, nullable=True),
        sa.Column("customer_ids", Json, nullable=True),
        sa.Column("connection_id", ID, nullable=True),
        sa.Column("document_count", sa.Integer, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
    )
    op.create_index("ix_batches_list", "batches", ["tenant_id", "kind", "id"])


def _create_connections() -> None:
    op.create_table(
        "connections",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("target", sa.String(40), nullable=False),
        sa.Column("settings", Json, nullable=False),
        sa.Column("secrets", sa.LargeBinary, nullable=False),
        sa.Column("is_default", sa.Boolean, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_connections"),
    )
    op.create_index(
        "uq_connections_default",
        "connections",
        ["tenant_id"],
        unique=True,
        postgresql_where=sa.text("is_default"),
        sqlite_where=sa.text("is_default"),
    )


def _create_copy_customers() -> None:
    op.create_table(
        "copy_customers",
        sa.Column("number", sa.String(100), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("business_id", sa.String(20), nullable=True),
        sa.Column("vat_number", sa.String(20), nullable=True),
        sa.Column("billing_address", Json, nullable=False),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("payment_term_days", sa.Integer, nullable=False),
        sa.Column("invoice_channel", sa.String(20), nullable=False),
        sa.Column("einvoice_address", sa.String(60), nullable=True),
        sa.Column("einvoice_operator", sa.String(60), nullable=True),
        sa.Column("billing_rhythm", sa.String(20), nullable=False),
        sa.Column("payer_id", ID, nullable=True),
        sa.Column("construction_seller_from", sa.Date, nullable=True),
        sa.Column("required_references", Json, nullable=False),
        sa.Column("on_hold", sa.Boolean, nullable=False),
        sa.Column("archived", sa.Boolean, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("source_time", UtcDateTime, nullable=False),
        sa.Column("seen_at", UtcDateTime, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_copy_customers"),
    )
    op.create_index("ix_copy_customers_tenant_id", "copy_customers", ["tenant_id"])


def _create_copy_products() -> None:
    op.create_table(
        "copy_products",
        sa.Column("code", sa.String(100), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("unit", sa.String(40), nullable=False),
        sa.Column("vat_class", sa.String(20), nullable=False),
        sa.Column("revenue_account", sa.String(40), nullable=True),
        sa.Column("invoice_text", Json, nullable=False),
        sa.Column("target_codes", Json, nullable=False),
        sa.Column("archived", sa.Boolean, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("source_time", UtcDateTime, nullable=False),
        sa.Column("seen_at", UtcDateTime, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_copy_products"),
    )
    op.create_index("ix_copy_products_tenant_id", "copy_products", ["tenant_id"])


def _create_settings() -> None:
    op.create_table(
        "settings",
        sa.Column("merge_rows", sa.Boolean, nullable=False),
        sa.Column("mixed_vat", sa.String(20), nullable=False),
        sa.Column("vat_policy", sa.String(20), nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_settings"),
        sa.UniqueConstraint("tenant_id", name="uq_settings_tenant_id"),
    )


def _create_connection_runs() -> None:
    op.create_table(
        "connection_runs",
        sa.Column("connection_id", ID, nullable=False),
        sa.Column("leased_by", sa.String(80), nullable=True),
        sa.Column("leased_until", UtcDateTime, nullable=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("open_until", UtcDateTime, nullable=True),
        sa.Column("tenant_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name="fk_connection_runs_connection_id_connections"
        ),
        sa.PrimaryKeyConstraint("connection_id", name="pk_connection_runs"),
    )


def _create_documents() -> None:
    op.create_table(
        "documents",
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("batch_id", ID, nullable=False),
        sa.Column("payer_id", ID, nullable=False),
        sa.Column("payer", Json, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("document_date", sa.Date, nullable=False),
        sa.Column("performed_on", sa.Date, nullable=True),
        sa.Column("due_date", sa.Date, nullable=False),
        sa.Column("refs", Json, nullable=False),
        sa.Column("workorders", Json, nullable=False),
        sa.Column("vat_lines", Json, nullable=False),
        sa.Column("net", ExactDecimal(14, 2), nullable=False),
        sa.Column("vat", ExactDecimal(14, 2), nullable=False),
        sa.Column("gross", ExactDecimal(14, 2), nullable=False),
        sa.Column("text_before", sa.Text, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_documents_batch_id_batches"),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
        sa.UniqueConstraint("tenant_id", "key", name="uq_documents_key"),
    )
    op.create_index("ix_documents_batch", "documents", ["batch_id"])
    op.create_index("ix_documents_payer", "documents", ["tenant_id", "payer_id"])


def _create_ledger_rows() -> None:
    op.create_table(
        "ledger_rows",
        sa.Column("id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("workorder_id", ID, nullable=False),
        sa.Column("workorder_number", sa.String(100), nullable=False),
        sa.Column("billing_round", sa.Integer, nullable=False),
        sa.Column("row_id", ID, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("payer_id", ID, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("product_code", sa.String(100), nullable=False),
        sa.Column("product_kind", sa.String(40), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("unit", sa.String(40), nullable=False),
        sa.Column("work_date", sa.Date, nullable=False),
        sa.Column("unit_price", ExactDecimal(14, 4), nullable=False),
        sa.Column("discount_percent", ExactDecimal(5, 2), nullable=False),
        sa.Column("vat_class", sa.String(20), nullable=False),
        sa.Column("vat_rate_percent", ExactDecimal(5, 2), nullable=False),
        sa.Column("construction_service", sa.Boolean, nullable=False),
        sa.Column("chargeability", sa.String(40), nullable=False),
        sa.Column("quantity", ExactDecimal(14, 3), nullable=False),
        sa.Column("open", ExactDecimal(14, 3), nullable=False),
        sa.Column("reserved", ExactDecimal(14, 3), nullable=False),
        sa.Column("transferred", ExactDecimal(14, 3), nullable=False),
        sa.Column("credited", ExactDecimal(14, 3), nullable=False),
        sa.Column("closed", ExactDecimal(14, 3), nullable=False),
        sa.Column("state", sa.String(30), nullable=False),
        sa.Column("closed_reason", sa.String(200), nullable=True),
        sa.Column("document_id", ID, nullable=True),
        sa.Column("tenant_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["approved_orders.id"], name="fk_ledger_rows_order_id_approved_orders"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_rows"),
        sa.UniqueConstraint("tenant_id", "row_id", "billing_round", name="uq_ledger_rows_round"),
    )
    op.create_index("ix_ledger_rows_document", "ledger_rows", ["document_id"])
    op.create_index("ix_ledger_rows_order", "ledger_rows", ["order_id"])
    op.create_index(
        "ix_ledger_rows_pool",
        "ledger_rows",
        ["tenant_id", "customer_id"],
        postgresql_where=sa.text("state IN ('open', 'credited')"),
        sqlite_where=sa.text("state IN ('open', 'credited')"),
    )


def _create_target_links() -> None:
    op.create_table(
        "target_links",
        sa.Column("connection_id", ID, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("our_key", sa.String(100), nullable=False),
        sa.Column("target_id", sa.String(200), nullable=False),
        sa.Column("matched_by", sa.String(40), nullable=False),
        sa.Column("linked_at", UtcDateTime, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name="fk_target_links_connection_id_connections"
        ),
        sa.PrimaryKeyConstraint("connection_id", "kind", "our_key", name="pk_target_links"),
    )


def _create_dispatches() -> None:
    op.create_table(
        "dispatches",
        sa.Column("document_id", ID, nullable=False),
        sa.Column("connection_id", ID, nullable=False),
        sa.Column("target", sa.String(40), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("looks", sa.Integer, nullable=False),
        sa.Column("failed_asks", sa.Integer, nullable=False),
        sa.Column("resend", sa.Boolean, nullable=False),
        sa.Column("needs_person", sa.Boolean, nullable=False),
        sa.Column("payload_sha256", sa.String(64), nullable=True),
        sa.Column("target_id", sa.String(200), nullable=True),
        sa.Column("target_number", sa.String(200), nullable=True),
        sa.Column("difference", Json, nullable=True),
        sa.Column("error_code", sa.String(100), nullable=True),
        sa.Column("error_detail", sa.Text, nullable=True),
        sa.Column("error_pointer", sa.String(200), nullable=True),
        sa.Column("unclear_since", UtcDateTime, nullable=True),
        sa.Column("finished_at", UtcDateTime, nullable=True),
        sa.Column("correlation_id", sa.String(80), nullable=False),
        sa.Column("traceparent", sa.String(60), nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name="fk_dispatches_connection_id_connections"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_dispatches_document_id_documents"),
        sa.PrimaryKeyConstraint("id", name="pk_dispatches"),
        sa.UniqueConstraint("tenant_id", "document_id", "connection_id", name="uq_dispatches_document"),
    )
    op.create_index(
        "ix_dispatches_due",
        "dispatches",
        ["due_at", "connection_id"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_dispatches_state", "dispatches", ["tenant_id", "state", "id"])


def _create_document_lines() -> None:
    op.create_table(
        "document_lines",
        sa.Column("document_id", ID, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("product_code", sa.String(100), nullable=False),
        sa.Column("product_kind", sa.String(40), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("quantity", ExactDecimal(14, 3), nullable=False),
        sa.Column("unit", sa.String(40), nullable=False),
        sa.Column("unit_price", ExactDecimal(14, 4), nullable=False),
        sa.Column("discount_percent", ExactDecimal(5, 2), nullable=False),
        sa.Column("vat_class", sa.String(20), nullable=False),
        sa.Column("vat_category", sa.String(2), nullable=False),
        sa.Column("vat_rate_percent", ExactDecimal(5, 2), nullable=False),
        sa.Column("net", ExactDecimal(14, 2), nullable=False),
        sa.Column("vat_share", ExactDecimal(14, 2), nullable=False),
        sa.Column("row_ids", Json, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_document_lines_document_id_documents"),
        sa.PrimaryKeyConstraint("document_id", "position", name="pk_document_lines"),
    )


def _create_dispatch_attempts() -> None:
    op.create_table(
        "dispatch_attempts",
        sa.Column("id", ID, nullable=False),
        sa.Column("dispatch_id", ID, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime, nullable=False),
        sa.Column("document_key", sa.String(40), nullable=False),
        sa.Column("payload_sha256", sa.String(64), nullable=True),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("detail", sa.Text, nullable=True),
        sa.Column("tenant_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["dispatch_id"], ["dispatches.id"], name="fk_dispatch_attempts_dispatch_id_dispatches"),
        sa.PrimaryKeyConstraint("id", name="pk_dispatch_attempts"),
    )
    op.create_index("ix_dispatch_attempts_dispatch", "dispatch_attempts", ["dispatch_id", "id"])
