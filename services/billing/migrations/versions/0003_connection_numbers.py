"""Invoice numbers that connections give out themselves.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.db.migration_parts import enable_row_level_security
from shared.db.types import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.String(36)


def upgrade() -> None:
    op.create_table(
        "connection_numbers",
        sa.Column("connection_id", ID, nullable=False),
        sa.Column("number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("document_key", sa.String(60), nullable=False),
        sa.Column("issued_at", UtcDateTime, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name="fk_connection_numbers_connection_id_connections"
        ),
        sa.PrimaryKeyConstraint("connection_id", "number", name="pk_connection_numbers"),
    )
    op.create_index(
        "uq_connection_numbers_document", "connection_numbers", ["connection_id", "document_key"], unique=True
    )
    enable_row_level_security(["connection_numbers"])


def downgrade() -> None:
    raise NotImplementedError("forward only")
