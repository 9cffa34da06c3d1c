"""What models of all services have in common."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from shared.clock import utc_now
from shared.db.metadata import NAMING
from shared.db.types import UtcDateTime
from shared.ids import new_id

ID = String(36)
"""The type of an id column: a UUID as 36 characters."""


def new_base() -> Any:
    """Return a declarative base (a class) with a MetaData of its own, one for each service.

    Annotated as Any because a type checker does not take a class from a variable as a base.
    """

    class Base(DeclarativeBase):
        metadata = MetaData(naming_convention=NAMING)

    return Base


class TenantScoped:
    """A row that belongs to one tenant.

    `UnitOfWork` sets `tenant_id` on insert and adds the condition to every SELECT, UPDATE and DELETE of such a class;
    row-level security on PostgreSQL is the second net. Unique keys must begin with `tenant_id`.
    """

    tenant_id: Mapped[str] = mapped_column(ID, index=True)


class Versioned:
    """An aggregate root: its id, its version (from 1, +1 per change) and when it was made and changed.

    The version guards against lost updates: a flush over a newer row raises StaleDataError, which `UnitOfWork` turns
    into `VersionMismatch`.
    """

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, onupdate=utc_now)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.__table__.c.version}  # type: ignore[attr-defined]  # set by declarative

    def touch(self, now: datetime) -> None:
        """Mark the aggregate as changed at `now` when only its parts changed, so that its version goes up."""
        self.changed_at = now


class Audited:
    """A class whose every insert, change and removal is written to the audit log, field by field.

    Fields in `__audit_hidden__` are logged as changed, without their values; those in `__audit_left_out__` are not
    logged at all, because they only repeat others.
    """

    __audit_hidden__: ClassVar[Iterable[str]] = ()
    __audit_left_out__: ClassVar[Iterable[str]] = ()
