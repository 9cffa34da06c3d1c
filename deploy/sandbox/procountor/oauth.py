"""Tokens: client credentials with an API key, expiry, revocation. Source: procountor sheet 2."""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from .checking import refused
from .company import Company

FORM = "application/x-www-form-urlencoded"
_REMEMBERED_TOKENS = 10_000


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and whose it is."""

    value: str
    company: Company
    expires_at: datetime


class Tokens:
    """The tokens given out. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[str, Token] = {}

    def issue(self, company: Company, now: datetime) -> Token:
        """A new token; expired ones are forgotten on the way."""
        lifetime = timedelta(seconds=company.settings.token_lifetime_s)
        token = Token(secrets.token_hex(24), company, now + lifetime)
        with self._lock:
            if len(self._tokens) >= _REMEMBERED_TOKENS:
                self._tokens = {name: one for name, one in self._tokens.items() if one.expires_at > now}
            self._tokens[token.value] = token
        return token

    def company_of(self, authorization: str, now: datetime) -> Company:
        """The company behind an Authorization header. Raises Refused(401)."""
        scheme, _, value = authorization.partition(" ")
        with self._lock:
            token = self._tokens.get(value.strip()) if scheme.lower() == "bearer" else None
        if token is None or token.expires_at <= now:
            raise refused(401, "INVALID_TOKEN the access token is missing, expired or invalid")
        return token.company

    def revoke(self, authorization: str) -> None:
        """Forget the token of an Authorization header."""
        with self._lock:
            self._tokens.pop(authorization.partition(" ")[2].strip(), None)

    def revoke_all(self, company: Company) -> None:
        """Forget every token of a company."""
        with self._lock:
            self._tokens = {name: one for name, one in self._tokens.items() if one.company is not company}


def company_for(
    form: Mapping[str, str],
    query: Mapping[str, str],
    content_type: str,
    find: Callable[[str, str, str], Company | None],
) -> Company:
    """The company that a token request is for; `find` takes client id, secret and API key.

    Raises Refused: 401 for wrong credentials, 400 for anything wrong with the request: secrets in the address, a
    charset parameter in the content type (sheet 2.1), another grant.
    """
    if any(name in query for name in ("client_secret", "api_key")):
        raise refused(400, "invalid_request secrets belong into the body")
    if content_type.strip().lower() != FORM:
        raise refused(400, f"invalid_request the content type must be {FORM} without parameters")
    if form.get("grant_type") != "client_credentials":
        raise refused(400, "unsupported_grant_type")
    company = find(form.get("client_id", ""), form.get("client_secret", ""), form.get("api_key", ""))
    if company is None:
        raise refused(401, "invalid_client wrong client id, client secret or API key")
    return company


class RateLimit:
    """Calls of the last second of one client. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[str, deque[datetime]] = {}

    def is_exceeded(self, client: str, limit: int, now: datetime) -> bool:
        """Count a call; True if it is one too many."""
        if not limit:
            return False
        with self._lock:
            calls = self._calls.setdefault(client, deque())
            while calls and calls[0] <= now - timedelta(seconds=1):
                calls.popleft()
            if len(calls) >= limit:
                return True
            calls.append(now)
            return False
