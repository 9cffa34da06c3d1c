"""Copies of charging rules; fees in the ledger; copies know price groups and list prices.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.bus.migration import refill_copies_v1
from shared.db.migration_parts import enable_row_level_security
from shared.db.types import Json, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.String(36)


def upgrade() -> None:
    op.add_column("ledger_rows", sa.Column("fee_rule_id", ID, nullable=True))
    op.add_column("copy_customers", sa.Column("price_group", sa.String(60), nullable=True))
    op.add_column("copy_products", sa.Column("list_prices", Json, nullable=True))
    op.create_table(
        "copy_charging_rules",
        sa.Column("id", ID, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source_time", UtcDateTime, nullable=False),
        sa.Column("seen_at", UtcDateTime, nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("rule", Json, nullable=False),
        sa.Column("has_invoice_fee", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_copy_charging_rules"),
    )
    op.create_index("ix_copy_charging_rules_tenant_id", "copy_charging_rules", ["tenant_id"])
    enable_row_level_security(["copy_charging_rules"])
    refill_copies_v1("billing.copies", ("customer", "copy_customers"), ("product", "copy_products"))


def downgrade() -> None:
    raise NotImplementedError("forward only")
