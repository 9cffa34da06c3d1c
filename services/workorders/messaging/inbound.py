"""Every event that this service listens to, and what it does about it."""

from __future__ import annotations

from services.workorders.app.billing import AcceptedDocument, apply_accepted
from services.workorders.app.copies import keep_charging_rule, keep_customer, keep_price, keep_product, keep_site
from services.workorders.app.customer_merges import follow_merge
from shared.bus.consumer import Consumer, CopySource
from shared.bus.envelope import Event
from shared.clock import utc_now
from shared.db import UnitOfWork


def on_customer_changed(uow: UnitOfWork, event: Event) -> None:
    """Keep the copy of a customer; its open orders follow it when it is merged into another."""
    if keep_customer(uow, event):
        follow_merge(uow, event.data, now=utc_now())


def on_document_accepted(uow: UnitOfWork, event: Event) -> None:
    """Mark the rows of an accepted document; a credit names no orders and changes none."""
    data = event.data
    document = AcceptedDocument(
        document_id=data["id"],
        target=data["target"],
        target_id=data["target_id"],
        rows={named["id"]: tuple(named["row_ids"]) for named in data["workorders"]},
    )
    apply_accepted(uow, document, now=utc_now())


CONSUMERS = (
    Consumer(
        name="workorders.copies",
        handlers={
            "customer.changed.v1": on_customer_changed,
            "site.changed.v1": keep_site,
            "product.changed.v1": keep_product,
            "price.changed.v1": keep_price,
            "charging_rule.changed.v1": keep_charging_rule,
        },
        copies=(
            CopySource("customers", "customer", "customer.changed.v1"),
            CopySource("customers", "site", "site.changed.v1"),
            CopySource("catalog", "product", "product.changed.v1"),
            CopySource("catalog", "price", "price.changed.v1"),
            CopySource("catalog", "charging_rule", "charging_rule.changed.v1"),
        ),
    ),
    Consumer(name="workorders.documents", handlers={"document.accepted.v1": on_document_accepted}),
)
