"""Copies of customers know into whom they were merged.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("copy_customers", sa.Column("merged_into", sa.String(36), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("forward only")
