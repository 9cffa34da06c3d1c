"""Orders that moved when their customer was merged into another remember whom they were for.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("work_orders", sa.Column("customer_before_merge", sa.String(36), nullable=True))
    op.create_index(
        "ix_work_orders_tenant_id_customer_before_merge", "work_orders", ["tenant_id", "customer_before_merge"]
    )


def downgrade() -> None:
    raise NotImplementedError("forward only")
