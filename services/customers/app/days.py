"""The turn of the day: attachments begin and end, so sites change hands without anybody's doing."""

from __future__ import annotations

import threading
from datetime import date

from services.customers.app.sites import lock_tree, publish_changed, refresh_customers, subtrees_of
from services.customers.models import SiteAttachment
from shared import day_turn
from shared.context import Context
from shared.db import Database


def turn_day(database: Database, day: date, stop: threading.Event | None = None) -> int:
    """Refresh the sites whose attachments began or ended lately, tenant by tenant; returns how many changed hands."""
    tenants = day_turn.turned_lately(SiteAttachment.tenant_id, SiteAttachment.valid_from, SiteAttachment.valid_to, day)

    def turn(context: Context, to_day: date) -> int:
        return _turn_tenant(database, context, to_day)

    return day_turn.turn_day(database, tenants, turn, day, stop)


def _turn_tenant(database: Database, context: Context, day: date) -> int:
    turning = day_turn.turned_lately(SiteAttachment.site_id, SiteAttachment.valid_from, SiteAttachment.valid_to, day)
    with database.begin(context) as uow:
        lock_tree(uow)
        sites = subtrees_of(uow, list(uow.session.scalars(turning)))
        refresh_customers(uow, sites, day)
        changed = publish_changed(uow, sites)
        uow.commit()
    return changed
