"""What the admin interface needs of a simulator, and the errors it translates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from .faults import FaultPlan


class BadCompany(ValueError):
    """The description of a company makes no sense, or it exists."""


class Simulator(Protocol):
    """A simulated accounting system with companies that never meet. Unknown ids raise KeyError."""

    name: str

    def create(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Make a company and describe it, credentials included."""

    def ids(self) -> list[str]:
        """Ids of the companies."""

    def describe(self, company_id: str) -> dict[str, Any]:
        """Id, name, credentials, settings."""

    def configure(self, company_id: str, overrides: Mapping[str, Any]) -> None:
        """Change settings of a company."""

    def delete(self, company_id: str) -> None:
        """Forget a company and its books."""

    def faults(self, company_id: str) -> FaultPlan:
        """The faults in force for a company."""

    def books(self, company_id: str) -> dict[str, Any]:
        """What an auditor sees."""


def text_field(body: Mapping[str, Any], name: str) -> str:
    """An optional text of a description, "" if absent. Raises BadCompany if it is something else."""
    value = body.get(name, "")
    if not isinstance(value, str):
        raise BadCompany(f"{name} must be a text")
    return value
