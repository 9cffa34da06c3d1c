"""Use cases of users and API keys."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from services.identity.adapters.passwords import hash_password
from services.identity.app.events import user_changed
from services.identity.app.sessions import end_sessions, hash_of_key
from services.identity.app.tenants import flush_new_address
from services.identity.domain.errors import LastAdministrator
from services.identity.domain.passwords import check_password
from services.identity.domain.roles import permissions_of
from services.identity.models import ApiKey, User
from shared.db import UnitOfWork, check_version, get_or_404
from shared.db.database import Creation
from shared.db.paging import Page, fetch_page

KEY_PREFIX = "urk_"


def create_user(uow: UnitOfWork, creation: Creation, fields: Mapping[str, Any]) -> User:
    """Create a user of the caller's tenant.

    fields  name, email, password, roles (names), granted (single permissions), maybe site_ids
    Repeatable under the same key. Raises EmailTaken, WeakPassword, UnknownRole, UnknownPermission.
    """
    with uow:
        repeated = uow.repeated(creation)
        if repeated is not None:
            return get_or_404(uow.session, User, repeated)
        permissions_of(fields["roles"], fields["granted"])
        check_password(fields["password"], fields["email"])
        user = User(
            id=creation.id,
            name=fields["name"],
            email=fields["email"].strip().lower(),
            password_hash=hash_password(fields["password"]),
            roles=sorted(set(fields["roles"])),
            granted=sorted(set(fields["granted"])),
            site_ids=sorted(set(fields.get("site_ids", ()))),
        )
        uow.session.add(user)
        flush_new_address(uow)
        uow.created(creation, user.id)
        uow.emit(user_changed(user))
        uow.commit()
    return user


def change_user(
    uow: UnitOfWork, user_id: str, changes: Mapping[str, Any], *, expected: int | None, now: datetime
) -> User:
    """Change some of name, email, password, roles, granted, site_ids, active.

    A change of what the user may do or see, of the password or of `active` ends the user's sessions. Raises NotFound,
    VersionMismatch, LastAdministrator and what `create_user` raises.
    """
    with uow:
        user = get_or_404(uow.session, User, user_id, for_update=True)
        check_version(user, expected)
        permissions_of(changes.get("roles", user.roles), changes.get("granted", user.granted))
        for name in ("name", "active"):
            if name in changes:
                setattr(user, name, changes[name])
        for name in ("roles", "granted", "site_ids"):
            if name in changes:
                setattr(user, name, sorted(set(changes[name])))
        if "email" in changes:
            user.email = changes["email"].strip().lower()
        if "password" in changes:
            check_password(changes["password"], user.email)
            user.password_hash = hash_password(changes["password"])
        _keep_an_administrator(uow)
        if changes.keys() & {"password", "active", "roles", "granted", "site_ids"}:
            end_sessions(uow, user.id, now)
        flush_new_address(uow)
        uow.emit(user_changed(user))
        uow.commit()
    return user


def list_users(uow: UnitOfWork, *, limit: int, after: str | None) -> Page[User]:
    """Return one page of the tenant's users."""
    with uow:
        return fetch_page(uow.session, select(User), User.id, limit=limit, after=after)


def get_user(uow: UnitOfWork, user_id: str) -> User:
    """Return one user; raises NotFound."""
    with uow:
        return get_or_404(uow.session, User, user_id)


def create_api_key(uow: UnitOfWork, *, name: str, roles: Sequence[str], granted: Sequence[str]) -> tuple[ApiKey, str]:
    """Make a key for another system; returns its record and the key itself, which is shown only now."""
    permissions_of(roles, granted)
    secret = KEY_PREFIX + secrets.token_urlsafe(32)
    with uow:
        key = ApiKey(
            name=name,
            key_hash=hash_of_key(secret),
            hint=secret[:8],
            roles=sorted(set(roles)),
            granted=sorted(set(granted)),
        )
        uow.session.add(key)
        uow.commit()
    return key, secret


def list_api_keys(uow: UnitOfWork, *, limit: int, after: str | None) -> Page[ApiKey]:
    """Return one page of the tenant's keys, revoked ones too."""
    with uow:
        return fetch_page(uow.session, select(ApiKey), ApiKey.id, limit=limit, after=after)


def revoke_api_key(uow: UnitOfWork, key_id: str) -> None:
    """Revoke a key for good; access tokens made with it run out within ten minutes. Raises NotFound."""
    with uow:
        key = get_or_404(uow.session, ApiKey, key_id, for_update=True)
        key.revoked = True
        uow.commit()


def _keep_an_administrator(uow: UnitOfWork) -> None:
    users = uow.session.scalars(select(User).where(User.active)).all()
    if not any("users.manage" in permissions_of(u.roles, u.granted) for u in users if u.active and not u.site_ids):
        raise LastAdministrator()
