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
    """Seals small secrets so that only the holder of the key, for the same purpose, can open them.

    With older keys it opens what they sealed too, so that secrets can be sealed anew while they are in use.
    """

    def __init__(self, key: bytes, *older: bytes) -> None:
        """Take keys of 32 bytes; raises ValueError for any other length."""
        for each in (key, *older):
            if len(each) != _KEY_BYTES:
                raise ValueError(f"the secret key must be {_KEY_BYTES} bytes, not {len(each)}")
        self._cipher = AESGCM(key)
        self._older = tuple(AESGCM(each) for each in older)

    @classmethod
    def from_text(cls, text: str, *older: str) -> SecretBox:
        """Read the keys from base64 (as in `URAKKA_SECRET_KEY`); raises ValueError without echoing them."""
        try:
            keys = [base64.b64decode(each, validate=True) for each in (text, *older)]
        except binascii.Error:
            raise ValueError("the secret key is not base64") from None
        return cls(*keys)

    def seal(self, plain: bytes, purpose: bytes) -> bytes:
        """Encrypt `plain` with the newest key; `purpose` (e.g. the record's id) must be given again to open it."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, purpose)

    def open(self, sealed: bytes, purpose: bytes) -> bytes:
        """Decrypt what `seal` made, with whichever key it was; raises UnreadableSecret."""
        for cipher in (self._cipher, *self._older):
            plain = _decrypted(cipher, sealed, purpose)
            if plain is not None:
                return plain
        raise UnreadableSecret("the secret cannot be opened with this key")

    def is_newest(self, sealed: bytes, purpose: bytes) -> bool:
        """Say whether the newest key opens it, so that no older one is needed for it."""
        return _decrypted(self._cipher, sealed, purpose) is not None


def _decrypted(cipher: AESGCM, sealed: bytes, purpose: bytes) -> bytes | None:
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose)
    except (InvalidTag, ValueError):
        return None


def new_key_text() -> str:
    """Make a fresh key as base64 text."""
    return base64.b64encode(os.urandom(_KEY_BYTES)).decode("ascii")
