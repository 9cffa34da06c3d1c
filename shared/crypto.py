"""Secrets at rest: AES-256-GCM with a key from the environment (NIST SP 800-38D)."""

from __future__ import annotations

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_KEY_BYTES = 32


class UnreadableSecret(Exception):
    """The sealed bytes were made with another key or for another purpose, or are damaged."""


class SecretBox:
    """Seals small secrets so that only the holder of the key, for the same purpose, can open them."""

    def __init__(self, key: bytes) -> None:
        """Take a key of 32 bytes; raises ValueError for any other length."""
        if len(key) != _KEY_BYTES:
            raise ValueError(f"the secret key must be {_KEY_BYTES} bytes, not {len(key)}")
        self._cipher = AESGCM(key)

    @classmethod
    def from_text(cls, text: str) -> SecretBox:
        """Read the key from base64 (as in `URAKKA_SECRET_KEY`); raises ValueError without echoing it."""
        try:
            key = base64.b64decode(text, validate=True)
        except binascii.Error:
            raise ValueError("the secret key is not base64") from None
        return cls(key)

    def seal(self, plain: bytes, purpose: bytes) -> bytes:
        """Encrypt `plain`; `purpose` (e.g. the record's id) must be given again to open it."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, purpose)

    def open(self, sealed: bytes, purpose: bytes) -> bytes:
        """Decrypt what `seal` made; raises UnreadableSecret."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose)
        except (InvalidTag, ValueError) as error:
            raise UnreadableSecret("the secret cannot be opened with this key") from error


def new_key_text() -> str:
    """Make a fresh key as base64 text."""
    return base64.b64encode(os.urandom(_KEY_BYTES)).decode("ascii")
