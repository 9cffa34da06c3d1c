"""What callers see who are limited to some sites (domain.md 6): orders at those sites and below them, those that they
made or have, and the work packages of the customers that own any of the sites.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, inspect, or_, select
from sqlalchemy.orm import LoaderCriteriaOption, Session, with_loader_criteria

from services.workorders.models.copies import CopySite
from services.workorders.models.orders import WorkOrder
from services.workorders.models.packages import WorkPackage
from shared.context import Context
from shared.db.site_scope import paths_of, subtrees


def only_in_scope(session: Session, context: Context) -> Sequence[LoaderCriteriaOption]:
    """Return what narrows the statements of a session to the sites of `context`.

    Rows and what else belongs to an order are reached through it. Copies are not narrowed: an own order elsewhere
    needs its site and customer to be priced.
    """
    site_ids = _of_sites(session, context, "id")
    own = or_(WorkOrder.assigned_to == context.actor, WorkOrder.created_by == context.actor)
    return [
        with_loader_criteria(WorkOrder, or_(WorkOrder.site_id.in_(site_ids), own), include_aliases=True),
        with_loader_criteria(
            WorkPackage, WorkPackage.customer_id.in_(customers_in_scope(session, context)), include_aliases=True
        ),
    ]


def customers_in_scope(session: Session, context: Context) -> Select[Any]:
    """Return the query for the ids of customers that own a site of the scope."""
    return _of_sites(session, context, "customer_id")


def _of_sites(session: Session, context: Context, column: str) -> Select[Any]:
    table: Any = inspect(CopySite).local_table
    sites = table.alias()  # by another name: nothing is to be correlated
    roots = paths_of(session, table, context.tenant_id, context.sites)
    return select(sites.c[column]).where(
        sites.c.tenant_id == context.tenant_id,
        sites.c[column].is_not(None),
        subtrees(session, sites.c.path, roots),
    )
