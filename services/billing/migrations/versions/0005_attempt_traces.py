"""Raw requests and answers of attempts.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.db.migration_parts import enable_row_level_security
from shared.db.types import Json

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.String(36)


def upgrade() -> None:
    op.create_table(
        "attempt_traces",
        sa.Column("attempt_id", ID, nullable=False),
        sa.Column("dispatch_id", ID, nullable=False),
        sa.Column("exchanges", Json, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["dispatch_attempts.id"], name="fk_attempt_traces_attempt_id_dispatch_attempts"
        ),
        sa.PrimaryKeyConstraint("attempt_id", name="pk_attempt_traces"),
    )
    op.create_index("ix_attempt_traces_dispatch", "attempt_traces", ["dispatch_id"])
    enable_row_level_security(["attempt_traces"])


def downgrade() -> None:
    raise NotImplementedError("forward only")
