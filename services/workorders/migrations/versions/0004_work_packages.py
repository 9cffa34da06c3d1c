"""Work packages, the orders that belong to one, and which customer a merged one became.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.db import migration_parts
from shared.db.types import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "work_packages",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("code_key", sa.String(240), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("customer_id", sa.String(36), nullable=False),
        sa.Column("customer_before_merge", sa.String(36)),
        sa.Column("starts_on", sa.Date),
        sa.Column("ends_on", sa.Date),
        sa.Column("closed_at", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name="pk_work_packages"),
        sa.UniqueConstraint("tenant_id", "code_key", name="uq_work_packages_tenant_id_code_key"),
    )
    op.create_index("ix_work_packages_tenant_id", "work_packages", ["tenant_id"])
    op.create_index("ix_work_packages_tenant_id_customer_id", "work_packages", ["tenant_id", "customer_id"])
    migration_parts.enable_row_level_security(("work_packages",))
    op.add_column("copy_customers", sa.Column("merged_into", sa.String(36), nullable=True))
    op.create_index("ix_copy_customers_tenant_id_merged_into", "copy_customers", ["tenant_id", "merged_into"])
    op.add_column("work_orders", sa.Column("work_package_id", sa.String(36), nullable=True))
    op.create_index("ix_work_orders_tenant_id_work_package_id", "work_orders", ["tenant_id", "work_package_id"])


def downgrade() -> None:
    raise NotImplementedError("forward only")
