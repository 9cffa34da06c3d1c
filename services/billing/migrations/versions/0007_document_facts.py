"""What documents and lines say besides amounts: work dates, site, the targets' product codes, dimensions.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.db.types import Json

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("documents", sa.Column("performed_from", sa.Date(), nullable=True))
    op.add_column("documents", sa.Column("delivery", Json, nullable=True))
    op.add_column("documents", sa.Column("prices_include_vat", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("document_lines", sa.Column("performed_from", sa.Date(), nullable=True))
    op.add_column("document_lines", sa.Column("performed_to", sa.Date(), nullable=True))
    op.add_column("document_lines", sa.Column("site_name", sa.Text(), nullable=True))
    op.add_column("document_lines", sa.Column("target_codes", Json, nullable=True))
    op.add_column("document_lines", sa.Column("dimensions", Json, nullable=True))


def downgrade() -> None:
    raise NotImplementedError("forward only")
