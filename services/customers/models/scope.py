"""What callers see who are limited to some sites (domain.md §6): those sites and all below them, the customers that
own any of these now, and the contact persons of either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import inspect, or_, select
from sqlalchemy.orm import LoaderCriteriaOption, Session, with_loader_criteria

from services.customers.domain.site_tree import ids_of
from services.customers.models.contact import Contact, ContactLink
from services.customers.models.customer import Customer
from services.customers.models.site import Site, SiteAttachment
from shared.context import Context
from shared.db.site_scope import paths_of, subtrees


def only_in_scope(session: Session, context: Context) -> Sequence[LoaderCriteriaOption]:
    """Return what narrows the statements of a session to the sites of `context`.

    Attachments of the sites above are seen too: they say to whom the sites belong.
    """
    roots = paths_of(session, _table(Site), context.tenant_id, context.sites)
    sites, links = _table(Site).alias(), _table(ContactLink).alias()  # by other names: nothing is to be correlated
    own = (sites.c.tenant_id == context.tenant_id) & subtrees(session, sites.c.path, roots)
    site_ids = select(sites.c.id).where(own)
    customer_ids = select(sites.c.customer_id).where(own, sites.c.customer_id.is_not(None))
    above = {site_id for root in roots for site_id in ids_of(root)}
    linked = select(links.c.contact_id).where(
        links.c.tenant_id == context.tenant_id,
        or_(links.c.site_id.in_(site_ids), links.c.customer_id.in_(customer_ids)),
    )
    return [
        with_loader_criteria(Site, lambda cls: cls.id.in_(site_ids), include_aliases=True),
        with_loader_criteria(
            SiteAttachment, or_(SiteAttachment.site_id.in_(site_ids), SiteAttachment.site_id.in_(sorted(above)))
        ),
        with_loader_criteria(Customer, lambda cls: cls.id.in_(customer_ids), include_aliases=True),
        with_loader_criteria(
            ContactLink, or_(ContactLink.site_id.in_(site_ids), ContactLink.customer_id.in_(customer_ids))
        ),
        with_loader_criteria(Contact, Contact.id.in_(linked)),
    ]


def _table(model: Any) -> Any:
    return inspect(model).local_table
