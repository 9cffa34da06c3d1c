"""The imports' part of a service's migrations. A part is frozen once released: a change is a new part."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.db.types import Json, UtcDateTime


def create_imports_v1() -> None:
    """Create the table `imports`; the caller enables row-level security on it."""
    op.create_table(
        "imports",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("file_name", sa.String(255), nullable=False),
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("report", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
    )
    op.create_index("ix_imports_tenant_id", "imports", ["tenant_id"])


def extend_imports_v3() -> None:
    """Let imports run as jobs; the caller enables row-level security on `import_parts`."""
    op.add_column("imports", sa.Column("job_state", sa.String(10), nullable=False, server_default="done"))
    op.add_column("imports", sa.Column("job_request", Json, nullable=True))
    for name in ("rows_total", "rows_done", "attempts"):
        op.add_column("imports", sa.Column(name, sa.Integer, nullable=False, server_default="0"))
    op.add_column("imports", sa.Column("cancel_requested", sa.Boolean, nullable=False, server_default=sa.false()))
    for name in ("lease_until", "started_at", "ended_at"):
        op.add_column("imports", sa.Column(name, UtcDateTime, nullable=True))
    op.add_column("imports", sa.Column("problem", Json, nullable=True))
    op.execute("UPDATE imports SET job_state = 'ready' WHERE state = 'dry_run'")
    op.create_index("ix_imports_job_state", "imports", ["job_state", "lease_until"])
    op.create_table(
        "import_parts",
        sa.Column("import_id", sa.String(36), nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.PrimaryKeyConstraint("import_id", "part", name="pk_import_parts"),
    )
    op.create_index("ix_import_parts_tenant_id", "import_parts", ["tenant_id"])


def extend_imports_v2(register: str) -> None:
    """Let imports know their register, be undone and keep their file; the caller enables row-level security.

    register  of the imports made before: the only one that the service had
    """
    op.add_column("imports", sa.Column("register", sa.String(20), nullable=False, server_default=register))
    op.add_column("imports", sa.Column("undone_by", sa.String(80), nullable=True))
    op.add_column("imports", sa.Column("undone_at", UtcDateTime, nullable=True))
    op.create_table(
        "import_files",
        sa.Column("import_id", sa.String(36), nullable=False),
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("import_id", name="pk_import_files"),
    )
    op.create_index("ix_import_files_tenant_id", "import_files", ["tenant_id"])
    op.create_table(
        "import_mappings",
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("register", sa.String(20), nullable=False),
        sa.Column("columns", Json, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "register", name="pk_import_mappings"),
    )
