"""Customers, contact persons, sites, imports.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.db.migration_parts import create_infrastructure_v1, enable_row_level_security
from shared.db.types import Json, UtcDateTime
from shared.imports.migration import create_imports_v1

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.String(36)


def upgrade() -> None:
    create_infrastructure_v1()
    _create_customers()
    _create_sites()
    _create_contacts()
    create_imports_v1()
    op.create_table(
        "import_keys",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "fingerprint", name="pk_import_keys"),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_import_keys_customer_id_customers"),
    )
    enable_row_level_security(
        ["customers", "sites", "site_attachments", "contacts", "contact_links", "imports", "import_keys"]
    )


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


def _create_customers() -> None:
    _aggregate(
        "customers",
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("business_id", sa.String(9), nullable=True),
        sa.Column("vat_number", sa.String(20), nullable=True),
        sa.Column("billing_address", Json, nullable=True),
        sa.Column("visiting_address", Json, nullable=True),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("phone", sa.String(20), nullable=True),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("payment_term_days", sa.Integer, nullable=False),
        sa.Column("invoice_channel", sa.String(10), nullable=False),
        sa.Column("einvoice_address", sa.String(40), nullable=True),
        sa.Column("einvoice_operator", sa.String(20), nullable=True),
        sa.Column("billing_rhythm", sa.String(10), nullable=False),
        sa.Column("payer_id", ID, nullable=True),
        sa.Column("construction_seller_from", sa.Date, nullable=True),
        sa.Column("required_references", Json, nullable=False),
        sa.Column("price_group", sa.String(60), nullable=True),
        sa.Column("default_cost_centre", sa.String(60), nullable=True),
        sa.Column("on_hold", sa.Boolean, nullable=False),
        sa.Column("work_while_on_hold", sa.Boolean, nullable=False),
        sa.Column("field_notes", sa.Text, nullable=True),
        sa.Column("billing_notes", sa.Text, nullable=True),
        sa.Column("archived_at", UtcDateTime, nullable=True),
        sa.Column("search_text", sa.Text, nullable=False),
        sa.UniqueConstraint("tenant_id", "number", name="uq_customers_tenant_id_number"),
        sa.UniqueConstraint("tenant_id", "business_id", name="uq_customers_tenant_id_business_id"),
    )


def _create_sites() -> None:
    _aggregate(
        "sites",
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("path", sa.String(1500), nullable=False),
        sa.Column("type", sa.String(10), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("address", Json, nullable=True),
        sa.Column("cost_centre", sa.String(60), nullable=True),
        sa.Column("notes", sa.Text, nullable=True),
        sa.Column("customer_id", ID, nullable=True),
        sa.Column("archived_at", UtcDateTime, nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["sites.id"], name="fk_sites_parent_id_sites"),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_sites_customer_id_customers"),
    )
    op.create_index("ix_sites_parent_id", "sites", ["parent_id"])
    op.create_index("ix_sites_tenant_id_customer_id", "sites", ["tenant_id", "customer_id"])
    # Paths are searched by their beginning, which needs this operator class in any locale but C.
    op.create_index(
        "ix_sites_tenant_id_path", "sites", ["tenant_id", "path"], postgresql_ops={"path": "varchar_pattern_ops"}
    )
    op.create_table(
        "site_attachments",
        sa.Column("id", ID, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_to", sa.Date, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_site_attachments"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_site_attachments_site_id_sites"),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_site_attachments_customer_id_customers"),
    )
    op.create_index("ix_site_attachments_tenant_id", "site_attachments", ["tenant_id"])
    op.create_index("ix_site_attachments_tenant_id_site_id", "site_attachments", ["tenant_id", "site_id"])


def _create_contacts() -> None:
    _aggregate(
        "contacts",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("title", sa.String(100), nullable=True),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("phone", sa.String(20), nullable=True),
        sa.Column("notes", sa.Text, nullable=True),
    )
    op.create_table(
        "contact_links",
        sa.Column("id", ID, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=True),
        sa.Column("site_id", ID, nullable=True),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("is_default", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contact_links"),
        sa.CheckConstraint("(customer_id IS NULL) <> (site_id IS NULL)", name="ck_contact_links_one_end"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_contact_links_contact_id_contacts"),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_contact_links_customer_id_customers"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_contact_links_site_id_sites"),
    )
    op.create_index("ix_contact_links_tenant_id", "contact_links", ["tenant_id"])
    op.create_index("ix_contact_links_contact_id", "contact_links", ["contact_id"])
    for end in ("customer", "site"):
        op.create_index(
            f"uq_contact_links_{end}",
            "contact_links",
            ["tenant_id", f"{end}_id", "role", "contact_id"],
            unique=True,
        )
        only_defaults = sa.text(f"is_default AND {end}_id IS NOT NULL")
        op.create_index(
            f"uq_contact_links_{end}_default",
            "contact_links",
            ["tenant_id", f"{end}_id", "role"],
            unique=True,
            postgresql_where=only_defaults,
            sqlite_where=only_defaults,
        )
