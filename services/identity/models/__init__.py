"""Tables of identity: tenants, users, sessions, API keys, signing keys."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.identity.models.base import Base
from shared.db import Audited, Json, TenantScoped, UtcDateTime, Versioned
from shared.db.mixins import ID


class Tenant(Versioned, Audited, Base):
    """A firm that uses Urakka. Its id is the `tenant_id` of everything it owns."""

    __tablename__ = "tenants"

    name: Mapped[str] = mapped_column(String(120))
    business_id: Mapped[str | None] = mapped_column(String(9))
    archived: Mapped[bool] = mapped_column(default=False)

    @property
    def tenant_id(self) -> str:
        """A tenant belongs to itself."""
        return self.id


class User(Versioned, Audited, TenantScoped, Base):
    """A person who logs in. The address is unique over all tenants: it is what a person logs in with.

    site_ids  sites that the person is limited to, with all below them; empty: no limit
    """

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("email"),)
    __audit_hidden__: ClassVar[tuple[str, ...]] = ("password_hash",)

    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254))
    password_hash: Mapped[str] = mapped_column(String(200))
    roles: Mapped[list[str]] = mapped_column(Json)
    granted: Mapped[list[str]] = mapped_column(Json)
    site_ids: Mapped[list[str]] = mapped_column(Json, default=list)
    active: Mapped[bool] = mapped_column(default=True)


class Session(TenantScoped, Base):
    """One log-in: a chain of refresh tokens, of which only the newest is good."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    user_id: Mapped[str] = mapped_column(ID, index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    previous_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ApiKey(Versioned, Audited, TenantScoped, Base):
    """A system's key. Only its hash is kept; the key is shown once, when it is made."""

    __tablename__ = "api_keys"
    __audit_hidden__: ClassVar[tuple[str, ...]] = ("key_hash",)

    name: Mapped[str] = mapped_column(String(120))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(12))
    roles: Mapped[list[str]] = mapped_column(Json)
    granted: Mapped[list[str]] = mapped_column(Json)
    revoked: Mapped[bool] = mapped_column(default=False)


class SigningKey(Base):
    """A key that signs tokens; the private part is sealed (`shared.crypto`)."""

    __tablename__ = "signing_keys"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    public_jwk: Mapped[dict[str, str]] = mapped_column(Json)
    sealed_private: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LoginFailure(Base):
    """Failed log-ins of one address, to slow down guessing."""

    __tablename__ = "login_failures"

    email_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
