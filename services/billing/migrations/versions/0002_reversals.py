"""Credits with their links both ways, and what of which ledger row stands on a line.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

from shared.db.types import ExactDecimal, Json

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.String(36)
_CREDIT = sa.text("reverses_id IS NOT NULL")
_SLICE = 500

_lines = sa.table(
    "document_lines",
    sa.column("document_id", ID),
    sa.column("position", sa.Integer),
    sa.column("row_ids", Json),
    sa.column("holdings", Json),
)
_rows = sa.table(
    "ledger_rows",
    sa.column("id", ID),
    sa.column("row_id", ID),
    sa.column("document_id", ID),
    sa.column("reserved", ExactDecimal(14, 3)),
    sa.column("transferred", ExactDecimal(14, 3)),
)


def upgrade() -> None:
    op.add_column("documents", sa.Column("reverses_id", ID, nullable=True))
    op.add_column("documents", sa.Column("reverses", Json, nullable=True))
    op.add_column("documents", sa.Column("credit_note", Json, nullable=True))
    op.create_index(
        "ix_documents_reverses", "documents", ["reverses_id"], postgresql_where=_CREDIT, sqlite_where=_CREDIT
    )
    op.add_column("document_lines", sa.Column("holdings", Json, nullable=False, server_default="[]"))
    _fill_holdings()


def downgrade() -> None:
    raise NotImplementedError("forward only")


def _fill_holdings() -> None:
    """Before credits existed a row stood on one document with all that is reserved or transferred of it.

    Lines of cancelled documents keep none: their rows went back to the pool.
    """
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        # The row-level security would hide every row from a migration that says no tenant.
        connection.execute(sa.text("SELECT set_config('urakka.tenant_id', '*', true)"))
    documents = connection.execute(sa.select(_lines.c.document_id).distinct()).scalars().all()
    for start in range(0, len(documents), _SLICE):
        _fill(connection, documents[start : start + _SLICE])


def _fill(connection: sa.Connection, document_ids: Iterable[str]) -> None:
    wanted = list(document_ids)
    held: dict[tuple[str, str], list[str]] = {}
    for row in connection.execute(sa.select(_rows).where(_rows.c.document_id.in_(wanted))):
        held[(row.document_id, row.row_id)] = [row.id, row.row_id, str(row.reserved + row.transferred)]
    for line in connection.execute(sa.select(_lines).where(_lines.c.document_id.in_(wanted))).all():
        holdings = [held[key] for row_id in line.row_ids if (key := (line.document_id, row_id)) in held]
        connection.execute(
            _lines.update()
            .where(_lines.c.document_id == line.document_id, _lines.c.position == line.position)
            .values(holdings=holdings)
        )
