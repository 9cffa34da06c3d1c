"""Merges remember what was billed after them.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.db.types import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customer_merges", sa.Column("billed_at", UtcDateTime, nullable=True))
    op.add_column("customer_merges", sa.Column("billed_document_id", sa.String(36), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("forward only")
