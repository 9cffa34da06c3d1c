"""The accounting systems that the demo sends to: the sandbox, or a vendor's test service from the environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests

_TIMEOUT_S = 20

NETVISOR_PREFIX, PROCOUNTOR_PREFIX = "URAKKA_DEMO_NETVISOR_", "URAKKA_DEMO_PROCOUNTOR_"
NETVISOR_VARIABLES = (
    "URL",
    "SENDER",
    "CUSTOMER_ID",
    "CUSTOMER_KEY",
    "PARTNER_ID",
    "PARTNER_KEY",
    "ORGANISATION_ID",
    "LANGUAGE",
)
PROCOUNTOR_VARIABLES = ("URL", "CLIENT_ID", "CLIENT_SECRET", "API_KEY", "IBAN")


class IncompleteTarget(Exception):
    """Some, but not all, variables of a target are set; the text names the missing ones."""


class UnusableTarget(Exception):
    """The accounting system that the variables name cannot be used; the text names the variables."""


@dataclass(frozen=True, slots=True)
class DemoTarget:
    """One connection to make.

    kind       `netvisor` or `procountor`
    settings   as the billing service takes them
    secrets    likewise; never printed
    books_url  where the sandbox shows its books; None for a system that is not ours
    prefix     how the variables begin that it was made from; None for the sandbox
    """

    kind: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    books_url: str | None = None
    prefix: str | None = None

    @property
    def is_sandbox(self) -> bool:
        """Say whether this is our own simulator, into whose books we can look."""
        return self.books_url is not None

    def books(self) -> dict[str, Any]:
        """Return the sandbox's books: every invoice and the totals."""
        assert self.books_url is not None
        answer = requests.get(self.books_url, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        books: dict[str, Any] = answer.json()
        return books


def unusable(target: DemoTarget, sentence: str, errors: Sequence[Mapping[str, Any]]) -> UnusableTarget:
    """What is wrong with the variables of a target.

    sentence, errors  as in the API's answer; the errors have pointers into the connection.
    """
    prefix = target.prefix or ""
    fields = [f"{prefix}{str(each.get('pointer')).rpartition('/')[2].upper()}: {each.get('detail')}" for each in errors]
    return UnusableTarget("; ".join(fields) or f"{prefix}*: {sentence}")


def netvisor_target(environment: Mapping[str, str], sandbox_url: str, seen_by_services: str) -> DemoTarget:
    """Return the Netvisor target: the vendor's from `URAKKA_DEMO_NETVISOR_*`, else a new sandbox company.

    sandbox_url       the sandbox's address as this process reaches it
    seen_by_services  its address as the billing service reaches it
    """
    given = _given(environment, NETVISOR_PREFIX, NETVISOR_VARIABLES, optional=("SENDER", "LANGUAGE"))
    if given is None:
        company = _new_company(sandbox_url, "netvisor")
        credentials = company["credentials"]
        books = f"{sandbox_url}/sandbox/netvisor/companies/{company['id']}/books"
        given = {"URL": f"{seen_by_services}/netvisor", **{k.upper(): str(v) for k, v in credentials.items()}}
    else:
        books = None
    settings = {
        "url": given["URL"],
        "sender": given.get("SENDER", "Urakka"),
        "customer_id": given["CUSTOMER_ID"],
        "partner_id": given["PARTNER_ID"],
        "organisation_id": given["ORGANISATION_ID"],
        "language": given.get("LANGUAGE", "FI"),
    }
    secrets = {"customer_key": given["CUSTOMER_KEY"], "partner_key": given["PARTNER_KEY"]}
    return DemoTarget("netvisor", settings, secrets, books, None if books else NETVISOR_PREFIX)


def procountor_target(environment: Mapping[str, str], sandbox_url: str, seen_by_services: str) -> DemoTarget:
    """Return the Procountor target: the vendor's from `URAKKA_DEMO_PROCOUNTOR_*`, else a new sandbox company."""
    given = _given(environment, PROCOUNTOR_PREFIX, PROCOUNTOR_VARIABLES)
    if given is None:
        company = _new_company(sandbox_url, "procountor")
        books = f"{sandbox_url}/sandbox/procountor/companies/{company['id']}/books"
        given = {
            "URL": f"{seen_by_services}/procountor/api",
            "IBAN": company["settings"]["bank_accounts"][0],
            **{k.upper(): str(v) for k, v in company["credentials"].items()},
        }
    else:
        books = None
    settings = {"url": given["URL"], "iban": given["IBAN"]}
    secrets = {name.lower(): given[name] for name in ("CLIENT_ID", "CLIENT_SECRET", "API_KEY")}
    return DemoTarget("procountor", settings, secrets, books, None if books else PROCOUNTOR_PREFIX)


def _given(
    environment: Mapping[str, str], prefix: str, names: tuple[str, ...], optional: tuple[str, ...] = ()
) -> dict[str, str] | None:
    given = {name: environment[prefix + name] for name in names if environment.get(prefix + name)}
    if not given:
        return None
    missing = [prefix + name for name in names if name not in given and name not in optional]
    if missing:
        raise IncompleteTarget("Set these too, or none of them: " + ", ".join(missing))
    return given


def _new_company(sandbox_url: str, which: str) -> dict[str, Any]:
    answer = requests.post(f"{sandbox_url}/sandbox/{which}/companies", json={"name": "Demo Oy"}, timeout=_TIMEOUT_S)
    answer.raise_for_status()
    company: dict[str, Any] = answer.json()
    return company
