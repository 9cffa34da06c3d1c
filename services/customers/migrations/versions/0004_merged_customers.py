"""Merged customers: who survived, what moved; an index for finding customers by their e-invoice address.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.db.migration_parts import enable_row_level_security
from shared.db.types import Json, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.String(36)


def upgrade() -> None:
    op.add_column("customers", sa.Column("merged_into", ID, nullable=True))
    op.create_index("ix_customers_tenant_id_merged_into", "customers", ["tenant_id", "merged_into"])
    op.create_index("ix_customers_tenant_id_einvoice_address", "customers", ["tenant_id", "einvoice_address"])
    op.create_table(
        "customer_merges",
        sa.Column("id", ID, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("merged_id", ID, nullable=False),
        sa.Column("survivor_id", ID, nullable=False),
        sa.Column("merged_version", sa.Integer, nullable=False),
        sa.Column("survivor_version", sa.Integer, nullable=False),
        sa.Column("moved", Json, nullable=False),
        sa.Column("before", Json, nullable=False),
        sa.Column("business_id", sa.String(9), nullable=True),
        sa.Column("merged_at", UtcDateTime, nullable=False),
        sa.Column("undone_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_customer_merges"),
        sa.ForeignKeyConstraint(["merged_id"], ["customers.id"], name="fk_customer_merges_merged_id_customers"),
        sa.ForeignKeyConstraint(["survivor_id"], ["customers.id"], name="fk_customer_merges_survivor_id_customers"),
    )
    op.create_index("ix_customer_merges_tenant_id", "customer_merges", ["tenant_id"])
    op.create_index("ix_customer_merges_tenant_id_merged_id", "customer_merges", ["tenant_id", "merged_id"])
    enable_row_level_security(["customer_merges"])


def downgrade() -> None:
    raise NotImplementedError("forward only")
