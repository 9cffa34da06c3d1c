"""Imports that can be undone and marked.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.db.migration_parts import enable_row_level_security
from shared.imports.migration import extend_imports_v2

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    extend_imports_v2("products")
    op.add_column("products", sa.Column("withdrawn", sa.Boolean, nullable=False, server_default=sa.false()))
    enable_row_level_security(["import_files", "import_mappings"])


def downgrade() -> None:
    raise NotImplementedError("forward only")
