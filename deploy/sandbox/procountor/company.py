"""One simulated Procountor company: credentials, registers, counters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ..companies import SimulatedCompany
from ..config import ProcountorSettings
from ..store import Store

SIMULATOR = "procountor"
HELSINKI = ZoneInfo("Europe/Helsinki")
KINDS = ("partner", "product", "invoice", "payment", "receipt", "dimension", "attachment", "webhook", "comment")
FIRST_IDS = {
    "partner": 2001, "product": 4001, "invoice": 100_001, "payment": 700_001, "receipt": 500_001, "dimension": 301,
    "attachment": 800_001, "webhook": 901, "comment": 950_001, "item": 3001,
}  # fmt: skip
USER_ID = 11

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client needs for a token."""

    client_id: str
    client_secret: str
    api_key: str


class Company(SimulatedCompany[ProcountorSettings, Credentials]):
    """The registers of a company: per kind, id -> object in the form of the wire, plus our own notes.

    `notes` hold what is not on the wire: when an invoice was created, its payment events' owner and the like.
    All access to registers goes through `guarded()`.
    """

    simulator = SIMULATOR

    def __init__(
        self, company_id: str, name: str, credentials: Credentials, settings: ProcountorSettings, store: Store
    ) -> None:
        super().__init__(company_id, name, credentials, settings, store)
        self.registers: dict[str, dict[int, Json]] = {kind: {} for kind in KINDS}
        self.notes: dict[tuple[str, int], Json] = {}
        self.invoice_payments: dict[int, list[int]] = {}
        self.last_password_at: datetime | None = None
        self._next_ids = dict(FIRST_IDS)
        self._next_invoice_number = 1

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Have the registers for oneself."""
        with self._data:
            yield

    def next_id(self, kind: str) -> int:
        """A new id, unique within the company and kind."""
        new = self._next_ids[kind]
        self._next_ids[kind] = new + 1
        return new

    def next_invoice_number(self) -> int:
        """The next number of the company's invoices."""
        number = self._next_invoice_number
        self._next_invoice_number = number + 1
        return number

    def save(self, kind: str, value: Json, notes: Json | None = None) -> None:
        """Keep a new or changed object; notes replace the old ones if given."""
        key = value["id"]
        if notes is not None:
            self.notes[(kind, key)] = notes
        self._file(kind, key, value)
        kept = {"value": value, "notes": self.notes.get((kind, key), {})}
        self._keep(kind, key, kept)

    def restore(self, kind: str, key: int, kept: Json) -> None:
        """Take back one stored record."""
        self.notes[(kind, key)] = kept["notes"]
        self._file(kind, key, kept["value"])
        self._next_ids[kind] = max(self._next_ids[kind], key + 1)
        if kind == "dimension":
            items = [item["id"] + 1 for item in kept["value"]["items"]]
            self._next_ids["item"] = max([self._next_ids["item"], *items])
        if kind == "invoice":
            self._next_invoice_number = max(self._next_invoice_number, kept["value"]["invoiceNumber"] + 1)

    def _file(self, kind: str, key: int, value: Json) -> None:
        if kind == "payment" and key not in self.registers["payment"]:
            invoice_id = self.notes[("payment", key)]["invoice_id"]
            self.invoice_payments.setdefault(invoice_id, []).append(key)
        self.registers[kind][key] = value


def new_version(now: datetime, previous: str | None = None) -> str:
    """A version stamp in Finnish local time without zone, always later than the previous one."""
    stamp = now.astimezone(HELSINKI).replace(tzinfo=None)
    text = stamp.isoformat(timespec="milliseconds")
    if previous is not None and text <= previous:
        text = (datetime.fromisoformat(previous) + timedelta(milliseconds=1)).isoformat(timespec="milliseconds")
    return text
