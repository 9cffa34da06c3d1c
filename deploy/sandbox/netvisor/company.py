"""One simulated Netvisor company: credentials, registers, one call at a time, counters."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from ..companies import SimulatedCompany
from ..config import NetvisorSettings
from ..store import Store
from .envelope import TECHNICAL_ERROR, Refused
from .records import CardRecord, DimensionItem, Invoice, Payment, Voucher

SIMULATOR = "netvisor"
FIRST_KEYS = {"customer": 101, "product": 501, "invoice": 1001, "payment": 9001, "dimension": 21, "voucher": 70001}
WAIT_FOR_TURN_S = 120.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client needs to call as this company; the two keys never travel."""

    organisation_id: str
    partner_id: str
    partner_key: str
    customer_id: str
    customer_key: str

    @property
    def caller(self) -> tuple[str, str, str]:
        """The identifiers that travel and together point at one company."""
        return self.partner_id, self.customer_id, self.organisation_id


class Company(SimulatedCompany[NetvisorSettings, Credentials]):
    """The registers of a company.

    All access goes through `turn()`; the dictionaries are ordered by key because keys only grow.
    """

    simulator = SIMULATOR

    def __init__(
        self, company_id: str, name: str, credentials: Credentials, settings: NetvisorSettings, store: Store
    ) -> None:
        super().__init__(company_id, name, credentials, settings, store)
        self.customers: dict[int, CardRecord] = {}
        self.products: dict[int, CardRecord] = {}
        self.invoices: dict[int, Invoice] = {}
        self.payments: dict[int, Payment] = {}
        self.vouchers: dict[int, Voucher] = {}
        self.dimensions: dict[int, DimensionItem] = {}
        self.dimension_keys: dict[tuple[str, str], int] = {}
        self.customer_codes: dict[str, int] = {}
        self.product_codes: dict[str, int] = {}
        self.invoice_numbers: dict[tuple[str, str], list[int]] = {}
        self.series: dict[str, None] = {}
        self.customer_invoices: dict[int, list[int]] = {}
        self._last_numbers: dict[str, int] = {}
        self._next_keys = dict(FIRST_KEYS)
        self._turn = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Be the one call that runs now. Raises Refused(TECHNICAL_ERROR) for an overlapping call (sheet 6)."""
        policy = self.settings.overlap
        if policy == "allow":
            self._work()
            with self._data:
                yield
            return
        if not self._turn.acquire(timeout=WAIT_FOR_TURN_S if policy == "wait" else 0):
            self.count("overlapping_calls")
            raise Refused(TECHNICAL_ERROR, "Another call of this company is running, call one at a time")
        try:
            self._work()
            with self._data:
                yield
        finally:
            self._turn.release()

    @contextmanager
    def looked_at(self) -> Iterator[None]:
        """Read the registers from outside the protocol (the auditor's books)."""
        with self._data:
            yield

    def next_key(self, kind: str) -> int:
        """A new Netvisor key; keys of different kinds do not overlap early, so mixing them up shows."""
        key = self._next_keys[kind]
        self._next_keys[kind] = key + 1
        return key

    def next_number(self, series: str) -> str:
        """The next free number of a series of invoices."""
        number = self._last_numbers.get(series, self.settings.first_invoice_number - 1) + 1
        while (series, str(number)) in self.invoice_numbers:
            number += 1
        self._last_numbers[series] = number
        return str(number)

    def numbered(self, series: str, number: str) -> list[Invoice]:
        """The invoices that carry a number in a series, deleted ones left out."""
        keys = self.invoice_numbers.get((series, number), [])
        return [self.invoices[key] for key in keys if not self.invoices[key].deleted]

    def save_customer(self, record: CardRecord) -> None:
        """Keep a new or changed customer and its number."""
        self._file_card("customer", self.customers, self.customer_codes, record)

    def save_product(self, record: CardRecord) -> None:
        """Keep a new or changed product and its code."""
        self._file_card("product", self.products, self.product_codes, record)

    def save_invoice(self, invoice: Invoice) -> None:
        """Keep a new or changed invoice and index it."""
        self._file_invoice(invoice)
        self._keep("invoice", invoice.key, invoice.to_json())

    def save_payment(self, payment: Payment) -> None:
        """Keep a payment."""
        self.payments[payment.key] = payment
        self._keep("payment", payment.key, payment.to_json())

    def save_voucher(self, voucher: Voucher) -> None:
        """Keep a voucher."""
        self.vouchers[voucher.key] = voucher
        self._keep("voucher", voucher.key, voucher.to_json())

    def save_dimension(self, item: DimensionItem) -> None:
        """Keep a dimension item."""
        self._file_dimension(item)
        self._keep("dimension", item.key, item.to_json())

    def restore(self, kind: str, key: int, value: dict[str, Any]) -> None:
        """Take back one stored record."""
        if kind == "customer":
            self._index_card(self.customers, self.customer_codes, CardRecord.from_json(key, value), kind)
        elif kind == "product":
            self._index_card(self.products, self.product_codes, CardRecord.from_json(key, value), kind)
        elif kind == "invoice":
            self._file_invoice(Invoice.from_json(key, value))
        elif kind == "payment":
            self.payments[key] = Payment.from_json(key, value)
        elif kind == "voucher":
            self.vouchers[key] = Voucher.from_json(key, value)
        elif kind == "dimension":
            self._file_dimension(DimensionItem.from_json(key, value))
        self._next_keys[kind] = max(self._next_keys.get(kind, 0), key + 1)

    def is_locked(self, day: date) -> bool:
        """Whether the accounting period of a day is closed."""
        return self.settings.locked_until is not None and day <= self.settings.locked_until

    def _file_card(self, kind: str, cards: dict[int, CardRecord], codes: dict[str, int], record: CardRecord) -> None:
        known = cards.get(record.key)
        if known is not None:
            codes.pop(known.text(f"{kind}baseinformation", CODE_ELEMENTS[kind]).lower(), None)
        self._index_card(cards, codes, record, kind)
        self._keep(kind, record.key, record.to_json())

    @staticmethod
    def _index_card(cards: dict[int, CardRecord], codes: dict[str, int], record: CardRecord, kind: str) -> None:
        cards[record.key] = record
        code = record.text(f"{kind}baseinformation", CODE_ELEMENTS[kind])
        if code:
            codes[code.lower()] = record.key

    def _file_invoice(self, invoice: Invoice) -> None:
        known = self.invoices.get(invoice.key)
        self.invoices[invoice.key] = invoice
        if known is not None:
            if known.number:
                self.invoice_numbers[(known.series, known.number)].remove(known.key)
            self.customer_invoices[known.customer_key].remove(known.key)
        if invoice.number:
            self.series[invoice.series] = None
            self.invoice_numbers.setdefault((invoice.series, invoice.number), []).append(invoice.key)
        self.customer_invoices.setdefault(invoice.customer_key, []).append(invoice.key)

    def _file_dimension(self, item: DimensionItem) -> None:
        known = self.dimensions.get(item.key)
        if known is not None:
            del self.dimension_keys[(known.dimension, known.item)]
        self.dimensions[item.key] = item
        self.dimension_keys[(item.dimension, item.item)] = item.key

    def _work(self) -> None:
        if self.settings.latency_s:
            time.sleep(self.settings.latency_s)


CODE_ELEMENTS = {"customer": "internalidentifier", "product": "productcode"}


def changed(invoice: Invoice, **changes: Any) -> Invoice:
    """A copy with changes, for `save_invoice`, which needs the old one to mend its indexes."""
    return replace(invoice, **changes)
