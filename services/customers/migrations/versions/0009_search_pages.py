"""Search pages of customers, contact persons and sites, and indexes for the filters of their lists.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

from shared.db.migration_parts import ask_for_the_tenant_once, create_search_pages_v1

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_PAGES = {
    "customers": "customer_search_pages",
    "contacts": "contact_search_pages",
    "sites": "site_search_pages",
}
_AT_ONCE = 2_000
_BIG = ("customers", "contacts", "contact_links", "sites", "site_attachments")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT set_config('urakka.tenant_id', '*', true)")
    for table in ("contacts", "sites"):
        op.add_column(table, sa.Column("search_text", sa.Text, nullable=False, server_default=""))
        _fold_names(table)
    for table, pages in _PAGES.items():
        create_search_pages_v1(table, pages)
    ask_for_the_tenant_once((*_BIG, *_PAGES.values()))
    op.create_index("ix_customers_kind", "customers", ["tenant_id", "kind", "id"])
    op.create_index("ix_sites_tenant_id_parent_id", "sites", ["tenant_id", "parent_id", "id"])
    for table in ("customers", "sites"):
        where = sa.text("archived_at IS NOT NULL")
        op.create_index(f"ix_{table}_archived", table, ["tenant_id", "id"], postgresql_where=where, sqlite_where=where)


def downgrade() -> None:
    raise NotImplementedError("forward only")


def _fold_names(table: str) -> None:
    """In Python: neither database folds case and width as searches do."""
    records = sa.table(table, sa.column("id"), sa.column("name"), sa.column("search_text"))
    names = op.get_bind().execute(sa.select(records.c.id, records.c.name)).all()
    change = records.update().where(records.c.id == sa.bindparam("of")).values(search_text=sa.bindparam("folded"))
    for start in range(0, len(names), _AT_ONCE):
        part = names[start : start + _AT_ONCE]
        op.get_bind().execute(change, [{"of": row.id, "folded": _folded(row.name)} for row in part])


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
