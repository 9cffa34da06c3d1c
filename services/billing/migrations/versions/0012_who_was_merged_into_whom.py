"""The customers that were merged into one are found at once: it takes over what was agreed with them.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_copy_customers_merged_into", "copy_customers", ["tenant_id", "merged_into"])


def downgrade() -> None:
    raise NotImplementedError("forward only")
