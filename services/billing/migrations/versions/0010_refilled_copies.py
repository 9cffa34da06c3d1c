"""Copies of customers learn of merges that happened before 0009.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

from shared.bus.migration import refill_copies_v1

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    refill_copies_v1("billing.copies", ("customer", "copy_customers"))


def downgrade() -> None:
    raise NotImplementedError("forward only")
