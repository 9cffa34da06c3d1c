"""Door codes of sites, erased contact persons, and the key by which customers are found to be written twice.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from services.customers.domain.duplicates import duplicate_key
from shared.db.types import Json, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_AT_ONCE = 1_000


def upgrade() -> None:
    op.add_column("sites", sa.Column("door_code", sa.LargeBinary, nullable=True))
    op.add_column("contacts", sa.Column("erased_at", UtcDateTime, nullable=True))
    op.add_column("customers", sa.Column("duplicate_key", sa.String(300), nullable=False, server_default=""))
    _fill_duplicate_keys()
    op.create_index("ix_customers_tenant_id_duplicate_key", "customers", ["tenant_id", "duplicate_key"])


def downgrade() -> None:
    raise NotImplementedError("forward only")


def _fill_duplicate_keys() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":  # the policies would hide every row from the migration
        connection.execute(sa.text("SELECT set_config('urakka.tenant_id', '*', true)"))
    customers = sa.table(
        "customers",
        sa.column("id", sa.String),
        sa.column("name", sa.String),
        sa.column("billing_address", Json),
        sa.column("duplicate_key", sa.String),
    )
    last = ""
    while True:
        page = sa.select(customers).where(customers.c.id > last).order_by(customers.c.id).limit(_AT_ONCE)
        rows = connection.execute(page).all()
        for row in rows:
            key = duplicate_key(row.name, (row.billing_address or {}).get("postal_code"))
            connection.execute(customers.update().where(customers.c.id == row.id).values(duplicate_key=key))
        if len(rows) < _AT_ONCE:
            return
        last = rows[-1].id
