"""Agreements that follow their customer when it is merged, and back.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.db import migration_parts
from shared.db.types import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("price_facts", sa.Column("customer_before_merge", sa.String(36), nullable=True))
    op.create_index("ix_price_facts_customer_before_merge", "price_facts", ["tenant_id", "customer_before_merge"])
    op.create_table(
        "copy_customers",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("source_time", UtcDateTime, nullable=False),
        sa.Column("seen_at", UtcDateTime, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("merged_into", sa.String(36), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_copy_customers"),
    )
    op.create_index("ix_copy_customers_tenant_id", "copy_customers", ["tenant_id"])
    migration_parts.enable_row_level_security(("copy_customers",))


def downgrade() -> None:
    raise NotImplementedError("forward only")
