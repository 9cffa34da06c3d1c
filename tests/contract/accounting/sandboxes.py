"""Netvisor and Procountor: the adapters against the simulators, over HTTP on loopback."""

from __future__ import annotations

import contextlib
import secrets as random_texts
import socket
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from deploy.sandbox import SandboxConfig, create_sandbox
from deploy.sandbox.faults import Fault
from services.billing.adapters.kind import Site
from services.billing.adapters.registry import built_in
from services.billing.domain.outcomes import Unclear
from shared.testing.serving import serving
from tests.contract.accounting.bench import Bench, BookedDocument, Trouble

SECOND_INVOICE = "A repeated POST makes a second invoice: the dispatcher must look first, and does."


def closed_port() -> int:
    """A loopback port on which nobody listens (for now)."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class HttpBench(Bench):
    """A target over HTTP: short waits where a time-out is to come, a closed port where nobody is to answer."""

    takes_s = 5.0
    gives_up_s = 0.4

    def loaded(self, trouble: Trouble | None) -> dict[str, Any]:
        """With time-outs below what a person may set."""
        settings = self.settings
        if trouble is Trouble.CONNECT_REFUSED:
            dead = f"http://127.0.0.1:{closed_port()}"
            settings = {
                name: value.replace(self.base_url, dead) if isinstance(value, str) else value
                for name, value in settings.items()
            }
        times_out = trouble in (Trouble.TIMEOUT_BEFORE_SAVE, Trouble.TIMEOUT_AFTER_SAVE)
        read_s = self.gives_up_s if times_out else self.takes_s
        return {**self.kind.settings().load(settings), "connect_timeout_s": self.takes_s, "read_timeout_s": read_s}

    @property
    def base_url(self) -> str:
        """The part of the addresses in the settings that leads to the target."""
        raise NotImplementedError


class SandboxBench(HttpBench):
    """A company of its own in one of the simulators."""

    checks_login = True
    examples = 15

    def __init__(self, which: str, app: Any, url: str, credentials: dict[str, str], invoices: str) -> None:
        self.kind = built_in(Site())[which]
        self._simulator = app.extensions["sandbox"][which]
        self._url = url
        self._invoices = invoices
        company = self._simulator.create({"credentials": credentials})
        self._id, self._credentials = company["id"], company["credentials"]

    @property
    def base_url(self) -> str:
        return self._url

    @property
    def secrets(self) -> dict[str, str]:
        return {name: self._credentials[name] for name in self.kind.secrets}

    def books(self) -> list[BookedDocument]:
        return [
            BookedDocument(
                key=invoice["key"],
                target_id=str(invoice["id"]),
                net=Decimal(invoice["net"]),
                vat=Decimal(invoice["vat"]),
                gross=Decimal(invoice["gross"]),
                line_nets=tuple(Decimal(line["net"]) for line in invoice["lines"]),
            )
            for invoice in self._simulator.books(self._id)["invoices"]
        ]

    @contextlib.contextmanager
    def trouble(self, trouble: Trouble) -> Iterator[None]:
        if trouble is Trouble.CONNECT_REFUSED:
            yield
            return
        plan = self._simulator.faults(self._id)
        plan.add(Fault(str(trouble), resource=self._invoices, methods=("POST",), delay_s=0.8))
        try:
            yield
        finally:
            plan.clear()


class NetvisorBench(SandboxBench):
    """Netvisor."""

    cannot = {Trouble.DUPLICATE: SECOND_INVOICE}
    # Netvisor documents no status for too many calls: its general technical error says nothing of what was done.
    also_allowed = {Trouble.RATE_429: frozenset({Unclear})}

    def __init__(self, app: Any, url: str) -> None:
        planted = {name: f"PLANTED-{name}-{random_texts.token_hex(8)}" for name in ("customer_key", "partner_key")}
        super().__init__("netvisor", app, url, planted, "salesinvoice.nv")

    @property
    def settings(self) -> dict[str, Any]:
        names = ("customer_id", "partner_id", "organisation_id")
        return {"url": f"{self._url}/netvisor", **{name: self._credentials[name] for name in names}}


class ProcountorBench(SandboxBench):
    """Procountor."""

    cannot = {Trouble.DUPLICATE: SECOND_INVOICE}

    def __init__(self, app: Any, url: str) -> None:
        names = ("client_id", "client_secret", "api_key")
        planted = {name: f"PLANTED-{name}-{random_texts.token_hex(8)}" for name in names}
        super().__init__("procountor", app, url, planted, "invoices")

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "url": f"{self._url}/procountor/api",
            "iban": "FI2112345600000785",
            "vat_statuses": {"S": 1, "Z": 1, "AE": 22},
            "requests_per_second": 60,
            "negative_credits": True,
            "send": True,
            "dimensions": {"cost_centre": {"dimension": "Kustannuspaikka", "items": {"04711": "100"}}},
        }


@contextlib.contextmanager
def netvisor_bench() -> Iterator[Bench]:
    """A Netvisor company on a simulator of its own."""
    app = create_sandbox(SandboxConfig(seed_demo=False))
    with serving(app) as url:
        yield NetvisorBench(app, url)


@contextlib.contextmanager
def procountor_bench() -> Iterator[Bench]:
    """A Procountor company on a simulator of its own."""
    app = create_sandbox(SandboxConfig(seed_demo=False))
    with serving(app) as url:
        yield ProcountorBench(app, url)
