"""Making access tokens with keys that stand sealed in the database."""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import select, text

from services.identity.models import SigningKey
from shared.clock import utc_now
from shared.context import system_context
from shared.crypto import SecretBox
from shared.db import Database
from shared.http.tokens import ALGORITHM, AUDIENCE, ISSUER
from shared.ids import new_id


class Signer:
    """Signs access tokens with the newest key in force; makes the first key when there is none."""

    def __init__(self, database: Database, box: SecretBox) -> None:
        self._database = database
        self._box = box
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
        """Return the public keys in force as a JSON Web Key Set (RFC 7517)."""
        self._key()
        with self._database.read(system_context("signing")) as uow:
            keys = uow.session.scalars(select(SigningKey).where(SigningKey.retired_at.is_(None)))
            return {"keys": [dict(key.public_jwk) for key in keys]}

    def rotate(self) -> str:
        """Make a new key and sign with it from now on; tokens of older keys stay good. Returns the new key's id."""
        with self._lock:
            self._current = self._make()
            return self._current[0]

    def _key(self) -> tuple[str, Ed25519PrivateKey]:
        with self._lock:
            if self._current is None:
                self._current = self._load() or self._make()
            return self._current

    def _load(self) -> tuple[str, Ed25519PrivateKey] | None:
        with self._database.read(system_context("signing")) as uow:
            newest = uow.session.scalars(
                select(SigningKey).where(SigningKey.retired_at.is_(None)).order_by(SigningKey.created_at.desc())
            ).first()
        if newest is None:
            return None
        raw = self._box.open(newest.sealed_private, newest.id.encode())
        return newest.id, Ed25519PrivateKey.from_private_bytes(raw)

    def _make(self) -> tuple[str, Ed25519PrivateKey]:
        private = Ed25519PrivateKey.generate()
        key_id = new_id()
        with self._database.begin(system_context("signing")) as uow:
            if not self._database.is_sqlite:
                uow.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('signing key', 0))"))
            uow.session.add(
                SigningKey(
                    id=key_id,
                    public_jwk=_public_jwk(private, key_id),
                    sealed_private=self._box.seal(
                        private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()), key_id.encode()
                    ),
                    created_at=utc_now(),
                )
            )
            uow.commit()
        return key_id, private


def _public_jwk(private: Ed25519PrivateKey, key_id: str) -> dict[str, str]:
    raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    x = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": key_id, "use": "sig", "alg": ALGORITHM}
