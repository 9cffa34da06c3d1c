"""Imports that run as jobs.

Revision ID: 0007
Revises: 0005
"""

from __future__ import annotations

from shared.db.migration_parts import enable_row_level_security
from shared.imports.migration import extend_imports_v3

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    extend_imports_v3()
    enable_row_level_security(["import_parts"])


def downgrade() -> None:
    raise NotImplementedError("forward only")
