"""Making, changing, moving and archiving sites, and attaching customers to them (domain.md §2.3).

What changes the tree takes one lock of the tenant: two moves at the same moment could else make a loop that
neither of them sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, text

from services.customers.app.customers import without_id
from services.customers.app.events import publish_site
from services.customers.domain.customer import refuse_archived
from services.customers.domain.errors import SiteArchived, SiteInUse
from services.customers.domain.site_tree import (
    checked_site,
    ids_of,
    moved_paths,
    nearest_customers,
    path_of,
)
from services.customers.models import Customer, Site, SiteAttachment
from shared.clock import business_day
from shared.db import UnitOfWork, check_version, get_or_404
from shared.db.database import Creation
from shared.errors import NotFound
from shared.ids import new_id
from shared.periods import closing_days

NEW_SITE: Mapping[str, Any] = {"code": None, "address": None, "cost_centre": None, "notes": None}
"""Fields of a new site that nobody filled in."""


def create_site(uow: UnitOfWork, creation: Creation, given: Mapping[str, Any], *, now: datetime) -> Site:
    """Make a site, or return the one that the same creation made before.

    given  type, name, and maybe parent_id, address, cost_centre, notes; with customer_id the customer is attached to
           the site from the business day of `now`
    Raises NotFound for an unknown parent or customer, SiteArchived, CustomerArchived, InvalidSite, TooDeep.
    """
    with uow:
        if old := uow.repeated(creation):
            return get_or_404(uow.session, Site, old)
        lock_tree(uow)
        fields = without_id(given)
        customer_id = fields.pop("customer_id", None)
        parent = _parent(uow, fields.pop("parent_id", None))
        site = Site(
            **{**NEW_SITE, **checked_site(fields)},
            id=creation.id,
            parent_id=parent.id if parent else None,
            path=path_of(creation.id, parent.path if parent else None),
            customer_id=customer_id or (parent.customer_id if parent else None),
            archived_at=None,
            withdrawn=False,
        )
        if customer_id is not None:
            get_or_404(uow.session, Customer, customer_id)
        uow.session.add(site)
        uow.session.flush()
        if customer_id is not None:
            add_attachment(uow, site, customer_id, business_day(now), None)
        publish_site(uow, site)
        uow.created(creation, site.id)
        uow.commit()
    return site


def change_site(uow: UnitOfWork, site_id: str, given: Mapping[str, Any], *, expected_version: int | None) -> Site:
    """Change the given fields (code, type, name, address, cost_centre, notes); publishes only if something differs."""
    with uow:
        site = _site(uow, site_id, expected_version)
        _refuse_archived_site(site)
        for name, value in checked_site(given).items():
            if getattr(site, name) != value:
                setattr(site, name, value)
        publish_changed(uow, [site])
        uow.commit()
    return site


def move_site(
    uow: UnitOfWork, site_id: str, parent_id: str | None, *, expected_version: int | None, now: datetime
) -> Site:
    """Move a site with all below it under another parent, or to the top. Raises SiteLoop, TooDeep, NotFound."""
    with uow:
        lock_tree(uow)
        site = _site(uow, site_id, expected_version)
        _refuse_archived_site(site)
        parent = _parent(uow, parent_id)
        subtree = subtree_of(uow, site)
        paths = moved_paths(site.path, [node.path for node in subtree], parent.path if parent else None)
        with uow.session.no_autoflush:  # what is flushed half-way would no longer count as changed
            site.parent_id = parent.id if parent else None
            for node in subtree:
                node.path = paths[node.path]
            refresh_customers(uow, subtree, business_day(now))
        publish_changed(uow, subtree)
        uow.commit()
    return site


def archive_site(uow: UnitOfWork, site_id: str, *, archived: bool, expected_version: int | None, now: datetime) -> Site:
    """Take a site out of use, or back into it. Raises SiteInUse if sites below it are in use, SiteArchived if its
    parent is not.
    """
    with uow:
        lock_tree(uow)
        site = _site(uow, site_id, expected_version)
        if archived and any(not node.archived for node in subtree_of(uow, site) if node is not site):
            raise SiteInUse("Archive or move the sites below it first.")
        if not archived:
            _parent(uow, site.parent_id)
        if site.archived != archived:
            site.archived_at = now if archived else None
        publish_changed(uow, [site])
        uow.commit()
    return site


def attach_customer(
    uow: UnitOfWork,
    creation: Creation,
    site_id: str,
    customer_id: str,
    *,
    valid_from: date,
    valid_to: date | None,
    now: datetime,
) -> SiteAttachment:
    """Let a site, and what lies below it, belong to a customer for a period; both days included.

    An open attachment that began earlier ends the day before. Raises PeriodOverlap, InvalidPeriod, NotFound,
    CustomerArchived, SiteArchived.
    """
    with uow:
        if old := uow.repeated(creation):
            return get_or_404(uow.session, SiteAttachment, old)
        lock_tree(uow)
        site = _site(uow, site_id, None)
        _refuse_archived_site(site)
        attachment = add_attachment(uow, site, customer_id, valid_from, valid_to, attachment_id=creation.id)
        _republish(uow, site, now)
        uow.created(creation, attachment.id)
        uow.commit()
    return attachment


def end_attachment(
    uow: UnitOfWork, site_id: str, attachment_id: str, *, valid_to: date | None, now: datetime
) -> SiteAttachment:
    """Set the last day of an attachment, or open it again with None. Raises PeriodOverlap, InvalidPeriod."""
    with uow:
        lock_tree(uow)
        site = _site(uow, site_id, None)
        attachments = attachments_of(uow, [site.id])
        attachment = next((link for link in attachments if link.id == attachment_id), None)
        if attachment is None:
            raise NotFound(f"There is no attachment {attachment_id} of this site.")
        others = [link.period for link in attachments if link is not attachment]
        if closing_days(others, attachment.valid_from, valid_to):
            raise AssertionError("two attachments of one site overlap")
        attachment.valid_to = valid_to
        _republish(uow, site, now)
        uow.commit()
    return attachment


def customer_on(uow: UnitOfWork, site_id: str, day: date) -> Customer | None:
    """Return the customer that a site belongs to on `day`: that of the nearest attached ancestor. Raises NotFound."""
    site = get_or_404(uow.session, Site, site_id)
    links = [link.value() for link in attachments_of(uow, ids_of(site.path))]
    customer_id = nearest_customers([site.path], links, day)[site.path]
    return None if customer_id is None else get_or_404(uow.session, Customer, customer_id)


def attachments_of(uow: UnitOfWork, site_ids: Sequence[str]) -> list[SiteAttachment]:
    """Return the attachments of these sites, oldest period first."""
    statement = select(SiteAttachment).where(SiteAttachment.site_id.in_(site_ids))
    return list(uow.session.scalars(statement.order_by(SiteAttachment.valid_from, SiteAttachment.id)))


def subtree_of(uow: UnitOfWork, site: Site) -> list[Site]:
    """Return the site and everything below it, parents before children."""
    below = select(Site).where(Site.path.startswith(site.path + "/", autoescape=True)).order_by(Site.path)
    return [site, *uow.session.scalars(below)]


def subtrees_of(uow: UnitOfWork, site_ids: Iterable[str]) -> list[Site]:
    """Return these sites and everything below them, each once, parents before children."""
    found: dict[str, Site] = {}
    for site_id in site_ids:
        site = uow.session.get(Site, site_id)
        if site is not None and site.id not in found:
            found |= {node.id: node for node in subtree_of(uow, site)}
    return sorted(found.values(), key=lambda node: node.path)


def refresh_customers(uow: UnitOfWork, sites: Sequence[Site], day: date) -> None:
    """Set `customer_id` of these sites to the nearest attached customer on `day`, where it differs."""
    on_paths = {site_id for site in sites for site_id in ids_of(site.path)}
    links = [link.value() for link in attachments_of(uow, sorted(on_paths))]
    nearest = nearest_customers([site.path for site in sites], links, day)
    for site in sites:
        if site.customer_id != nearest[site.path]:
            site.customer_id = nearest[site.path]


def publish_changed(uow: UnitOfWork, sites: Iterable[Site]) -> int:
    """Flush, and emit those of `sites` that really changed; returns how many."""
    changed = [site for site in sites if uow.session.is_modified(site)]
    uow.session.flush()
    for site in changed:
        publish_site(uow, site)
    return len(changed)


def lock_tree(uow: UnitOfWork) -> None:
    """Let one transaction at a time change the tenant's tree; on SQLite every writer is alone anyway."""
    if uow.session.get_bind().dialect.name == "postgresql":
        uow.session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:lock, 0))"),
            {"lock": f"site-tree:{uow.context.tenant_id}"},
        )


def _republish(uow: UnitOfWork, site: Site, now: datetime) -> None:
    uow.session.flush()
    subtree = subtree_of(uow, site)
    refresh_customers(uow, subtree, business_day(now))
    site.touch(now)
    publish_changed(uow, subtree)


def add_attachment(
    uow: UnitOfWork,
    site: Site,
    customer_id: str,
    valid_from: date,
    valid_to: date | None,
    attachment_id: str | None = None,
) -> SiteAttachment:
    """Attach a customer inside the open transaction; an open attachment that began earlier ends the day before.

    Raises NotFound, CustomerArchived, PeriodOverlap. The caller refreshes and publishes the sites.
    """
    customer = get_or_404(uow.session, Customer, customer_id)
    refuse_archived(archived=customer.archived)
    existing = attachments_of(uow, [site.id])
    closing = closing_days([link.period for link in existing], valid_from, valid_to)
    for link in existing:
        if link.id in closing:
            link.valid_to = closing[link.id]
    attachment = SiteAttachment(
        id=attachment_id or new_id(),
        site_id=site.id,
        customer_id=customer.id,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    uow.session.add(attachment)
    uow.session.flush()
    return attachment


def _site(uow: UnitOfWork, site_id: str, expected_version: int | None) -> Site:
    site = get_or_404(uow.session, Site, site_id, for_update=True)
    check_version(site, expected_version)
    return site


def _parent(uow: UnitOfWork, parent_id: str | None) -> Site | None:
    if parent_id is None:
        return None
    parent = get_or_404(uow.session, Site, parent_id)
    _refuse_archived_site(parent)
    return parent


def _refuse_archived_site(site: Site) -> None:
    if site.archived:
        raise SiteArchived(f"Restore {site.name} first.")
