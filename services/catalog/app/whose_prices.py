"""Whose prices hold for a customer at a site: from the copies of both (domain.md §2.3, §2.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from services.catalog.models import CopyCustomer, CopySite
from shared.bus.copies import apply_copy
from shared.bus.envelope import Event
from shared.db import UnitOfWork


@dataclass(frozen=True, slots=True)
class Whose:
    """A price group, None if there is none, and the ids of a site and of those that it lies in, nearest first."""

    price_group: str | None
    site_path: tuple[str, ...]


def keep_site(uow: UnitOfWork, event: Event) -> None:
    """Store what `site.changed.v1` says, if it is newer than the copy."""
    values = {"path": event.data["path"], "price_group": event.data.get("price_group")}
    apply_copy(uow, CopySite, event, values)


def whose_prices(uow: UnitOfWork, customer_id: str | None, price_group: str | None, site_path: Sequence[str]) -> Whose:
    """Return whose prices hold, completing what the caller does not say.

    site_path    a site alone stands for those that it lies in too; more of them are taken as they are
    price_group  None: that of the nearest site that has one, else the customer's
    """
    path = tuple(site_path)
    if len(path) == 1:
        site = uow.session.get(CopySite, path[0])
        path = site.nearest_first if site is not None and not site.deleted else path
    return Whose(price_group or _group(uow, customer_id, path), path)


def _group(uow: UnitOfWork, customer_id: str | None, path: tuple[str, ...]) -> str | None:
    if path:
        has_one = CopySite.price_group.is_not(None)
        named = select(CopySite.id, CopySite.price_group).where(CopySite.id.in_(path), has_one)
        groups: dict[str, str] = {site.id: site.price_group for site in uow.session.execute(named)}
        nearest = next((groups[site_id] for site_id in path if site_id in groups), None)
        if nearest is not None:
            return nearest
    customer = uow.session.get(CopyCustomer, customer_id) if customer_id is not None else None
    return customer.price_group if customer is not None else None
