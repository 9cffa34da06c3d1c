"""Snapshot pages: the state of all products, from which another service first fills its copies."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from services.catalog.app.events import product_state
from services.catalog.models import Product
from shared.clock import iso_utc
from shared.db import UnitOfWork
from shared.service import SnapshotItem, SnapshotReader


def _products(uow: UnitOfWork, after: str | None, limit: int) -> Iterable[SnapshotItem]:
    statement = select(Product).order_by(Product.id).limit(limit)
    if after is not None:
        statement = statement.where(Product.id > after)
    return [
        SnapshotItem(one.id, one.tenant_id, one.version, iso_utc(one.changed_at), product_state(one))
        for one in uow.session.scalars(statement)
    ]


SNAPSHOTS: dict[str, SnapshotReader] = {"product": _products}
