"""The companies of the simulated Procountor: making them, tokens, books."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..config import ProcountorSettings, as_json, with_overrides
from ..faults import FaultPlan
from ..registry import BadCompany, text_field
from ..store import Store
from . import dimensions
from .books import books
from .company import SIMULATOR, Company, Credentials
from .oauth import RateLimit, Tokens

CREDENTIAL_NAMES = ("client_id", "client_secret", "api_key")


class ProcountorSimulator:
    """All companies of one simulated Procountor. Thread-safe."""

    name = SIMULATOR

    def __init__(self, settings: ProcountorSettings, store: Store) -> None:
        self.tokens = Tokens()
        self.rate_limit = RateLimit()
        self._settings = settings
        self._store = store
        self._lock = threading.Lock()
        self._companies: dict[str, Company] = {}
        self._restore()

    def find(self, client_id: str, client_secret: str, api_key: str) -> Company | None:
        """The company of a client and its API key, None if anything is wrong."""
        with self._lock:
            companies = list(self._companies.values())
        for company in companies:
            known = company.credentials
            pairs = ((known.client_id, client_id), (known.client_secret, client_secret), (known.api_key, api_key))
            if all(hmac.compare_digest(right.encode(), given.encode()) for right, given in pairs):
                return company
        return None

    def create(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Make a company from `{id?, name?, settings?, credentials?}` and describe it with its credentials.

        Raises BadCompany (also when the id or the credentials are taken) and config.BadSettings.
        """
        company_id = text_field(body, "id") or secrets.token_hex(6)
        given = body.get("credentials") or {}
        if set(given) - set(CREDENTIAL_NAMES):
            raise BadCompany(f"credentials may hold {', '.join(CREDENTIAL_NAMES)}")
        drawn = {
            "client_id": f"client-{secrets.token_hex(4)}",
            "client_secret": secrets.token_hex(16),
            "api_key": secrets.token_hex(32),
        }
        credentials = Credentials(**{**drawn, **{name: str(value) for name, value in given.items()}})
        settings = with_overrides(self._settings, body.get("settings") or {})
        company = Company(
            company_id, text_field(body, "name") or f"Company {company_id}", credentials, settings, self._store
        )
        with self._lock:
            if company_id in self._companies:
                raise BadCompany(f"company {company_id} exists")
            if any(one.credentials == credentials for one in self._companies.values()):
                raise BadCompany("a company with these credentials exists")
            self._companies[company_id] = company
            company.save_self()
            dimensions.seed(company)
        return self.describe(company_id)

    def ids(self) -> list[str]:
        """Ids of the companies."""
        with self._lock:
            return list(self._companies)

    def describe(self, company_id: str) -> dict[str, Any]:
        """Id, name, credentials and settings. Raises KeyError."""
        company = self.company(company_id)
        return {
            "id": company.id,
            "name": company.name,
            "credentials": asdict(company.credentials),
            "settings": as_json(company.settings),
        }

    def configure(self, company_id: str, overrides: Mapping[str, Any]) -> None:
        """Change settings. Raises KeyError, config.BadSettings."""
        company = self.company(company_id)
        company.configure(with_overrides(company.settings, overrides))

    def delete(self, company_id: str) -> None:
        """Forget a company, its tokens and its books. Raises KeyError."""
        with self._lock:
            company = self._companies.pop(company_id)
            self._store.drop(SIMULATOR, company_id)
        self.tokens.revoke_all(company)

    def faults(self, company_id: str) -> FaultPlan:
        """The faults in force. Raises KeyError."""
        return self.company(company_id).faults

    def books(self, company_id: str) -> dict[str, Any]:
        """What an auditor sees. Raises KeyError."""
        return books(self.company(company_id))

    def company(self, company_id: str) -> Company:
        """A company. Raises KeyError."""
        with self._lock:
            return self._companies[company_id]

    def _restore(self) -> None:
        for company_id, kind, key, value in self._store.load(SIMULATOR):
            if kind == "company":
                self._companies[company_id] = Company(
                    company_id,
                    value["name"],
                    Credentials(**value["credentials"]),
                    with_overrides(self._settings, value["settings"]),
                    self._store,
                )
            else:
                self._companies[company_id].restore(kind, key, value)
