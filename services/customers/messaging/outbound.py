"""Snapshot pages: the state of all customers and sites, from which another service first fills its copies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from sqlalchemy import select

from services.customers.app.events import customer_state, site_state
from services.customers.models import Customer, Site
from shared.clock import iso_utc
from shared.db import UnitOfWork
from shared.service import SnapshotItem, SnapshotReader

M = TypeVar("M", Customer, Site)


def _reader(model: type[M], state: Callable[[M], dict[str, Any]]) -> SnapshotReader:
    def read(uow: UnitOfWork, after: str | None, limit: int) -> Iterable[SnapshotItem]:
        statement = select(model).order_by(model.id).limit(limit)
        if after is not None:
            statement = statement.where(model.id > after)
        return [
            SnapshotItem(one.id, one.tenant_id, one.version, iso_utc(one.changed_at), state(one))
            for one in uow.session.scalars(statement)
        ]

    return read


SNAPSHOTS: dict[str, SnapshotReader] = {
    "customer": _reader(Customer, customer_state),
    "site": _reader(Site, site_state),
}
