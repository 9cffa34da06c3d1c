"""For whom, where and when an order may be: rules on what it names (domain.md 2.1, 2.3, 2.7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from services.workorders.domain.lifecycle import CustomerFacts
from services.workorders.domain.values import HoldPolicy
from shared.errors import FieldError


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What the rules need of a site. customer_id  nearest customer attached at it or above it, if any."""

    customer_id: str | None
    archived: bool


@dataclass(frozen=True, slots=True)
class Placement:
    """What an order names.

    customer_id, customer   both None while there is only a name; only the latter: there is no such customer
    provisional_name        who it is meanwhile
    site_unknown            it names a site that is not known, which may have said whose the order is
    wanted_from, wanted_to  time window, aware; either may be open
    """

    customer_id: str | None = None
    customer: CustomerFacts | None = None
    provisional_name: str | None = None
    site: SiteFacts | None = None
    site_unknown: bool = False
    wanted_from: datetime | None = None
    wanted_to: datetime | None = None


def placement_errors(placement: Placement) -> Iterator[FieldError]:
    """Yield everything that is wrong with it, with pointers into the order."""
    yield from _customer_errors(placement)
    yield from _site_errors(placement)
    if placement.wanted_from and placement.wanted_to and placement.wanted_to < placement.wanted_from:
        yield FieldError("/wanted_to", "window.reversed", "The time window ends before it begins.")


def _customer_errors(placement: Placement) -> Iterator[FieldError]:
    if not (placement.customer_id or placement.provisional_name or placement.site_unknown):
        yield FieldError("/customer_id", "customer.missing", "Name the customer, or a site that belongs to one.")
    if placement.customer_id and placement.provisional_name:
        yield FieldError("/provisional_customer", "customer.twice", "The order has a customer already.")
    customer = placement.customer
    if customer is None:
        return
    if customer.archived:
        yield FieldError("/customer_id", "customer.archived", "The customer is archived.")
    if customer.hold is HoldPolicy.REFUSE:
        yield FieldError("/customer_id", "customer.on_hold", "The customer is on hold: no new work.")


def _site_errors(placement: Placement) -> Iterator[FieldError]:
    site = placement.site
    if site is None:
        return
    if site.archived:
        yield FieldError("/site_id", "site.archived", "The site is archived.")
    if site.customer_id and placement.customer_id and site.customer_id != placement.customer_id:
        yield FieldError("/site_id", "site.other_customer", "The site belongs to another customer.")
