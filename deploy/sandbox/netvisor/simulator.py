"""The companies of the simulated Netvisor: making them, finding the caller's, showing their books."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from werkzeug.datastructures import Headers

from ..config import NetvisorSettings, as_json, with_overrides
from ..faults import FaultPlan
from ..registry import BadCompany, text_field
from ..store import Store
from . import auth
from .books import books
from .company import SIMULATOR, Company, Credentials

CREDENTIAL_NAMES = ("organisation_id", "partner_id", "partner_key", "customer_id", "customer_key")


class NetvisorSimulator:
    """All companies of one simulated Netvisor. Thread-safe."""

    name = SIMULATOR

    def __init__(self, settings: NetvisorSettings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._lock = threading.Lock()
        self._companies: dict[str, Company] = {}
        self._transaction_ids = auth.TransactionIds()
        self._restore()

    def authenticate(self, headers: Headers, urls: Iterable[str], now: datetime) -> Company:
        """The company a call is for. Raises envelope.Refused."""
        with self._lock:
            companies = list(self._companies.values())
        return auth.authenticate(headers, urls, companies, self._transaction_ids, now)

    def create(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Make a company from `{id?, name?, settings?, credentials?}` and describe it with its credentials.

        Raises BadCompany (also when the id or the three identifiers are taken) and config.BadSettings.
        """
        company_id = text_field(body, "id") or secrets.token_hex(6)
        given = body.get("credentials") or {}
        if set(given) - set(CREDENTIAL_NAMES):
            raise BadCompany(f"credentials may hold {', '.join(CREDENTIAL_NAMES)}")
        drawn = {
            "organisation_id": _business_id(),
            "partner_id": f"Partner_{secrets.token_hex(4)}",
            "partner_key": secrets.token_hex(16),
            "customer_id": f"Customer_{secrets.token_hex(4)}",
            "customer_key": secrets.token_hex(16),
        }
        credentials = Credentials(**{**drawn, **{name: str(value) for name, value in given.items()}})
        settings = with_overrides(self._settings, body.get("settings") or {})
        company = Company(
            company_id, text_field(body, "name") or f"Company {company_id}", credentials, settings, self._store
        )
        with self._lock:
            if company_id in self._companies:
                raise BadCompany(f"company {company_id} exists")
            if any(one.credentials.caller == credentials.caller for one in self._companies.values()):
                raise BadCompany("a company with these identifiers exists")
            self._companies[company_id] = company
            company.save_self()
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
        """Forget a company and its books. Raises KeyError."""
        with self._lock:
            del self._companies[company_id]
            self._store.drop(SIMULATOR, company_id)

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


def _business_id() -> str:
    """A random business id with a right check digit."""
    while True:
        digits = f"{secrets.randbelow(9_000_000) + 1_000_000}"
        rest = sum(int(digit) * weight for digit, weight in zip(digits, (7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
        if rest != 1:
            return f"{digits}-{0 if rest == 0 else 11 - rest}"
