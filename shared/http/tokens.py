"""Access tokens: short-lived EdDSA JWTs that every service verifies by itself (RFC 7519, RFC 8037)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import jwt
import requests

from shared.errors import NotAuthenticated, TemporarilyUnavailable
from shared.telemetry import get_logger

log = get_logger("http")

ISSUER = "urakka"
AUDIENCE = "urakka"
ALGORITHM = "EdDSA"
_LEEWAY_S = 5
_LEAST_PAUSE_S = 5.0
_LOOK_AGAIN_S = 300.0
_FETCH_TIMEOUT_S = (3.0, 5.0)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says: who, of which tenant, with which permissions, until when (Unix seconds), at which sites.

    sites  ids of the sites that the subject is limited to; empty: no limit
    """

    subject: str
    tenant_id: str
    permissions: frozenset[str]
    expires_at: int
    sites: frozenset[str] = frozenset()


class TokenVerifier(Protocol):
    """Checks tokens."""

    def verify(self, token: str) -> Claims:
        """Return what a valid token says; raises NotAuthenticated otherwise."""


class KeySetVerifier:
    """Verifies with the keys of identity's key set, which it fetches when it meets an unknown key id.

    fetch  returns the key set as a mapping `{"keys": […]}` (RFC 7517) or raises OSError or requests' errors.
    It is asked at most once in five seconds, whatever tokens come in and whether it answers or not; tokens of known
    keys never wait for it. Every five minutes it is asked again beside the requests, so that a key that was taken back
    is believed no longer than that; without an answer the known ones stay.
    """

    def __init__(self, fetch: Callable[[], Mapping[str, Any]]) -> None:
        self._fetch = fetch
        self._keys: dict[str, jwt.PyJWK] = {}
        self._asked_at = self._fetched_at = float("-inf")
        self._lock = threading.Lock()

    def verify(self, token: str) -> Claims:
        """Return the claims; raises NotAuthenticated, or TemporarilyUnavailable when no key can be had."""
        try:
            key_id = str(jwt.get_unverified_header(token).get("kid", ""))
            claims = jwt.decode(
                token,
                self._key(key_id),
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                leeway=_LEEWAY_S,
                options={"require": ["exp", "iat", "sub", "tid"]},
            )
        except jwt.ExpiredSignatureError:
            raise NotAuthenticated("The token has expired. Refresh it or log in again.") from None
        except (jwt.InvalidTokenError, ValueError):
            raise NotAuthenticated("The token is not valid.") from None
        return Claims(
            subject=str(claims["sub"]),
            tenant_id=str(claims["tid"]),
            permissions=frozenset(str(permission) for permission in claims.get("perms", ())),
            expires_at=int(claims["exp"]),
            sites=frozenset(str(site) for site in claims.get("sites", ())),
        )

    def _key(self, key_id: str) -> jwt.PyJWK:
        known = self._keys.get(key_id)
        if known is not None:
            if time.monotonic() - self._fetched_at > _LOOK_AGAIN_S and self._may_ask():
                self._look_again()
            return known
        with self._lock:
            if key_id not in self._keys and self._may_ask():
                self._ask()
            known = self._keys.get(key_id)
        if known is not None:
            return known
        if not self._keys:
            raise TemporarilyUnavailable("The signing keys cannot be fetched right now.")
        raise NotAuthenticated("The token was not signed by a key that is in force.")

    def _may_ask(self) -> bool:
        return time.monotonic() - self._asked_at >= _LEAST_PAUSE_S

    def _look_again(self) -> None:
        """Ask beside the requests; of several who see that it is time, one does it."""
        if self._lock.acquire(blocking=False):
            try:
                threading.Thread(target=self._ask_and_release, name="key-set", daemon=True).start()
            except RuntimeError:  # no thread can be had now: the next request tries again
                self._lock.release()

    def _ask_and_release(self) -> None:
        try:
            self._ask()
        except Exception as error:
            log.warning("tokens.no_key_set", error=type(error).__name__)
        finally:
            self._lock.release()

    def _ask(self) -> None:
        """Fetch; the lock is held."""
        try:
            found = self._load()
            if found:
                self._keys, self._fetched_at = found, time.monotonic()
        finally:
            self._asked_at = time.monotonic()

    def _load(self) -> dict[str, jwt.PyJWK]:
        """Fetch the keys that we can use; none if there is no answer or one that makes no sense."""
        try:
            entries = list(self._fetch()["keys"])
        except (OSError, requests.RequestException, LookupError, TypeError) as error:
            log.warning("tokens.no_key_set", error=type(error).__name__)
            return {}
        found = {}
        for entry in entries:
            try:
                found[str(entry["kid"])] = jwt.PyJWK.from_dict(dict(entry), ALGORITHM)
            except (jwt.PyJWTError, LookupError, TypeError, ValueError):
                log.warning("tokens.unusable_key")
        return found


def fetch_key_set(url: str) -> Callable[[], Mapping[str, Any]]:
    """Return a function that fetches the key set at `url`, with deadlines."""

    def fetch() -> Mapping[str, Any]:
        answer = requests.get(url, timeout=_FETCH_TIMEOUT_S)
        answer.raise_for_status()
        body: Mapping[str, Any] = answer.json()
        return body

    return fetch
