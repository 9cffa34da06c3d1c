"""Price groups of customers and sites, and where sites lie: to say by itself what somebody pays somewhere.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.bus.migration import refill_copies_v1
from shared.db import migration_parts
from shared.db.types import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("copy_customers", sa.Column("price_group", sa.String(60), nullable=True))
    op.create_table(
        "copy_sites",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("source_time", UtcDateTime, nullable=False),
        sa.Column("seen_at", UtcDateTime, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("path", sa.String(2000), nullable=True),
        sa.Column("price_group", sa.String(60), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_copy_sites"),
    )
    op.create_index("ix_copy_sites_tenant_id", "copy_sites", ["tenant_id"])
    migration_parts.enable_row_level_security(("copy_sites",))
    refill_copies_v1("catalog.customers", ("customer", "copy_customers"))


def downgrade() -> None:
    raise NotImplementedError("forward only")
