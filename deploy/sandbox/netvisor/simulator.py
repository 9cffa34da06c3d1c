"""The companies of the simulated Netvisor: making them, finding the caller's, showing their books."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from werkzeug.datastructures import Headers

from ..companies import Companies
from ..config import NetvisorSettings
from ..store import Store
from . import auth
from .books import books
from .company import SIMULATOR, Company, Credentials


class NetvisorSimulator(Companies[Company, NetvisorSettings, Credentials]):
    """All companies of one simulated Netvisor. Thread-safe."""

    name = SIMULATOR
    made_of = (Company, Credentials)

    def __init__(self, settings: NetvisorSettings, store: Store) -> None:
        super().__init__(settings, store)
        self._transaction_ids = auth.TransactionIds()

    def authenticate(self, headers: Headers, urls: Iterable[str], now: datetime) -> Company:
        """The company a call is for. Raises envelope.Refused."""
        return auth.authenticate(headers, urls, self.all(), self._transaction_ids, now)

    def books(self, company_id: str) -> dict[str, Any]:
        """What an auditor sees. Raises KeyError."""
        return books(self.company(company_id))

    def _drawn_credentials(self) -> dict[str, str]:
        return {
            "organisation_id": _business_id(),
            "partner_id": f"Partner_{secrets.token_hex(4)}",
            "partner_key": secrets.token_hex(16),
            "customer_id": f"Customer_{secrets.token_hex(4)}",
            "customer_key": secrets.token_hex(16),
        }

    def _calls_alike(self, one: Credentials, other: Credentials) -> bool:
        return one.caller == other.caller


def _business_id() -> str:
    """A random business id with a right check digit."""
    while True:
        digits = f"{secrets.randbelow(9_000_000) + 1_000_000}"
        rest = sum(int(digit) * weight for digit, weight in zip(digits, (7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
        if rest != 1:
            return f"{digits}-{0 if rest == 0 else 11 - rest}"
