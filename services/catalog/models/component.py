"""What set products consist of (domain.md §2.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from services.catalog.models.base import Base
from services.catalog.models.parts import parts
from shared.db import Audited, Quantity, TenantScoped, UnitOfWork, UnitPrice
from shared.db.mixins import ID
from shared.ids import new_id


class ProductComponent(TenantScoped, Audited, Base):
    """One product in a set.

    quantity      in one set, in the component's unit
    share_weight  its part of the set's price; None for all of a set: quantity × list price decides
    position      order of the rows, from 0
    """

    __tablename__ = "product_components"
    __table_args__ = (
        UniqueConstraint("tenant_id", "set_id", "product_id"),
        Index("ix_product_components_tenant_id_product_id", "tenant_id", "product_id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    set_id: Mapped[str] = mapped_column(ID, ForeignKey("products.id"))
    product_id: Mapped[str] = mapped_column(ID, ForeignKey("products.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity())
    share_weight: Mapped[Decimal | None] = mapped_column(UnitPrice())
    position: Mapped[int]


def components_of(uow: UnitOfWork, set_ids: Iterable[str]) -> list[ProductComponent]:
    """Return the components of these sets, each set's in their order."""
    found: list[ProductComponent] = []
    for part in parts(set_ids):
        statement = select(ProductComponent).where(ProductComponent.set_id.in_(part))
        found += uow.session.scalars(statement.order_by(ProductComponent.set_id, ProductComponent.position))
    return found


def sets_with(uow: UnitOfWork, product_ids: Iterable[str]) -> dict[str, list[str]]:
    """Return product id → ids of the sets that it is in, for those that are in any."""
    found: dict[str, list[str]] = defaultdict(list)
    for part in parts(product_ids):
        statement = select(ProductComponent.product_id, ProductComponent.set_id)
        for product_id, set_id in uow.session.execute(statement.where(ProductComponent.product_id.in_(part))):
            found[product_id].append(set_id)
    return found
