"""Which passwords we accept. Length counts, composition rules do not (NIST SP 800-63B, 5.1.1.2)."""

from __future__ import annotations

from services.identity.domain.errors import WeakPassword

SHORTEST = 10
LONGEST = 200

_COMMON = frozenset({"password12", "salasana12", "qwertyuiop", "1234567890", "salasana123", "password123"})


def check_password(password: str, email: str) -> None:
    """Raise WeakPassword if the password is short, long, well known, or the person's own address."""
    if len(password) < SHORTEST:
        raise WeakPassword(f"Use at least {SHORTEST} characters.")
    if len(password) > LONGEST:
        raise WeakPassword(f"Use at most {LONGEST} characters.")
    if password.lower() in _COMMON or password.lower() == email.lower() or len(set(password)) < 4:
        raise WeakPassword("This password is too easy to guess.")
