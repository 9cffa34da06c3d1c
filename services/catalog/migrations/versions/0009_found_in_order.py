"""Products of a search page, and of a bar code, found in the order of lists: SQLite walks all products for the order.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_products_search_page", "products")
    op.create_index("ix_products_search_page", "products", ["tenant_id", "search_page", "id"])
    op.drop_index("ix_products_tenant_id_barcode", "products")
    op.create_index("ix_products_barcode", "products", ["tenant_id", "barcode", "id"])


def downgrade() -> None:
    raise NotImplementedError("forward only")
