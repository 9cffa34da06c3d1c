"""Copies of prices and charging rules; rows keep what was recorded beside what is charged, and why.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.db import migration_parts
from shared.db.types import Json, Quantity, Rate, UnitPrice, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add tables and columns; what was recorded until now is what was charged."""
    op.add_column("copy_customers", sa.Column("price_group", sa.String(60), nullable=True))
    op.add_column("copy_customers", sa.Column("language", sa.String(2), nullable=True))
    op.add_column("copy_products", sa.Column("list_prices", Json, nullable=True))
    op.add_column("copy_products", sa.Column("components", Json, nullable=True))
    _create_tables()
    _extend_rows()


def downgrade() -> None:
    raise NotImplementedError("forward only")


def _copy(name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("source_time", UtcDateTime, nullable=False),
        sa.Column("seen_at", UtcDateTime, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
    )
    op.create_index(f"ix_{name}_tenant_id", name, ["tenant_id"])


def _create_tables() -> None:
    _copy(
        "copy_prices",
        sa.Column("product_id", sa.String(36), nullable=False),
        sa.Column("price_group", sa.String(60), nullable=True),
        sa.Column("customer_id", sa.String(36), nullable=True),
        sa.Column("site_id", sa.String(36), nullable=True),
        sa.Column("min_quantity", Quantity(), nullable=False),
        sa.Column("price", UnitPrice(), nullable=True),
        sa.Column("discount_percent", Rate(), nullable=True),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_to", sa.Date, nullable=True),
    )
    op.create_index("ix_copy_prices_tenant_id_product_id", "copy_prices", ["tenant_id", "product_id"])
    _copy("copy_charging_rules", sa.Column("rule", Json, nullable=False))
    op.create_table(
        "included_uses",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("order_id", sa.String(36), nullable=False),
        sa.Column("rule_id", sa.String(36), nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_included_uses"),
        sa.ForeignKeyConstraint(["order_id"], ["work_orders.id"], name="fk_included_uses_order_id_work_orders"),
    )
    op.create_index("ix_included_uses_tenant_id", "included_uses", ["tenant_id"])
    op.create_index("ix_included_uses_order_id", "included_uses", ["order_id"])
    migration_parts.enable_row_level_security(("copy_prices", "copy_charging_rules", "included_uses"))


def _extend_rows() -> None:
    added: tuple[sa.Column[Any], ...] = (
        sa.Column("worked_quantity", Quantity(), nullable=True),
        sa.Column("price_explanation", Json, nullable=True),
        sa.Column("is_set", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("set_row_id", sa.String(36), nullable=True),
        sa.Column("set_code", sa.String(100), nullable=True),
        sa.Column("derived_by", sa.String(36), nullable=True),
        sa.Column("derived_from", Json, nullable=True),
        sa.Column("included_by", sa.String(36), nullable=True),
        sa.Column("charged_by_hand", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("marks", Json, nullable=True),
        sa.Column("worked_by", sa.String(80), nullable=True),
        sa.Column("charging", Json, nullable=True),
    )
    for column in added:
        op.add_column("work_rows", column)
    op.create_index("ix_work_rows_tenant_id_worked_by_work_date", "work_rows", ["tenant_id", "worked_by", "work_date"])
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":  # the policies would hide every row from the migration
        connection.execute(sa.text("SELECT set_config('urakka.tenant_id', '*', true)"))
    op.execute("UPDATE work_rows SET worked_quantity = quantity WHERE planned = false")
