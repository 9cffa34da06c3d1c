"""Categories, products, list prices, imports.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.db.migration_parts import create_infrastructure_v1, enable_row_level_security
from shared.db.types import Json, UnitPrice, UtcDateTime
from shared.imports.migration import create_imports_v1

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.String(36)


def upgrade() -> None:
    create_infrastructure_v1()
    _aggregate(
        "categories",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("name_key", sa.String(240), nullable=False),
        sa.Column("parent_id", ID, nullable=True),
        sa.UniqueConstraint("tenant_id", "name_key", name="uq_categories_tenant_id_name_key"),
        sa.ForeignKeyConstraint(["parent_id"], ["categories.id"], name="fk_categories_parent_id_categories"),
    )
    _create_products()
    op.create_table(
        "prices",
        sa.Column("id", ID, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("price", UnitPrice(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_to", sa.Date, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_prices"),
        sa.UniqueConstraint("tenant_id", "product_id", "valid_from", name="uq_prices_tenant_id_product_id_valid_from"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_prices_product_id_products"),
    )
    op.create_index("ix_prices_tenant_id", "prices", ["tenant_id"])
    create_imports_v1()
    enable_row_level_security(["categories", "products", "prices", "imports"])


def downgrade() -> None:
    raise NotImplementedError("forward only")


def _aggregate(name: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("id", ID, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
    )
    op.create_index(f"ix_{name}_tenant_id", name, ["tenant_id"])
    op.create_index(f"ix_{name}_tenant_id_id", name, ["tenant_id", "id"])


def _create_products() -> None:
    _aggregate(
        "products",
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("code_key", sa.String(240), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("category_id", ID, nullable=False),
        sa.Column("unit", sa.String(10), nullable=False),
        sa.Column("list_price", UnitPrice(), nullable=True),
        sa.Column("cost_price", UnitPrice(), nullable=True),
        sa.Column("vat_class", sa.String(10), nullable=False),
        sa.Column("revenue_account", sa.String(20), nullable=True),
        sa.Column("barcode", sa.String(60), nullable=True),
        sa.Column("field_recordable", sa.Boolean, nullable=False),
        sa.Column("price_editable", sa.Boolean, nullable=False),
        sa.Column("construction_service", sa.Boolean, nullable=False),
        sa.Column("invoice_text", Json, nullable=False),
        sa.Column("target_codes", Json, nullable=False),
        sa.Column("archived_at", UtcDateTime, nullable=True),
        sa.Column("search_text", sa.Text, nullable=False),
        sa.UniqueConstraint("tenant_id", "code_key", name="uq_products_tenant_id_code_key"),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name="fk_products_category_id_categories"),
    )
    op.create_index("ix_products_tenant_id_category_id", "products", ["tenant_id", "category_id"])
