"""What hangs on a customer, moved to another one and back (domain.md §2.1, Merge)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import func, select

from services.customers.app.sites import publish_changed, refresh_customers, subtrees_of
from services.customers.domain.errors import MergeInUse
from services.customers.models import (
    Contact,
    ContactLink,
    Customer,
    CustomerMerge,
    ImportKey,
    Site,
    SiteAttachment,
)
from shared.clock import business_day
from shared.db import UnitOfWork

M = TypeVar("M", Customer, ContactLink, SiteAttachment)


@dataclass(frozen=True, slots=True)
class Parts:
    """All that names one customer.

    payers   customers that it pays for
    aliases  customers that were merged into it before
    keys     rows of workbooks that became it
    """

    links: list[ContactLink]
    attachments: list[SiteAttachment]
    payers: list[Customer]
    aliases: list[Customer]
    keys: list[ImportKey]


def parts_of_customer(uow: UnitOfWork, customer_id: str) -> Parts:
    """Return everything in the register that names the customer, oldest first."""
    read = uow.session.scalars
    return Parts(
        links=list(read(select(ContactLink).where(ContactLink.customer_id == customer_id).order_by(ContactLink.id))),
        attachments=list(
            read(select(SiteAttachment).where(SiteAttachment.customer_id == customer_id).order_by(SiteAttachment.id))
        ),
        payers=list(read(select(Customer).where(Customer.payer_id == customer_id).order_by(Customer.id))),
        aliases=list(read(select(Customer).where(Customer.merged_into == customer_id).order_by(Customer.id))),
        keys=list(read(select(ImportKey).where(ImportKey.customer_id == customer_id).order_by(ImportKey.fingerprint))),
    )


def roles_of(links: Iterable[ContactLink]) -> set[tuple[str, str]]:
    """Return (contact id, role) of links: a customer has each only once."""
    return {(link.contact_id, link.role) for link in links}


def move_links(uow: UnitOfWork, parts: Parts, into: Customer) -> dict[str, list[Any]]:
    """Move contact links; one that the survivor has already goes, and its defaults stay the defaults.

    Returns `contact_links` and `same_links` as `CustomerMerge.moved` keeps them.
    """
    theirs = parts_of_customer(uow, into.id).links
    known, defaults = roles_of(theirs), {link.role for link in theirs if link.is_default}
    moved, same = [], []
    for link in parts.links:
        if (link.contact_id, link.role) in known:
            kept = {"id": link.id, "contact_id": link.contact_id, "role": link.role, "is_default": link.is_default}
            same.append(kept)
            uow.session.delete(link)
            continue
        moved.append({"id": link.id, "is_default": link.is_default})
        link.customer_id = into.id
        link.is_default = link.is_default and link.role not in defaults
    return {"contact_links": moved, "same_links": same}


def move_attachments(parts: Parts, into: Customer) -> list[dict[str, Any]]:
    """Let the sites of the merged customer belong to the survivor, for the same days, past ones too."""
    for attachment in parts.attachments:
        attachment.customer_id = into.id
    return [_days_of(attachment) for attachment in parts.attachments]


def refuse_changed(uow: UnitOfWork, merge: CustomerMerge) -> None:
    """Raise MergeInUse if anything that the merge moved is no longer as the merge left it."""
    if any(_changed(uow, merge)):
        raise MergeInUse("The customers, their contact persons or their sites were changed after the merge.")


def move_back(uow: UnitOfWork, merge: CustomerMerge) -> list[Customer]:
    """Give links, attachments, payers, aliases and workbook keys back; returns the other customers that changed."""
    ids, merged_id = merge.moved, merge.merged_id
    links = _found(uow, ContactLink, ids["contact_links"])
    for named in ids["contact_links"]:
        links[named["id"]].customer_id = merged_id
        links[named["id"]].is_default = named["is_default"]
    for named in ids["same_links"]:
        contact = uow.session.get_one(Contact, named["contact_id"])
        uow.session.add(ContactLink(**named, contact=contact, customer_id=merged_id, site_id=None))
    for attachment in _found(uow, SiteAttachment, ids["site_attachments"]).values():
        attachment.customer_id = merged_id
    payers, aliases = _found(uow, Customer, ids["payers"]), _found(uow, Customer, ids["aliases"])
    for payer in payers.values():
        payer.payer_id = merged_id
    for alias in aliases.values():
        alias.merged_into = merged_id
    for key in parts_of_customer(uow, merge.survivor_id).keys:
        if key.fingerprint in ids["import_keys"]:
            key.customer_id = merged_id
    return list({**payers, **aliases}.values())


def hand_over_sites(uow: UnitOfWork, attachments: Iterable[Mapping[str, Any]], now: datetime) -> None:
    """After the attachments changed hands: set the nearest customer of their sites and emit all that changed."""
    uow.session.flush()
    named = _found(uow, SiteAttachment, attachments).values()
    roots = {attachment.site_id for attachment in named}
    sites = subtrees_of(uow, sorted(roots))
    refresh_customers(uow, sites, business_day(now))
    for site in sites:
        if site.id in roots:
            site.touch(now)
    publish_changed(uow, sites)


def sites_changing_hands(uow: UnitOfWork, customer_id: str) -> int:
    """Return how many sites belong to the customer now."""
    count = select(func.count()).select_from(Site).where(Site.customer_id == customer_id)
    return uow.session.scalar(count) or 0


def _changed(uow: UnitOfWork, merge: CustomerMerge) -> Iterable[bool]:
    moved, now_there = merge.moved, parts_of_customer(uow, merge.merged_id)
    yield bool(now_there.links or now_there.attachments or now_there.payers or now_there.aliases)
    versions = {named["id"]: named["version"] for name in ("payers", "aliases") for named in moved[name]}
    versions |= {merge.merged_id: merge.merged_version, merge.survivor_id: merge.survivor_version}
    customers = _found(uow, Customer, [{"id": customer_id} for customer_id in versions])
    yield {customer.id: customer.version for customer in customers.values()} != versions
    links = _found(uow, ContactLink, moved["contact_links"])
    yield len(links) != len(moved["contact_links"])
    yield any(link.customer_id != merge.survivor_id for link in links.values())
    yield any(uow.session.get(Contact, named["contact_id"]) is None for named in moved["same_links"])
    attachments = _found(uow, SiteAttachment, moved["site_attachments"])
    yield any(attachment.customer_id != merge.survivor_id for attachment in attachments.values())
    yield [_days_of(attachments[one["id"]]) for one in moved["site_attachments"] if one["id"] in attachments] != moved[
        "site_attachments"
    ]


def _found(uow: UnitOfWork, model: type[M], named: Iterable[Mapping[str, Any]]) -> dict[str, M]:
    records = (uow.session.get(model, one["id"]) for one in named)
    return {record.id: record for record in records if record is not None}


def _days_of(attachment: SiteAttachment) -> dict[str, Any]:
    return {"id": attachment.id, "valid_from": _text(attachment.valid_from), "valid_to": _text(attachment.valid_to)}


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None
