"""The site tree as plain values: no loops, and the nearest attached customer wins (domain.md §2.3).

A path is `/` and the ids from the root to the site itself, each followed by the next: `/a/b/c`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from services.customers.domain.errors import SiteLoop, TooDeep
from shared.periods import Period


class SiteType(StrEnum):
    """What kind of node it is."""

    AREA = "area"
    PROPERTY = "property"
    BUILDING = "building"
    SPACE = "space"
    DEVICE = "device"


DEEPEST: Final = 40
"""Most levels of the tree; a path of ids of this depth is still a usable index key."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A customer is attached to a site for a period."""

    site_id: str
    customer_id: str
    period: Period


def path_of(site_id: str, parent_path: str | None) -> str:
    """Return the path of a site below its parent, or of a root. Raises TooDeep."""
    path = f"{parent_path or ''}/{site_id}"
    if depth(path) > DEEPEST:
        raise TooDeep(f"At most {DEEPEST} levels.")
    return path


def depth(path: str) -> int:
    """Return the number of levels, 1 for a root."""
    return path.count("/")


def ids_of(path: str) -> list[str]:
    """Return the ids on a path, root first, the site itself last."""
    return path.split("/")[1:]


def is_within(path: str, ancestor_path: str) -> bool:
    """Say whether a path is the other one or lies below it."""
    return path == ancestor_path or path.startswith(ancestor_path + "/")


def moved_paths(site_path: str, subtree: Iterable[str], new_parent_path: str | None) -> dict[str, str]:
    """Return old path → new path for a site and all below it when it moves under another parent.

    subtree  paths of the site and of everything below it
    Raises SiteLoop if the new parent is the site or lies below it, TooDeep if the deepest would be too deep.
    """
    if new_parent_path is not None and is_within(new_parent_path, site_path):
        raise SiteLoop("The new parent is the site itself or lies below it.")
    new_root = path_of(ids_of(site_path)[-1], new_parent_path)
    moved = {path: new_root + path.removeprefix(site_path) for path in subtree}
    if any(depth(path) > DEEPEST for path in moved.values()):
        raise TooDeep(f"At most {DEEPEST} levels.")
    return moved


def nearest_customers(paths: Sequence[str], attachments: Iterable[Attachment], day: date) -> dict[str, str | None]:
    """Return for each path the customer it belongs to on `day`: that of the nearest attached ancestor or its own.

    attachments  of every site that is on any of the paths; others do no harm
    """
    attached = {link.site_id: link.customer_id for link in attachments if link.period.covers(day)}
    nearest: dict[str, str | None] = {}
    for path in paths:
        nearest[path] = next((attached[site] for site in reversed(ids_of(path)) if site in attached), None)
    return nearest
