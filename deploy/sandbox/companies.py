"""What both simulators share: a company's card and settings, and the register of all companies."""

from __future__ import annotations

import secrets
import threading
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from .config import Settings, as_json, with_overrides
from .faults import FaultPlan
from .store import Store

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Credentials = TypeVar("Credentials", bound=DataclassInstance)
else:
    Credentials = TypeVar("Credentials")


class BadCompany(ValueError):
    """The description of a company makes no sense, or it exists."""


class SimulatedCompany(ABC, Generic[Settings, Credentials]):
    """A company without its registers: who may call as it, how it behaves, what was called."""

    simulator: ClassVar[str]

    def __init__(self, company_id: str, name: str, credentials: Credentials, settings: Settings, store: Store) -> None:
        self.id = company_id
        self.name = name
        self.credentials = credentials
        self.settings = settings
        self.faults = FaultPlan()
        self.calls: Counter[str] = Counter()
        self._store = store
        self._data = threading.RLock()

    @abstractmethod
    def restore(self, kind: str, key: int, value: dict[str, Any]) -> None:
        """Take back one stored record of the registers."""

    def configure(self, overrides: Mapping[str, Any]) -> None:
        """Change how the company behaves. Raises config.BadSettings."""
        with self._data:
            self.settings = with_overrides(self.settings, overrides)
            self.save_self()

    def count(self, what: str) -> None:
        """Add one to a counter of the auditor's books."""
        with self._data:
            self.calls[what] += 1

    def describe(self) -> dict[str, Any]:
        """Name, credentials and settings."""
        return {"name": self.name, "credentials": asdict(self.credentials), "settings": as_json(self.settings)}

    def save_self(self) -> None:
        """Keep name, credentials and settings."""
        self._keep("company", 0, self.describe())

    def _keep(self, kind: str, key: int, value: dict[str, Any]) -> None:
        self._store.save(self.simulator, self.id, kind, key, value)


Company = TypeVar("Company", bound="SimulatedCompany[Any, Any]")


class Companies(ABC, Generic[Company, Settings, Credentials]):
    """All companies of one simulated system, brought back from the store. Thread-safe.

    Whoever inherits says what a company and its credentials are (`made_of`), and how they are drawn.
    """

    name: ClassVar[str]
    made_of: ClassVar[tuple[type[Any], type[Any]]]

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._lock = threading.Lock()
        self._companies: dict[str, Company] = {}
        self._restore()

    @abstractmethod
    def books(self, company_id: str) -> dict[str, Any]:
        """What an auditor sees. Raises KeyError."""

    @abstractmethod
    def _drawn_credentials(self) -> dict[str, str]:
        """New credentials, by name."""

    @abstractmethod
    def _calls_alike(self, one: Credentials, other: Credentials) -> bool:
        """Whether a call could be for either of two companies."""

    def _begin(self, company: Company) -> None:
        """Give a new company what it has from the first day."""

    def create(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Make a company from `{id?, name?, settings?, credentials?}` and describe it with its credentials.

        Raises BadCompany (also when the id is taken, or calls could be for another company) and config.BadSettings.
        """
        company_id = _text(body, "id") or secrets.token_hex(6)
        name = _text(body, "name") or f"Company {company_id}"
        given = body.get("credentials") or {}
        known = [field.name for field in fields(self.made_of[1])]
        if set(given) - set(known):
            raise BadCompany(f"credentials may hold {', '.join(known)}")
        credentials = self._drawn_credentials() | {key: str(value) for key, value in given.items()}
        company = self._made(company_id, name, credentials, body.get("settings") or {})
        with self._lock:
            if company_id in self._companies:
                raise BadCompany(f"company {company_id} exists")
            if any(self._calls_alike(one.credentials, company.credentials) for one in self._companies.values()):
                raise BadCompany("a company with these credentials exists")
            self._companies[company_id] = company
            company.save_self()
            self._begin(company)
        return self.describe(company_id)

    def ids(self) -> list[str]:
        """Ids of the companies."""
        return [company.id for company in self.all()]

    def all(self) -> list[Company]:
        """The companies there are now."""
        with self._lock:
            return list(self._companies.values())

    def company(self, company_id: str) -> Company:
        """A company. Raises KeyError."""
        with self._lock:
            return self._companies[company_id]

    def describe(self, company_id: str) -> dict[str, Any]:
        """Id, name, credentials and settings. Raises KeyError."""
        return {"id": company_id, **self.company(company_id).describe()}

    def configure(self, company_id: str, overrides: Mapping[str, Any]) -> None:
        """Change settings. Raises KeyError, config.BadSettings."""
        self.company(company_id).configure(overrides)

    def delete(self, company_id: str) -> None:
        """Forget a company and its books. Raises KeyError."""
        with self._lock:
            del self._companies[company_id]
            self._store.drop(self.name, company_id)

    def faults(self, company_id: str) -> FaultPlan:
        """The faults in force. Raises KeyError."""
        return self.company(company_id).faults

    def _made(self, company_id: str, name: str, credentials: Mapping[str, str], settings: Mapping[str, Any]) -> Company:
        company, their_credentials = self.made_of
        chosen = with_overrides(self._settings, settings)
        made: Company = company(company_id, name, their_credentials(**credentials), chosen, self._store)
        return made

    def _restore(self) -> None:
        for company_id, kind, key, value in self._store.load(self.name):
            if kind == "company":
                self._companies[company_id] = self._made(company_id, **value)
            else:
                self._companies[company_id].restore(kind, key, value)


AnyCompanies = Companies[Any, Any, Any]


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise BadCompany(f"{name} must be a text")
    return value
