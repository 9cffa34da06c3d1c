"""Price groups of sites, which take the place of the customer's.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("copy_sites", sa.Column("price_group", sa.String(60), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("forward only")
