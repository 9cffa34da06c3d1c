"""Who may do what: permissions and the roles that come with them.

Source: domain.md 6. A role is a named set of permissions; a user has any number of roles and, beside them, single
permissions that the administrator grants.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from services.identity.domain.errors import UnknownPermission, UnknownRole

PERMISSIONS = frozenset(
    {
        "tenant.manage",
        "users.manage",
        "customers.read",
        "customers.write",
        "customers.create_minimal",
        "customers.integrate",
        "sites.secrets.read",
        "products.read",
        "products.write",
        "prices.read",
        "costs.read",
        "workorders.read",
        "workorders.read_own",
        "workorders.plan",
        "workorders.record",
        "workorders.integrate",
        "workorders.review",
        "workorders.reopen",
        "billing.read",
        "billing.write",
        "connections.manage",
        "audit.read",
    }
)
"""Every permission there is. `customers.create_minimal` is a worker's right to handle customers: in no role."""

ROLES = MappingProxyType(
    {
        "administrator": frozenset(
            {
                "tenant.manage",
                "users.manage",
                "customers.read",
                "customers.write",
                "sites.secrets.read",
                "products.read",
                "products.write",
                "prices.read",
                "costs.read",
                "workorders.read",
                "workorders.plan",
                "workorders.record",
                "connections.manage",
                "audit.read",
            }
        ),
        "supervisor": frozenset(
            {
                "customers.read",
                "customers.write",
                "sites.secrets.read",
                "products.read",
                "prices.read",
                "workorders.read",
                "workorders.plan",
                "workorders.record",
                "workorders.review",
                "workorders.reopen",
                "billing.read",
            }
        ),
        "worker": frozenset({"customers.read", "products.read", "workorders.read_own", "workorders.record"}),
        "biller": frozenset(
            {
                "customers.read",
                "customers.write",
                "products.read",
                "products.write",
                "prices.read",
                "workorders.read",
                "billing.read",
                "billing.write",
                "connections.manage",
            }
        ),
        "viewer": frozenset({"customers.read", "workorders.read"}),
        "integration": frozenset({"customers.read", "customers.integrate", "workorders.read", "workorders.integrate"}),
    }
)
"""Default roles. `integration` is for API keys of systems that send work orders."""


def permissions_of(roles: Iterable[str], granted: Iterable[str] = ()) -> frozenset[str]:
    """Return all permissions of a user with these roles and single grants.

    Raises UnknownRole or UnknownPermission for a name that does not exist.
    """
    found: set[str] = set()
    for role in roles:
        if role not in ROLES:
            raise UnknownRole(role=role)
        found |= ROLES[role]
    for permission in granted:
        if permission not in PERMISSIONS:
            raise UnknownPermission(permission=permission)
        found.add(permission)
    return frozenset(found)
