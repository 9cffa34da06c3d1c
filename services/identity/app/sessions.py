"""Use cases of logging in: with a password, with a refresh token, with an API key."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from services.identity.adapters import passwords
from services.identity.adapters.signing import Signer
from services.identity.domain.errors import SessionEnded, WrongCredentials
from services.identity.domain.roles import permissions_of
from services.identity.models import ApiKey, LoginFailure, Session, Tenant, User
from shared.db import UnitOfWork
from shared.errors import TooManyRequests
from shared.ids import new_id

ACCESS_LIFETIME_S = 600
"""Seconds that an access token is good; a revoked user or key loses access after at most this time."""

REFRESH_LIFETIME = timedelta(days=30)
_FREE_FAILURES = 5
_LONGEST_PAUSE_S = 900

OpenUnit = Callable[[str], UnitOfWork]
"""tenant id (or `*`) → unit of work"""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a log-in gives. `refresh_token` is None for API keys, which simply ask again."""

    access_token: str
    expires_in_s: int
    refresh_token: str | None
    tenant_id: str
    subject: str
    permissions: tuple[str, ...]
    site_ids: tuple[str, ...] = ()


def log_in(begin: OpenUnit, signer: Signer, *, email: str, password: str, now: datetime) -> Tokens:
    """Check the password and open a session.

    After five failures in a row an address waits ever longer, up to 15 minutes, whether it exists or not. Raises
    WrongCredentials, TooManyRequests.
    """
    address = email.strip().lower()
    with begin("*") as uow:
        _check_pause(uow, address, now)
        user = uow.session.scalars(select(User).where(User.email == address)).one_or_none()
        stored = user.password_hash if user and user.active else None
    if not passwords.matches(stored, password) or user is None:
        with begin("*") as uow:
            _count_failure(uow, address, now)
            uow.commit()
        raise WrongCredentials()
    refresh = secrets.token_urlsafe(32)
    with begin(user.tenant_id) as uow:
        _refuse_archived(uow, user.tenant_id)
        uow.session.add(
            Session(id=new_id(), user_id=user.id, token_hash=_hash(refresh), expires_at=now + REFRESH_LIFETIME)
        )
        failure = uow.session.get(LoginFailure, _hash(address))
        if failure is not None:
            uow.session.delete(failure)
        uow.commit()
    return _tokens(signer, user, refresh, now)


def refresh(begin: OpenUnit, signer: Signer, *, refresh_token: str, now: datetime) -> Tokens:
    """Exchange a refresh token for new tokens; the old one is spent.

    A spent token that comes again was stolen or copied: its whole session ends. Raises SessionEnded.
    """
    given = _hash(refresh_token)
    with begin("*") as uow:
        session = uow.session.scalars(
            select(Session).where(or_(Session.token_hash == given, Session.previous_hash == given)).with_for_update()
        ).one_or_none()
        if session is None or session.revoked_at is not None or session.expires_at <= now:
            raise SessionEnded()
        if session.token_hash != given:
            session.revoked_at = now
            uow.commit()
            raise SessionEnded("This refresh token was used before; log in again.")
        user = uow.session.get(User, session.user_id)
        if user is None or not user.active:
            raise SessionEnded()
        fresh = secrets.token_urlsafe(32)
        session.previous_hash, session.token_hash = session.token_hash, _hash(fresh)
        uow.commit()
    return _tokens(signer, user, fresh, now)


def log_out(begin: OpenUnit, *, refresh_token: str, now: datetime) -> None:
    """End the session of this refresh token; an unknown one is no error, the outcome is the same."""
    with begin("*") as uow:
        uow.session.execute(
            update(Session)
            .where(Session.token_hash == _hash(refresh_token), Session.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        uow.commit()


def end_sessions(uow: UnitOfWork, user_id: str, now: datetime) -> None:
    """End all sessions of a user, inside a running unit of work."""
    uow.session.execute(
        update(Session).where(Session.user_id == user_id, Session.revoked_at.is_(None)).values(revoked_at=now)
    )


def log_in_with_key(begin: OpenUnit, signer: Signer, *, api_key: str, now: datetime) -> Tokens:
    """Exchange an API key for an access token. Raises WrongCredentials."""
    with begin("*") as uow:
        key = uow.session.scalars(select(ApiKey).where(ApiKey.key_hash == _hash(api_key))).one_or_none()
        if key is None or key.revoked:
            raise WrongCredentials()
        _refuse_archived(uow, key.tenant_id)
    permissions = tuple(sorted(permissions_of(key.roles, key.granted)))
    subject = f"apikey:{key.id}"
    token = signer.sign(
        subject=subject, tenant_id=key.tenant_id, permissions=permissions, now=now, lifetime_s=ACCESS_LIFETIME_S
    )
    return Tokens(token, ACCESS_LIFETIME_S, None, key.tenant_id, subject, permissions)


def _tokens(signer: Signer, user: User, refresh_token: str, now: datetime) -> Tokens:
    permissions = tuple(sorted(permissions_of(user.roles, user.granted)))
    token = signer.sign(
        subject=user.id,
        tenant_id=user.tenant_id,
        permissions=permissions,
        now=now,
        lifetime_s=ACCESS_LIFETIME_S,
        sites=user.site_ids,
    )
    return Tokens(token, ACCESS_LIFETIME_S, refresh_token, user.tenant_id, user.id, permissions, tuple(user.site_ids))


def _refuse_archived(uow: UnitOfWork, tenant_id: str) -> None:
    tenant = uow.session.get(Tenant, tenant_id)
    if tenant is None or tenant.archived:
        raise WrongCredentials()


def _check_pause(uow: UnitOfWork, address: str, now: datetime) -> None:
    failure = uow.session.get(LoginFailure, _hash(address))
    if failure is None or failure.count < _FREE_FAILURES:
        return
    pause = min(2 ** (failure.count - _FREE_FAILURES + 1), _LONGEST_PAUSE_S)
    left = (failure.last_at + timedelta(seconds=pause) - now).total_seconds()
    if left > 0:
        raise TooManyRequests("Too many failed log-ins for this address.", retry_after_s=int(left) + 1)


def _count_failure(uow: UnitOfWork, address: str, now: datetime) -> None:
    failure = uow.session.get(LoginFailure, _hash(address), with_for_update=True)
    if failure is None:
        uow.session.add(LoginFailure(email_hash=_hash(address), count=1, last_at=now))
    else:
        failure.count += 1
        failure.last_at = now


def hash_of_key(key: str) -> str:
    """Return the SHA-256 (hex) under which a random key is kept; random keys need no slow hash."""
    return _hash(key)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
