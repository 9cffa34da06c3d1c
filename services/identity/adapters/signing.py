"""Making access tokens with keys that stand sealed in the database."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import select, text

from services.identity.models import SigningKey
from shared.clock import utc_now
from shared.context import system_context
from shared.crypto import SecretBox
from shared.db import Database, UnitOfWork
from shared.http.tokens import ALGORITHM, AUDIENCE, ISSUER
from shared.ids import new_id

LEAD: Final = timedelta(minutes=2)
"""How long a new key is in the key set before it signs, so that whoever fetches the set has it by then."""
_SLACK: Final = timedelta(minutes=1)
"""What clocks may differ by, with the leeway of those who verify."""


class Signer:
    """Signs access tokens with the newest key that has been shown long enough; makes the first key when there is none.

    lifetime  the longest of a token: for so long after its last one, a key stays in the key set
    """

    def __init__(
        self, database: Database, box: SecretBox, lifetime: timedelta, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._box = box
        self._lifetime = lifetime
        self._clock = clock
        self._lock = threading.Lock()
        self._current: tuple[str, Ed25519PrivateKey] | None = None

    def sign(
        self,
        *,
        subject: str,
        tenant_id: str,
        permissions: Sequence[str],
        now: datetime,
        lifetime_s: int,
        sites: Sequence[str] = (),
    ) -> str:
        """Return an access token that is good for `lifetime_s` seconds from `now`. sites  the limit, if there is one"""
        key_id, private = self._key()
        issued = int(now.timestamp())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "tid": tenant_id,
            "perms": sorted(permissions),
            "iat": issued,
            "exp": issued + lifetime_s,
            "jti": new_id(),
        }
        if sites:
            claims["sites"] = sorted(sites)
        return jwt.encode(claims, private, algorithm=ALGORITHM, headers={"kid": key_id})

    def key_set(self) -> Mapping[str, Any]:
        """Return the public keys as a JSON Web Key Set (RFC 7517): those in force, and those whose tokens may be."""
        self._key()
        keys = self._keys()
        return {"keys": [dict(key.public_jwk) for key in keys[self._ended(keys) :]]}

    def rotate(self, *, at_once: bool = False) -> str:
        """Make a new key, which all processes sign with when it has been shown long enough. Returns its id.

        at_once  sign with it now, and take back all others: their tokens are refused as soon as that is known
        """
        return self._make(retire_others=at_once)

    def _key(self) -> tuple[str, Ed25519PrivateKey]:
        """The key to sign with: looked up each time, since another process may have made or taken back one."""
        keys = self._keys()
        if not keys:
            self._make(only_first=True)
            keys = self._keys()
        shown_since = self._clock() - LEAD
        key = next((key for key in reversed(keys) if key.created_at <= shown_since), keys[0])
        with self._lock:
            if self._current is None or self._current[0] != key.id:
                raw = self._box.open(key.sealed_private, key.id.encode())
                self._current = key.id, Ed25519PrivateKey.from_private_bytes(raw)
            return self._current

    def _ended(self, keys: Sequence[SigningKey]) -> int:
        """How many of the oldest have no token in force: their successor has been signing longer than a token lasts."""
        long_ago = self._clock() - LEAD - self._lifetime - _SLACK
        return sum(successor.created_at < long_ago for successor in keys[1:])

    def _keys(self) -> Sequence[SigningKey]:
        with self._database.read(system_context("signing")) as uow:
            return _in_force(uow)

    def _make(self, *, only_first: bool = False, retire_others: bool = False) -> str:
        private = Ed25519PrivateKey.generate()
        key_id, now = new_id(), self._clock()
        with self._database.begin(system_context("signing")) as uow:
            if not self._database.is_sqlite:
                uow.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('signing key', 0))"))
            others = _in_force(uow)
            if only_first and others:  # another process was faster
                return others[0].id
            for other in others if retire_others else others[: self._ended(others)]:
                other.retired_at = now
            uow.session.add(
                SigningKey(
                    id=key_id,
                    public_jwk=_public_jwk(private, key_id),
                    sealed_private=self._box.seal(
                        private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()), key_id.encode()
                    ),
                    created_at=now,
                )
            )
            uow.commit()
        return key_id


def _in_force(uow: UnitOfWork) -> Sequence[SigningKey]:
    """The keys that were not taken back, oldest first."""
    statement = select(SigningKey).where(SigningKey.retired_at.is_(None))
    return uow.session.scalars(statement.order_by(SigningKey.created_at, SigningKey.id)).all()


def _public_jwk(private: Ed25519PrivateKey, key_id: str) -> dict[str, str]:
    raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    x = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": key_id, "use": "sig", "alg": ALGORITHM}
