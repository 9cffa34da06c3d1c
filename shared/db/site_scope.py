"""Conditions for callers who are limited to some sites: what lies at those or below them in the tree."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import Session

_AFTER_SLASH = chr(ord("/") + 1)


def subtree(session: Session, path: Any, root: str) -> ColumnElement[bool]:
    """Return the condition that `path` (a column of paths `/id/id`) is `root` or lies below it.

    A range, not LIKE: row-level security lets PostgreSQL use an index only for operators that cannot leak, and LIKE is
    none of them. Ids all have one length, so nothing but `/` follows a root in the range.
    """
    beyond = root + _AFTER_SLASH
    if session.get_bind().dialect.name != "postgresql":
        return and_(path >= root, path < beyond)
    # By bytes, as the index has them, whatever the collation of the database.
    return and_(path.op("~>=~", is_comparison=True)(root), path.op("~<~", is_comparison=True)(beyond))


def subtrees(session: Session, path: Any, roots: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that `path` is one of `roots` or lies below one; without roots nothing does."""
    return or_(false(), *(subtree(session, path, root) for root in sorted(roots)))


def paths_of(session: Session, sites: Any, tenant_id: str, site_ids: Collection[str]) -> Sequence[str]:
    """Return the paths of these sites, those that there are. sites  a table with id, tenant_id and path"""
    statement = select(sites.c.path).where(
        sites.c.tenant_id == tenant_id, sites.c.id.in_(sorted(site_ids)), sites.c.path.is_not(None)
    )
    # On the connection: a statement of the session would be narrowed itself, by what is being made here.
    return session.connection().scalars(statement).all()
