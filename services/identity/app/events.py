"""What identity tells the others: full state, never a secret."""

from __future__ import annotations

from services.identity.models import Tenant, User
from shared.bus.envelope import NewEvent


def tenant_changed(tenant: Tenant) -> NewEvent:
    """Describe the tenant as it is now."""
    return NewEvent(
        type="tenant.changed.v1",
        aggregate_type="tenant",
        aggregate_id=tenant.id,
        aggregate_version=tenant.version,
        data={
            "id": tenant.id,
            "name": tenant.name,
            "business_id": tenant.business_id,
            "archived": tenant.archived,
        },
    )


def user_changed(user: User) -> NewEvent:
    """Describe the user as it is now."""
    return NewEvent(
        type="user.changed.v1",
        aggregate_type="user",
        aggregate_id=user.id,
        aggregate_version=user.version,
        data={
            "id": user.id,
            "name": user.name,
            "email": user.email,
            "roles": list(user.roles),
            "active": user.active,
            "site_ids": list(user.site_ids),
        },
    )
