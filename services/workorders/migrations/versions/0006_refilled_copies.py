"""Copies of customers and products learn what 0003 and 0004 made room for: price groups, dated prices, merges.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

from shared.bus.migration import refill_copies_v1

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    refill_copies_v1("workorders.copies", ("customer", "copy_customers"), ("product", "copy_products"))


def downgrade() -> None:
    raise NotImplementedError("forward only")
