"""Users limited to some sites."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.db.types import Json

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the sites; who is there already is limited to none of them."""
    op.add_column("users", sa.Column("site_ids", Json, nullable=False, server_default="[]"))
