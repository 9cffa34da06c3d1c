"""Another system hands over a work order."""

from __future__ import annotations

from datetime import datetime

from services.workorders.app.commands import OrderWish
from services.workorders.app.creation import assign_new, make_planned
from services.workorders.app.loading import LoadedOrder, load_order
from services.workorders.domain.errors import IntakeDiffers
from services.workorders.domain.values import Origin
from shared.db import UnitOfWork
from shared.db.database import Creation, KeyReused


def take_in_order(uow: UnitOfWork, wish: OrderWish, creation: Creation, *, now: datetime) -> tuple[LoadedOrder, bool]:
    """Make the order of an external reference, once; return it, and whether it is new.

    The same source and reference never make a second order (domain.md 2.7). The same content again gives the same
    order, whatever has become of it since; another content is refused: the other system's change must be seen by a
    person, who may have planned the day around the first version.

    creation  its key is made of source and reference (`intake_key`)
    Raises IntakeDiffers, and what `plan_order` raises.
    """
    with uow:
        try:
            known = uow.repeated(creation)
        except KeyReused:
            raise IntakeDiffers(
                "Source and reference are known, the content differs. Change the order itself, or use a new reference."
            ) from None
        if known is not None:
            return load_order(uow, known), False
        loaded = make_planned(uow, wish, creation.id, Origin.INTEGRATION, now=now)
        assign_new(uow, loaded, wish.assigned_to, now=now)
        uow.created(creation, loaded.order.id)
        uow.commit()
        return loaded, True


def intake_key(source: str, reference: str) -> str:
    """Return the key under which an intake is remembered; `source` has no colon, so it is unambiguous."""
    return f"{source}:{reference}"
