"""The service tells its own changes, as they come back from the bus, to webhooks; and hears what was billed."""

from __future__ import annotations

from services.customers.app.merges import note_billed
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


def on_document_accepted(uow: UnitOfWork, event: Event) -> None:
    """A merge of the payer, or of a customer whose order is billed, may not be undone from now on."""
    data = event.data
    ordering = {order["customer_id"] for order in data["workorders"] if "customer_id" in order}
    note_billed(uow, data["id"], {data["customer_id"], *ordering}, at=event.time)


CONSUMERS = (
    Consumer(
        name="customers.webhooks",
        handlers={"customer.changed.v1": on_customer_changed, "site.changed.v1": on_site_changed},
    ),
    Consumer(name="customers.documents", handlers={"document.accepted.v1": on_document_accepted}),
)
