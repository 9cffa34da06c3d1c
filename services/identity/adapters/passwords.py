"""Password hashes: argon2id with the library's parameters (RFC 9106, low-memory profile)."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody has this password")


def hash_password(password: str) -> str:
    """Return a new salted hash."""
    return _hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Say whether `password` is the one behind `stored`; takes as long when there is none (None)."""
    try:
        return _hasher.verify(stored or _NOBODY, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False
