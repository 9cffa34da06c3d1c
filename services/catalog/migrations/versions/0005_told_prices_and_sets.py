"""Prices of groups, customers and sites with versions, so that others can keep copies; products that are sets.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.db.migration_parts import (
    ask_for_the_tenant_once,
    create_search_pages_v1,
    enable_row_level_security,
)
from shared.db.types import Json, Quantity, UnitPrice, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BEFORE = "2026-11-21 00:00:00+00:00"


ID = sa.String(36)


def upgrade() -> None:
    _version_prices()
    _index_prices()
    op.add_column("products", sa.Column("is_set", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("products", sa.Column("target_accounts", Json, nullable=False, server_default="{}"))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT set_config('urakka.tenant_id', '*', true)")
    op.execute("UPDATE products SET search_text = search_text || ' ' || lower(barcode) WHERE barcode IS NOT NULL")
    op.create_index("ix_products_tenant_id_barcode", "products", ["tenant_id", "barcode"])
    op.create_table(
        "product_components",
        sa.Column("id", ID, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("set_id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("quantity", Quantity(), nullable=False),
        sa.Column("share_weight", UnitPrice(), nullable=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_product_components"),
        sa.UniqueConstraint(
            "tenant_id", "set_id", "product_id", name="uq_product_components_tenant_id_set_id_product_id"
        ),
        sa.ForeignKeyConstraint(["set_id"], ["products.id"], name="fk_product_components_set_id_products"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_product_components_product_id_products"),
    )
    op.create_index("ix_product_components_tenant_id", "product_components", ["tenant_id"])
    op.create_index("ix_product_components_tenant_id_product_id", "product_components", ["tenant_id", "product_id"])
    create_search_pages_v1("products", "product_search_pages")
    enable_row_level_security(["product_components"])
    _index_products()
    ask_for_the_tenant_once(("products", "prices", "price_facts", "product_search_pages"))


def _index_prices() -> None:
    """A range of one text made each insert cost a millisecond and more, growing: a price list of 50,000 took minutes.
    A range of one number, the key's hash, takes 0.08 ms; two keys of one hash are as likely as never.
    """
    op.drop_index("ix_price_facts_tenant_id_product_id", "price_facts")
    op.create_index("ix_price_facts_product_scope", "price_facts", ["tenant_id", "product_id", "scope_key"])
    op.create_index("ix_price_facts_scope", "price_facts", ["tenant_id", "scope_key", "id"])
    if op.get_bind().dialect.name != "postgresql":
        return
    key = "hashtextextended(tenant_id || ' ' || product_id || ' ' || scope_key || ' ' || min_quantity::text, 0)"
    op.execute("ALTER TABLE price_facts DROP CONSTRAINT ex_price_facts_overlap")
    op.execute("DROP TYPE price_key_range")
    op.execute(
        "ALTER TABLE price_facts ADD CONSTRAINT ex_price_facts_overlap EXCLUDE USING gist ("
        f"int8range({key}, {key}, '[]') WITH &&, daterange(valid_from, valid_to, '[]') WITH &&)"
    )


def _index_products() -> None:
    """Each filter of the list finds its first page without walking all products."""
    op.drop_index("ix_products_tenant_id_category_id", "products")
    op.create_index("ix_products_category", "products", ["tenant_id", "category_id", "id"])
    op.create_index("ix_products_kind", "products", ["tenant_id", "kind", "id"])
    for name, condition in (("archived", "archived_at IS NOT NULL"), ("sets", "is_set")):
        where = sa.text(condition)
        op.create_index(
            f"ix_products_{name}", "products", ["tenant_id", "id"], postgresql_where=where, sqlite_where=where
        )


def _version_prices() -> None:
    """Prices that are there already become version 1; a constant default is all that SQLite can add a column with."""
    moment = _BEFORE if op.get_bind().dialect.name == "postgresql" else _BEFORE.removesuffix("+00:00") + ".000000"
    op.add_column("price_facts", sa.Column("version", sa.Integer, nullable=False, server_default="1"))
    for name in ("created_at", "changed_at"):
        op.add_column("price_facts", sa.Column(name, UtcDateTime, nullable=False, server_default=moment))


def downgrade() -> None:
    raise NotImplementedError("forward only")
