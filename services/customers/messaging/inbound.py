"""The service hears its own changes come back from the bus, and tells them to webhooks."""

from __future__ import annotations

from services.customers.app.webhooks import tell_webhooks
from services.customers.domain.webhooks import Told
from shared.bus.consumer import Consumer
from shared.bus.envelope import Event
from shared.clock import utc_now
from shared.db import UnitOfWork


def on_customer_changed(uow: UnitOfWork, event: Event) -> None:
    """Tell a customer's change."""
    tell_webhooks(uow, event, Told.CUSTOMERS, now=utc_now())


def on_site_changed(uow: UnitOfWork, event: Event) -> None:
    """Tell a site's change."""
    tell_webhooks(uow, event, Told.SITES, now=utc_now())


CONSUMERS = (
    Consumer(
        name="customers.webhooks",
        handlers={"customer.changed.v1": on_customer_changed, "site.changed.v1": on_site_changed},
    ),
)
