"""Files of documents, connections that wait for a person, what customers wish of their invoices.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.db.migration_parts import enable_row_level_security
from shared.db.types import ExactDecimal, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.String(36)


def upgrade() -> None:
    op.add_column("documents", sa.Column("attachment_count", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("connection_runs", sa.Column("paused_at", UtcDateTime, nullable=True))
    op.add_column("connection_runs", sa.Column("paused_code", sa.String(100), nullable=True))
    op.add_column("connection_runs", sa.Column("paused_detail", sa.Text(), nullable=True))
    op.add_column("copy_customers", sa.Column("invoice_grouping", sa.String(20), nullable=True))
    op.add_column("copy_customers", sa.Column("late_interest_percent", ExactDecimal(5, 2), nullable=True))
    op.add_column("copy_customers", sa.Column("construction_seller_to", sa.Date(), nullable=True))
    op.create_table(
        "document_attachments",
        sa.Column("id", ID, nullable=False),
        sa.Column("document_id", ID, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("media_type", sa.String(40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_by", sa.String(80), nullable=False),
        sa.Column("added_at", UtcDateTime, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name="fk_document_attachments_document_id_documents"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_document_attachments"),
        sa.UniqueConstraint("tenant_id", "document_id", "name", name="uq_document_attachments_name"),
    )
    enable_row_level_security(["document_attachments"])


def downgrade() -> None:
    raise NotImplementedError("forward only")
