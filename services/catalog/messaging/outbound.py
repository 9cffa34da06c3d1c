"""Snapshot pages: all products, prices and charging rules as they are, from which others first fill their copies."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from services.catalog.app.events import price_state, product_states
from services.catalog.models import Product, StoredChargingRule, StoredPriceFact
from shared.clock import business_day, iso_utc, utc_now
from shared.db import UnitOfWork
from shared.service import SnapshotItem, SnapshotReader


def _products(uow: UnitOfWork, after: str | None, limit: int) -> Iterable[SnapshotItem]:
    statement = select(Product).order_by(Product.id).limit(limit)
    if after is not None:
        statement = statement.where(Product.id > after)
    products = list(uow.session.scalars(statement))
    return [
        SnapshotItem(one.id, one.tenant_id, one.version, iso_utc(one.changed_at), state)
        for one, state in product_states(uow, products, business_day(utc_now()))
    ]


def _prices(uow: UnitOfWork, after: str | None, limit: int) -> Iterable[SnapshotItem]:
    statement = select(StoredPriceFact).order_by(StoredPriceFact.id).limit(limit)
    if after is not None:
        statement = statement.where(StoredPriceFact.id > after)
    return [
        SnapshotItem(one.id, one.tenant_id, one.version, iso_utc(one.changed_at), price_state(one))
        for one in uow.session.scalars(statement)
    ]


def _charging_rules(uow: UnitOfWork, after: str | None, limit: int) -> Iterable[SnapshotItem]:
    statement = select(StoredChargingRule).order_by(StoredChargingRule.id).limit(limit)
    if after is not None:
        statement = statement.where(StoredChargingRule.id > after)
    return [
        SnapshotItem(one.id, one.tenant_id, one.version, iso_utc(one.changed_at), one.data())
        for one in uow.session.scalars(statement)
    ]


SNAPSHOTS: dict[str, SnapshotReader] = {"product": _products, "price": _prices, "charging_rule": _charging_rules}
