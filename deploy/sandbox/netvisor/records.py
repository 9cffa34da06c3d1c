"""What the simulated Netvisor keeps: customers, products, invoices, payments, vouchers, dimensions; their JSON form."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ..amounts import Sums, total
from .reader import Node


@dataclass(slots=True)
class CardRecord:
    """A customer or a product: the merged sections of all requests about it.

    sections   section name -> element name -> node, names in lower case.
    """

    key: int
    sections: dict[str, dict[str, Node]]
    changed_at: datetime

    def text(self, section: str, name: str) -> str:
        """An element's text, "" if it was never given."""
        node = self.sections.get(section, {}).get(name)
        return node.text if node else ""

    def attribute(self, section: str, name: str, attribute: str, default: str = "") -> str:
        """An element's attribute in lower case."""
        node = self.sections.get(section, {}).get(name)
        return node.attribute(attribute, default) if node else default

    def merged(self, document: Node, now: datetime) -> CardRecord:
        """A copy that takes over what the request says and keeps the rest; an empty element clears (sheet 7)."""
        sections = {name: dict(nodes) for name, nodes in self.sections.items()}
        for section in document.children:
            sections.setdefault(section.name, {}).update({node.name: node for node in section.children})
        return CardRecord(self.key, sections, now)

    def to_json(self) -> dict[str, Any]:
        """The stored form."""
        return {
            "changed_at": self.changed_at.isoformat(),
            "sections": {
                section: [node.to_json() for node in nodes.values()] for section, nodes in self.sections.items()
            },
        }

    @classmethod
    def from_json(cls, key: int, value: dict[str, Any]) -> CardRecord:
        """The record written by `to_json`."""
        sections = {
            name: {node.name: node for node in map(Node.from_json, nodes)} for name, nodes in value["sections"].items()
        }
        return cls(key, sections, datetime.fromisoformat(value["changed_at"]))


@dataclass(slots=True)
class ProductLine:
    """One product line of an invoice as computed; percentages and prices as sent, sums rounded."""

    product_key: int
    product_code: str
    name: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    price_is_gross: bool
    discount_percent: Decimal
    vat_code: str
    vat_percent: Decimal
    free_text: str
    account: str
    dimensions: list[tuple[str, str]]
    sums: Sums
    imposed: bool

    def to_json(self) -> dict[str, Any]:
        """What an auditor sees; also the stored form. Decimals as strings."""
        return {
            "product_key": self.product_key,
            "product_code": self.product_code,
            "name": self.name,
            "quantity": str(self.quantity),
            "unit": self.unit,
            "unit_price": str(self.unit_price),
            "price_is_gross": self.price_is_gross,
            "discount_percent": str(self.discount_percent),
            "vat_code": self.vat_code,
            "vat_percent": str(self.vat_percent),
            "free_text": self.free_text,
            "account": self.account,
            "dimensions": [list(pair) for pair in self.dimensions],
            "net": str(self.sums.net),
            "vat": str(self.sums.vat),
            "gross": str(self.sums.gross),
            "sums_imposed": self.imposed,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> ProductLine:
        """The line written by `to_json`."""
        decimals = {name: Decimal(value[name]) for name in ("quantity", "unit_price", "discount_percent")}
        return cls(
            product_key=value["product_key"],
            product_code=value["product_code"],
            name=value["name"],
            unit=value["unit"],
            price_is_gross=value["price_is_gross"],
            vat_code=value["vat_code"],
            vat_percent=Decimal(value["vat_percent"]),
            free_text=value["free_text"],
            account=value["account"],
            dimensions=[(name, item) for name, item in value["dimensions"]],
            sums=Sums(Decimal(value["net"]), Decimal(value["vat"]), Decimal(value["gross"])),
            imposed=value["sums_imposed"],
            **decimals,
        )


@dataclass(slots=True)
class Invoice:
    """A sales invoice, order or draft.

    kind       invoice, order or invoicedraft.
    number     from the company's series or the client; "" for a draft.
    series     name of its number series: the kind and the second name.
    amount     gross total: what the client stated, or the sum of the lines.
    stated     whether the client stated it.
    settled    what payments and credit notes have taken off; negative for a credit note.
    substatus  reminded, requested or collected; "" otherwise.
    """

    key: int
    kind: str
    number: str
    series: str
    status: str
    substatus: str
    issued_on: date
    due_on: date
    customer_key: int
    reference: str
    currency: str
    amount: Decimal
    stated: bool
    lines: list[ProductLine]
    comments: list[str]
    document: Node
    created_at: datetime
    changed_at: datetime
    settled: Decimal = Decimal(0)
    deleted: bool = False
    matched: list[int] = field(default_factory=list)

    @property
    def open_sum(self) -> Decimal:
        """What is still to be paid."""
        return self.amount - self.settled

    @property
    def sums(self) -> Sums:
        """Totals of the lines, whatever amount was stated."""
        return total([line.sums for line in self.lines])

    def substatus_on(self, today: date) -> str:
        """The sub-status of an open invoice on a day: open, overdue, reminded, requested, collected."""
        if self.substatus:
            return self.substatus
        return "overdue" if self.due_on < today else "open"

    def to_json(self) -> dict[str, Any]:
        """The stored form."""
        return {
            **{name: getattr(self, name) for name in _PLAIN_FIELDS},
            **{name: getattr(self, name).isoformat() for name in _DATE_FIELDS + _TIME_FIELDS},
            **{name: str(getattr(self, name)) for name in _DECIMAL_FIELDS},
            "lines": [line.to_json() for line in self.lines],
            "document": self.document.to_json(),
        }

    @classmethod
    def from_json(cls, key: int, value: dict[str, Any]) -> Invoice:
        """The invoice written by `to_json`."""
        fields: dict[str, Any] = {name: value[name] for name in _PLAIN_FIELDS}
        fields |= {name: date.fromisoformat(value[name]) for name in _DATE_FIELDS}
        fields |= {name: datetime.fromisoformat(value[name]) for name in _TIME_FIELDS}
        fields |= {name: Decimal(value[name]) for name in _DECIMAL_FIELDS}
        fields["lines"] = [ProductLine.from_json(line) for line in value["lines"]]
        fields["document"] = Node.from_json(value["document"])
        return cls(key=key, **fields)


_PLAIN_FIELDS = (
    "kind", "number", "series", "status", "substatus", "customer_key", "reference", "currency", "stated",
    "comments", "deleted", "matched",
)  # fmt: skip
_DATE_FIELDS = ("issued_on", "due_on")
_TIME_FIELDS = ("created_at", "changed_at")
_DECIMAL_FIELDS = ("amount", "settled")


@dataclass(slots=True)
class Payment:
    """A payment of a sales invoice."""

    key: int
    invoice_key: int
    paid_on: date
    amount: Decimal
    payer: str
    created_at: datetime

    def to_json(self) -> dict[str, Any]:
        """The stored form, also what an auditor sees."""
        return {
            "invoice_key": self.invoice_key,
            "paid_on": self.paid_on.isoformat(),
            "amount": str(self.amount),
            "payer": self.payer,
            "created_at": self.created_at.isoformat(),
        }

    @classmethod
    def from_json(cls, key: int, value: dict[str, Any]) -> Payment:
        """The payment written by `to_json`."""
        return cls(
            key,
            value["invoice_key"],
            date.fromisoformat(value["paid_on"]),
            Decimal(value["amount"]),
            value["payer"],
            datetime.fromisoformat(value["created_at"]),
        )


@dataclass(slots=True)
class DimensionItem:
    """One item of a dimension; `father_key` 0 is the top level."""

    key: int
    dimension: str
    item: str
    father_key: int = 0
    hidden: bool = False

    def to_json(self) -> dict[str, Any]:
        """The stored form."""
        return {
            "dimension": self.dimension, "item": self.item, "father_key": self.father_key, "hidden": self.hidden,
        }  # fmt: skip

    @classmethod
    def from_json(cls, key: int, value: dict[str, Any]) -> DimensionItem:
        """The item written by `to_json`."""
        return cls(key, **value)


@dataclass(slots=True)
class VoucherLine:
    """One posting; the amount is a debit if positive."""

    amount: Decimal
    text: str
    account: int
    vat_percent: Decimal
    vat_code: str
    dimensions: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Voucher:
    """A voucher of the ledger; `kind` is its class in words."""

    key: int
    day: date
    number: str
    text: str
    kind: str
    lines: list[VoucherLine]

    def to_json(self) -> dict[str, Any]:
        """The stored form."""
        lines = [
            [str(one.amount), one.text, one.account, str(one.vat_percent), one.vat_code, one.dimensions]
            for one in self.lines
        ]
        return {
            "day": self.day.isoformat(),
            "number": self.number,
            "text": self.text,
            "kind": self.kind,
            "lines": lines,
        }

    @classmethod
    def from_json(cls, key: int, value: dict[str, Any]) -> Voucher:
        """The voucher written by `to_json`."""
        lines = [
            VoucherLine(Decimal(amount), text, account, Decimal(percent), code, [(name, item) for name, item in pairs])
            for amount, text, account, percent, code, pairs in value["lines"]
        ]
        return cls(key, date.fromisoformat(value["day"]), value["number"], value["text"], value["kind"], lines)
