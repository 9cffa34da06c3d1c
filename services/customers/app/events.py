"""What the service tells others: the full state of customers and sites, after each change.

The same mappings fill the snapshot pages, so a copy looks the same whichever way it came.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.customers.domain.customer import plain_field
from services.customers.models import Customer, Site
from shared.bus.envelope import NewEvent
from shared.db import UnitOfWork

_NO_ADDRESS: Mapping[str, str] = {"street": "", "postal_code": "", "city": "", "country": "FI"}


def customer_state(customer: Customer) -> dict[str, Any]:
    """Return the data of customer.changed.v1: the customer as other services may keep it."""
    return {
        "id": customer.id,
        "number": customer.number,
        "name": customer.name,
        "kind": customer.kind,
        "business_id": customer.business_id,
        "vat_number": customer.vat_number,
        "billing_address": dict(customer.billing_address or _NO_ADDRESS),
        "email": customer.email,
        "phone": customer.phone,
        "language": customer.language,
        "payment_term_days": customer.payment_term_days,
        "late_interest_percent": plain_field(customer.late_interest_percent),
        "invoice_channel": customer.invoice_channel,
        "einvoice_address": customer.einvoice_address,
        "einvoice_operator": customer.einvoice_operator,
        "billing_rhythm": customer.billing_rhythm,
        "invoice_grouping": customer.invoice_grouping,
        "payer_id": customer.payer_id,
        "construction_seller_from": plain_field(customer.construction_seller_from),
        "construction_seller_to": plain_field(customer.construction_seller_to),
        "required_references": list(customer.required_references),
        "price_group": customer.price_group,
        "on_hold": customer.on_hold,
        "archived": customer.archived,
        "merged_into": customer.merged_into,
    }


def site_state(site: Site) -> dict[str, Any]:
    """Return the data of site.changed.v1; `customer_id` is the nearest attached customer as of now."""
    return {
        "id": site.id,
        "parent_id": site.parent_id,
        "type": site.type,
        "name": site.name,
        "address": dict(site.address) if site.address else None,
        "customer_id": site.customer_id,
        "path": site.path,
        "archived": site.archived,
        "code": site.code,
        "tag": site.tag,
        "price_group": site.price_group,
        "cost_centre": site.cost_centre,
        "latitude": plain_field(site.latitude),
        "longitude": plain_field(site.longitude),
    }


def publish_customer(uow: UnitOfWork, customer: Customer) -> None:
    """Emit the customer's state. Call it after the flush: only then does the record have its new version."""
    uow.emit(
        NewEvent("customer.changed.v1", "customer", customer.id, customer.version, customer_state(customer)),
    )


def publish_site(uow: UnitOfWork, site: Site) -> None:
    """Emit the site's state. Call it after the flush: only then does the record have its new version."""
    uow.emit(NewEvent("site.changed.v1", "site", site.id, site.version, site_state(site)))
