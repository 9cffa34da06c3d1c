"""Charging rules.

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
    op.create_table(
        "charging_rules",
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=True),
        sa.Column("valid_to", sa.Date, nullable=True),
        sa.Column("text", Json, nullable=False),
        sa.Column("conditions", Json, nullable=False),
        sa.Column("effects", Json, nullable=False),
        sa.Column("archived_at", UtcDateTime, nullable=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_charging_rules"),
    )
    op.create_index("ix_charging_rules_tenant_id", "charging_rules", ["tenant_id"])
    enable_row_level_security(["charging_rules"])


def downgrade() -> None:
    raise NotImplementedError("forward only")
