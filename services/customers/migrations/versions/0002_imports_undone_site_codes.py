"""Imports that can be undone and marked; codes of sites.

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

ID = sa.String(36)


def upgrade() -> None:
    extend_imports_v2("customers")
    for table in ("customers", "sites"):
        op.add_column(table, sa.Column("withdrawn", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("sites", sa.Column("code", sa.String(60), nullable=True))
    op.create_index("uq_sites_tenant_id_code", "sites", ["tenant_id", "code"], unique=True)
    op.create_table(
        "import_row_keys",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("register", sa.String(20), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "register", "fingerprint", name="pk_import_row_keys"),
    )
    enable_row_level_security(["import_files", "import_mappings", "import_row_keys"])


def downgrade() -> None:
    raise NotImplementedError("forward only")
