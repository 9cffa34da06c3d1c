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
from services.customers.app.rules import site_fields_known
from services.customers.domain.customer import refuse_archived
from services.customers.domain.errors import DuplicateTag, SiteArchived, SiteInUse
from services.customers.domain.site import DEFAULTS, FIELDS, checked_site
from services.customers.domain.site_tree import (
    ids_of,
    moved_paths,
    nearest_customers,
    path_of,
)
from services.customers.models import Customer, Site, SiteAttachment
from services.customers.models.site import in_subtree
from shared.clock import business_day
from shared.db import UnitOfWork, check_version, get_or_404
from shared.db.database import Creation
from shared.errors import FieldError, NotFound, OutsideScope
from shared.ids import new_id
from shared.periods import closing_days

NEW_SITE: Mapping[str, Any] = DEFAULTS
"""Fields of a new site that nobody filled in."""


def create_site(uow: UnitOfWork, creation: Creation, given: Mapping[str, Any], *, now: datetime) -> Site:
    """Make a site, or return the one that the same creation made before.

    given  type, name, and maybe parent_id and any of `domain.site.DEFAULTS`; with customer_id the customer is attached
           to the site from the business day of `now`
    Raises NotFound for an unknown parent or customer, SiteArchived, CustomerArchived, InvalidSite, DuplicateTag,
    TooDeep.
    """
    with uow:
        if old := uow.repeated(creation):
            return get_or_404(uow.session, Site, old)
        lock_tree(uow)
        site = add_site(uow, creation.id, without_id(given), now=now)
        uow.created(creation, site.id)
        uow.commit()
    return site


def change_site(uow: UnitOfWork, site_id: str, given: Mapping[str, Any], *, expected_version: int | None) -> Site:
    """Change the given ones of `domain.site.FIELDS`; publishes only if something differs.

    Raises NotFound, VersionMismatch, SiteArchived, InvalidSite, DuplicateTag.
    """
    with uow:
        site = _site(uow, site_id, expected_version)
        apply_site_changes(uow, site, given)
        uow.commit()
    return site


def move_site(
    uow: UnitOfWork, site_id: str, parent_id: str | None, *, expected_version: int | None, now: datetime
) -> Site:
    """Move a site with all below it under another parent, or to the top. Raises SiteLoop, TooDeep, NotFound."""
    with uow:
        lock_tree(uow)
        site = _site(uow, site_id, expected_version)
        put_below(uow, site, parent_id, now=now)
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


def add_site(uow: UnitOfWork, site_id: str, given: Mapping[str, Any], *, now: datetime) -> Site:
    """Store a new site inside the open transaction, which holds the tree's lock; see `create_site`."""
    fields = dict(given)
    customer_id = fields.pop("customer_id", None)
    parent = _new_parent(uow, fields.pop("parent_id", None))
    checked = checked_site(fields, known=site_fields_known(uow, fields))
    refuse_taken_tag(uow, checked.get("tag"), site_id)
    site = Site(
        **{**NEW_SITE, "extra": {}, **checked},
        id=site_id,
        parent_id=parent.id if parent else None,
        path=path_of(site_id, parent.path if parent else None),
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
    return site


def add_sites(uow: UnitOfWork, new: Sequence[tuple[str, Mapping[str, Any]]], *, now: datetime) -> list[Site]:
    """Store many new sites (id, fields as of `add_site`) in few statements; one may lie in another before it.

    Raises what `add_site` raises, if any of them is wrong.
    """
    known = site_fields_known(uow, {"extra": True})
    owners = {fields["customer_id"] for _, fields in new if fields.get("customer_id")}
    customers = {each.id: each for each in uow.session.scalars(select(Customer).where(Customer.id.in_(owners)))}
    made: dict[str, Site] = {}
    attachments: list[SiteAttachment] = []
    for site_id, given in new:
        fields = dict(given)
        customer_id, parent_id = fields.pop("customer_id", None), fields.pop("parent_id", None)
        parent = made.get(parent_id or "") or _parent(uow, parent_id)
        if customer_id is not None:
            owner = customers.get(customer_id) or get_or_404(uow.session, Customer, customer_id)
            refuse_archived(archived=owner.archived)
            day = business_day(now)
            attachments.append(SiteAttachment(site_id=site_id, customer_id=customer_id, valid_from=day, valid_to=None))
        made[site_id] = Site(
            **{**NEW_SITE, "extra": {}, **checked_site(fields, known=known)},
            id=site_id,
            parent_id=parent_id,
            path=path_of(site_id, parent.path if parent else None),
            customer_id=customer_id or (parent.customer_id if parent else None),
            archived_at=None,
            withdrawn=False,
        )
    uow.session.add_all(made.values())
    uow.session.flush()
    uow.session.add_all(attachments)
    uow.session.flush()
    for site in made.values():
        publish_site(uow, site)
    return list(made.values())


def apply_site_changes(uow: UnitOfWork, site: Site, given: Mapping[str, Any]) -> None:
    """Change the given ones of `domain.site.FIELDS` inside the open transaction; see `change_site`."""
    _refuse_archived_site(site)
    checked = checked_site(given, stored_site(site), site_fields_known(uow, given))
    refuse_taken_tag(uow, checked.get("tag"), site.id)
    for name, value in checked.items():
        if getattr(site, name) != value:
            setattr(site, name, value)
    publish_changed(uow, [site])


def put_below(uow: UnitOfWork, site: Site, parent_id: str | None, *, now: datetime) -> None:
    """Move a site with all below it inside the open transaction, which holds the tree's lock; see `move_site`."""
    _refuse_archived_site(site)
    parent = _new_parent(uow, parent_id)
    subtree = subtree_of(uow, site)
    paths = moved_paths(site.path, [node.path for node in subtree], parent.path if parent else None)
    with uow.session.no_autoflush:  # what is flushed half-way would no longer count as changed
        site.parent_id = parent.id if parent else None
        for node in subtree:
            node.path = paths[node.path]
        refresh_customers(uow, subtree, business_day(now))
    publish_changed(uow, subtree)


def attach_today(uow: UnitOfWork, site: Site, customer_id: str, *, now: datetime) -> None:
    """Let a site belong to a customer from today, inside the open transaction, which holds the tree's lock.

    Within a day the last word counts: an attachment that began today gets the customer.
    """
    _refuse_archived_site(site)
    today = business_day(now)
    begun = next((link for link in attachments_of(uow, [site.id]) if link.valid_from == today), None)
    if begun is None:
        add_attachment(uow, site, customer_id, today, None)
    else:
        refuse_archived(archived=get_or_404(uow.session, Customer, customer_id).archived)
        begun.customer_id = customer_id
    _republish(uow, site, now)


def customer_on(uow: UnitOfWork, site_id: str, day: date) -> Customer | None:
    """Return the customer that a site belongs to on `day`: that of the nearest attached ancestor. Raises NotFound."""
    site = get_or_404(uow.session, Site, site_id)
    links = [link.value() for link in attachments_of(uow, ids_of(site.path))]
    customer_id = nearest_customers([site.path], links, day)[site.path]
    return None if customer_id is None else get_or_404(uow.session, Customer, customer_id)


def stored_site(site: Site) -> dict[str, Any]:
    """Return every field that a caller may set."""
    return {name: getattr(site, name) for name in FIELDS}


def refuse_taken_tag(uow: UnitOfWork, tag: str | None, own_id: str) -> None:
    """Raise DuplicateTag if another site has the tag. The unique key decides when two do it at the same moment."""
    if tag is None:
        return
    taken = uow.session.scalar(select(Site).where(Site.tag == tag, Site.id != own_id))
    if taken is not None:
        detail = f"{tag} is on {taken.name}."
        raise DuplicateTag(detail, errors=[FieldError("/tag", DuplicateTag.code, detail)], site_id=taken.id)


def attachments_of(uow: UnitOfWork, site_ids: Sequence[str]) -> list[SiteAttachment]:
    """Return the attachments of these sites, oldest period first."""
    statement = select(SiteAttachment).where(SiteAttachment.site_id.in_(site_ids))
    return list(uow.session.scalars(statement.order_by(SiteAttachment.valid_from, SiteAttachment.id)))


def path_to(uow: UnitOfWork, site_id: str) -> list[Site]:
    """Return the sites that a site lies in, root first, and the site itself last. Raises NotFound.

    A caller who is limited to some sites sees only those of them.
    """
    ids = ids_of(get_or_404(uow.session, Site, site_id).path)
    found = {site.id: site for site in uow.session.scalars(select(Site).where(Site.id.in_(ids)))}
    return [found[one] for one in ids if one in found]


def subtree_of(uow: UnitOfWork, site: Site) -> list[Site]:
    """Return the site and everything below it, parents before children."""
    below = select(Site).where(in_subtree(uow.session, site.path), Site.id != site.id)
    return [site, *sorted(uow.session.scalars(below), key=lambda node: node.path)]


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


def _new_parent(uow: UnitOfWork, parent_id: str | None) -> Site | None:
    if parent_id is None and uow.context.sites:
        raise OutsideScope("Name a site that it is to lie in: you are limited to some sites.")
    return _parent(uow, parent_id)


def _parent(uow: UnitOfWork, parent_id: str | None) -> Site | None:
    if parent_id is None:
        return None
    parent = get_or_404(uow.session, Site, parent_id)
    _refuse_archived_site(parent)
    return parent


def _refuse_archived_site(site: Site) -> None:
    if site.archived:
        raise SiteArchived(f"Restore {site.name} first.")
