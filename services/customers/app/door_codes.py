"""Door codes: sealed at rest, and every reading in the audit log."""

from __future__ import annotations

from datetime import datetime

from services.customers.models import Site
from shared.crypto import SecretBox
from shared.db import UnitOfWork, check_version, get_or_404
from shared.db.tables import audit_log


def set_door_code(
    uow: UnitOfWork, box: SecretBox, site_id: str, code: str | None, *, expected_version: int | None
) -> Site:
    """Store the code, or forget it with None. The audit log says that it changed, not what it is."""
    with uow:
        site = get_or_404(uow.session, Site, site_id, for_update=True)
        check_version(site, expected_version)
        site.door_code = box.seal(code.encode(), site.id.encode()) if code else None
        uow.commit()
    return site


def read_door_code(uow: UnitOfWork, box: SecretBox, site_id: str, *, now: datetime) -> str | None:
    """Return the code and write to the audit log who read it; the two go together or not at all."""
    with uow:
        site = get_or_404(uow.session, Site, site_id)
        code = box.open(site.door_code, site.id.encode()).decode() if site.door_code else None
        uow.session.execute(
            audit_log.insert().values(
                tenant_id=uow.context.tenant_id,
                at=now,
                actor=uow.context.actor,
                action="read",
                entity="sites",
                entity_id=site.id,
                changes={"door_code": {"from": None, "to": None}},
                correlation_id=uow.context.correlation_id,
            )
        )
        uow.commit()
    return code
