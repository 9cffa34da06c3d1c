"""The companies of the simulated Procountor: making them, tokens, books."""

from __future__ import annotations

import hmac
import secrets
from typing import Any

from ..companies import Companies
from ..config import ProcountorSettings
from ..store import Store
from . import dimensions
from .books import books
from .company import SIMULATOR, Company, Credentials
from .oauth import RateLimit, Tokens


class ProcountorSimulator(Companies[Company, ProcountorSettings, Credentials]):
    """All companies of one simulated Procountor. Thread-safe."""

    name = SIMULATOR
    made_of = (Company, Credentials)

    def __init__(self, settings: ProcountorSettings, store: Store) -> None:
        super().__init__(settings, store)
        self.tokens = Tokens()
        self.rate_limit = RateLimit()

    def find(self, client_id: str, client_secret: str, api_key: str) -> Company | None:
        """The company of a client and its API key, None if anything is wrong."""
        for company in self.all():
            known = company.credentials
            pairs = ((known.client_id, client_id), (known.client_secret, client_secret), (known.api_key, api_key))
            if all(hmac.compare_digest(right.encode(), given.encode()) for right, given in pairs):
                return company
        return None

    def delete(self, company_id: str) -> None:
        """Forget a company, its tokens and its books. Raises KeyError."""
        company = self.company(company_id)
        super().delete(company_id)
        self.tokens.revoke_all(company)

    def books(self, company_id: str) -> dict[str, Any]:
        """What an auditor sees. Raises KeyError."""
        return books(self.company(company_id))

    def _drawn_credentials(self) -> dict[str, str]:
        return {
            "client_id": f"client-{secrets.token_hex(4)}",
            "client_secret": secrets.token_hex(16),
            "api_key": secrets.token_hex(32),
        }

    def _calls_alike(self, one: Credentials, other: Credentials) -> bool:
        return one == other

    def _begin(self, company: Company) -> None:
        dimensions.seed(company)
