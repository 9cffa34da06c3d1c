"""Prices for groups, customers and sites, with quantity steps and discounts; no two of a kind on one day.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.db.migration_parts import enable_row_level_security
from shared.db.types import Quantity, Rate, UnitPrice

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.String(36)

_OVERLAPS = """
    EXISTS (SELECT 1 FROM price_facts AS other
            WHERE other.id <> NEW.id AND other.tenant_id = NEW.tenant_id AND other.product_id = NEW.product_id
              AND other.scope_key = NEW.scope_key AND other.min_quantity = NEW.min_quantity
              AND (other.valid_to IS NULL OR other.valid_to >= NEW.valid_from)
              AND (NEW.valid_to IS NULL OR NEW.valid_to >= other.valid_from))
"""


def upgrade() -> None:
    op.create_table(
        "price_facts",
        sa.Column("id", ID, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("scope_key", sa.String(80), nullable=False),
        sa.Column("price_group", sa.String(60), nullable=True),
        sa.Column("customer_id", ID, nullable=True),
        sa.Column("site_id", ID, nullable=True),
        sa.Column("min_quantity", Quantity(), nullable=False),
        sa.Column("price", UnitPrice(), nullable=True),
        sa.Column("discount_percent", Rate(), nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_to", sa.Date, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_price_facts"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_price_facts_product_id_products"),
        sa.CheckConstraint("(price IS NULL) <> (discount_percent IS NULL)", name="ck_price_facts_price_or_discount"),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="ck_price_facts_period"),
    )
    op.create_index("ix_price_facts_tenant_id", "price_facts", ["tenant_id"])
    op.create_index("ix_price_facts_tenant_id_product_id", "price_facts", ["tenant_id", "product_id"])
    _forbid_overlaps()
    enable_row_level_security(["price_facts"])


def downgrade() -> None:
    raise NotImplementedError("forward only")


def _forbid_overlaps() -> None:
    """PostgreSQL: an exclusion constraint, which two writers at the same moment cannot pass; it compares the key as
    a range of one text, so no extension is needed. SQLite has one writer at a time: there a trigger is enough.
    """
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TYPE price_key_range AS RANGE (subtype = text)")
        op.execute(
            "ALTER TABLE price_facts ADD CONSTRAINT ex_price_facts_overlap EXCLUDE USING gist ("
            "price_key_range(tenant_id || ' ' || product_id || ' ' || scope_key || ' ' || min_quantity::text,"
            " tenant_id || ' ' || product_id || ' ' || scope_key || ' ' || min_quantity::text, '[]') WITH &&,"
            " daterange(valid_from, valid_to, '[]') WITH &&)"
        )
        return
    for moment, name in (("INSERT", "insert"), ("UPDATE", "update")):
        op.execute(
            f"CREATE TRIGGER price_facts_overlap_{name} BEFORE {moment} ON price_facts WHEN {_OVERLAPS} "
            "BEGIN SELECT RAISE(ABORT, 'price_facts overlap'); END"
        )
