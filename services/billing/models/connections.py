"""Connections to accounting systems."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.billing.models.base import Base, Scoped
from shared.db import Audited, Json, UtcDateTime, Versioned
from shared.db.mixins import ID

_DEFAULT = text("is_default")


class Connection(Scoped, Versioned, Audited, Base):
    """One company's books in one accounting system.

    settings  as the target's schema checked them, without secrets; secrets are sealed and never leave.
    is_default  documents go here unless a batch names another; at most one of a tenant.
    """

    __tablename__ = "connections"
    __table_args__ = (
        Index(
            "uq_connections_default",
            "tenant_id",
            unique=True,
            postgresql_where=_DEFAULT,
            sqlite_where=_DEFAULT,
        ),
    )
    __audit_hidden__: ClassVar[Iterable[str]] = ("secrets",)

    name: Mapped[str] = mapped_column(String(100))
    target: Mapped[str] = mapped_column(String(40))
    settings: Mapped[dict[str, Any]] = mapped_column(Json)
    secrets: Mapped[bytes] = mapped_column(LargeBinary)
    is_default: Mapped[bool]
    active: Mapped[bool]


class CustomerConnection(Scoped, Versioned, Audited, Base):
    """The connection that a payer's documents go to instead of the default one."""

    __tablename__ = "customer_connections"
    __table_args__ = (UniqueConstraint("tenant_id", "customer_id", name="uq_customer_connections_customer"),)

    customer_id: Mapped[str] = mapped_column(ID)
    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id"))


class ConnectionRun(Scoped, Base):
    """Who sends over a connection now, its circuit breaker, and whether it waits for a person.

    Apart from `Connection`, so that sending does not change the version that people edit. paused_at: nothing is sent
    since then, because the target refused the credentials; null while nothing is wrong.
    """

    __tablename__ = "connection_runs"

    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id"), primary_key=True)
    leased_by: Mapped[str | None] = mapped_column(String(80))
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(default=0)
    open_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_code: Mapped[str | None] = mapped_column(String(100))
    paused_detail: Mapped[str | None] = mapped_column(Text)


class TargetLink(Scoped, Base):
    """The target's id of one of our customers or products. `our_key` is the customer number or product code.

    Beside them stand what adapters must remember: of the kinds `customer_sent` and `product_sent` the hash of what the
    target was last told (`target_id`), of the kind `follow_up` the steps that are done for a document, by its key.
    """

    __tablename__ = "target_links"

    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    our_key: Mapped[str] = mapped_column(String(100), primary_key=True)
    target_id: Mapped[str] = mapped_column(String(200))
    matched_by: Mapped[str] = mapped_column(String(40))
    linked_at: Mapped[datetime] = mapped_column(UtcDateTime)
