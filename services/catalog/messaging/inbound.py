"""Every event that this service listens to, and what it does about it."""

from __future__ import annotations

from services.catalog.app.customer_merges import follow_merge, keep_customer
from services.catalog.app.whose_prices import keep_site
from shared.bus.consumer import Consumer, CopySource
from shared.bus.envelope import Event
from shared.db import UnitOfWork


def on_customer_changed(uow: UnitOfWork, event: Event) -> None:
    """Let the agreements of a customer follow it when it is merged into another."""
    if keep_customer(uow, event):
        follow_merge(uow, event.data["id"], event.data.get("merged_into"))


CONSUMERS = (
    Consumer(
        name="catalog.customers",
        handlers={"customer.changed.v1": on_customer_changed, "site.changed.v1": keep_site},
        copies=(
            CopySource("customers", "customer", "customer.changed.v1"),
            CopySource("customers", "site", "site.changed.v1"),
        ),
    ),
)
