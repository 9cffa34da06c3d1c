"""A payer's own connection.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.db.migration_parts import enable_row_level_security
from shared.db.types import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.String(36)


def upgrade() -> None:
    op.create_table(
        "customer_connections",
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("connection_id", ID, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name="fk_customer_connections_connection_id_connections"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_customer_connections"),
        sa.UniqueConstraint("tenant_id", "customer_id", name="uq_customer_connections_customer"),
    )
    enable_row_level_security(["customer_connections"])


def downgrade() -> None:
    raise NotImplementedError("forward only")
