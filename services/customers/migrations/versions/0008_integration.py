"""References of other systems, who wins in a conflict, and webhooks that tell changes.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.db.migration_parts import enable_row_level_security
from shared.db.types import Json, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.String(36)


def upgrade() -> None:
    _create_references()
    _create_webhooks()
    enable_row_level_security(["external_references", "conflict_policies", "webhooks", "webhook_deliveries"])


def downgrade() -> None:
    raise NotImplementedError("forward only")


def _create_references() -> None:
    keys = ("tenant_id", "source", "register", "reference")
    op.create_table(
        "external_references",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("register", sa.String(10), nullable=False),
        sa.Column("reference", sa.String(120), nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("sent", Json, nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint(*keys, name="pk_external_references"),
    )
    op.create_index("ix_external_references_tenant_id_record_id", "external_references", ["tenant_id", "record_id"])
    op.create_table(
        "conflict_policies",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("register", sa.String(10), nullable=False),
        sa.Column("default_winner", sa.String(10), nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "source", "register", name="pk_conflict_policies"),
    )


def _create_webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", ID, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("registers", Json, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"),
    )
    op.create_index("ix_webhooks_tenant_id", "webhooks", ["tenant_id"])
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", ID, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("webhook_id", ID, nullable=False),
        sa.Column("type", sa.String(60), nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("delivered_at", UtcDateTime, nullable=True),
        sa.Column("last_status", sa.Integer, nullable=True),
        sa.Column("last_error", sa.String(300), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], name="fk_webhook_deliveries_webhook_id_webhooks"),
    )
    op.create_index("ix_webhook_deliveries_tenant_id", "webhook_deliveries", ["tenant_id"])
    op.create_index("ix_webhook_deliveries_webhook_id", "webhook_deliveries", ["webhook_id", "id"])
    op.create_index("ix_webhook_deliveries_due_at", "webhook_deliveries", ["due_at"])
