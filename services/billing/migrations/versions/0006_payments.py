"""Payments of accepted documents: the state in the document, when it is asked for next, and its history.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.db.migration_parts import enable_row_level_security
from shared.db.types import ExactDecimal, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.String(36)
AMOUNT = ExactDecimal(14, 2)
_ASKED = sa.text("next_ask_at IS NOT NULL")
_TOLD = sa.text("payment_state IS NOT NULL")


def upgrade() -> None:
    op.add_column("documents", sa.Column("payment_state", sa.String(20), nullable=True))
    op.add_column("documents", sa.Column("open_amount", AMOUNT, nullable=True))
    op.add_column("documents", sa.Column("paid_on", sa.Date(), nullable=True))
    op.add_column("documents", sa.Column("payment_asked_at", UtcDateTime, nullable=True))
    op.create_index(
        "ix_documents_payment",
        "documents",
        ["tenant_id", "payment_state", "id"],
        postgresql_where=_TOLD,
        sqlite_where=_TOLD,
    )
    _create_polls()
    _create_changes()
    enable_row_level_security(["payment_polls", "payment_changes"])


def downgrade() -> None:
    raise NotImplementedError("forward only")


def _create_polls() -> None:
    op.create_table(
        "payment_polls",
        sa.Column("document_id", ID, nullable=False),
        sa.Column("connection_id", ID, nullable=False),
        sa.Column("target", sa.String(40), nullable=False),
        sa.Column("target_id", sa.String(200), nullable=False),
        sa.Column("accepted_at", UtcDateTime, nullable=False),
        sa.Column("next_ask_at", UtcDateTime, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_payment_polls_document_id_documents"),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name="fk_payment_polls_connection_id_connections"
        ),
        sa.PrimaryKeyConstraint("document_id", name="pk_payment_polls"),
    )
    op.create_index(
        "ix_payment_polls_due", "payment_polls", ["next_ask_at"], postgresql_where=_ASKED, sqlite_where=_ASKED
    )
    op.create_index("ix_payment_polls_connection", "payment_polls", ["connection_id"])


def _create_changes() -> None:
    op.create_table(
        "payment_changes",
        sa.Column("id", ID, nullable=False),
        sa.Column("document_id", ID, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("open_amount", AMOUNT, nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("seen_at", UtcDateTime, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_payment_changes_document_id_documents"),
        sa.PrimaryKeyConstraint("id", name="pk_payment_changes"),
    )
    op.create_index("ix_payment_changes_document", "payment_changes", ["document_id", "id"])
