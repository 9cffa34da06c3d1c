"""Dimensions on the ledger receipt of an invoice. Source: procountor interface sheet §8.

That the entries of a receipt stand in the order of the invoice's rows is not stated by any source: it is believed only
if their values agree, or if all lines have the same dimensions.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from services.billing.adapters.faults import Refused, Unreadable
from services.billing.adapters.procountor.client import ProcountorClient
from services.billing.adapters.procountor.exact_json import encode
from services.billing.adapters.procountor.rules import Rules
from services.billing.domain.document import Document, DocumentLine

_INACTIVE = "P"
_POINTERS = {name: f"/references/{name}" for name in ("cost_centre", "work_number", "contract")}

Items = Mapping[int, int]
"""Dimension → item, by their ids in Procountor."""


def is_wanted(document: Document, rules: Rules) -> bool:
    """Whether any line has a value for a dimension that the connection has a place for."""
    return any(_values(document, line, rules) for line in document.lines)


def _values(document: Document, line: DocumentLine, rules: Rules) -> dict[str, str]:
    """Our dimension → value of a line, the whole document's where the line has none of its own."""
    known = {**document.dimensions, **line.dimensions}
    return {name: known[name] for name in rules.dimensions if known.get(name)}


class Dimensions:
    """Writes the dimensions of one document."""

    def __init__(self, client: ProcountorClient, rules: Rules, document: Document) -> None:
        self._client = client
        self._rules = rules
        self._document = document

    def write(self, invoice: Mapping[str, Any]) -> None:
        """Put them on the receipt, unless they are there. Raises Fault."""
        receipt_id = invoice.get("ledgerReceiptId")
        if not isinstance(receipt_id, int):
            raise Refused("procountor.receipt_missing", "The invoice has no ledger receipt in Procountor.")
        receipt = self._client.get(f"ledgerreceipts/{receipt_id}", {})
        entries = _entries(receipt)
        wanted = self._wanted(entries)
        if all(_has(entry, items) for entry, items in zip(entries, wanted, strict=True)):
            return
        changed = {id(entry): _with(entry, items) for entry, items in zip(entries, wanted, strict=True)}
        transactions = [changed.get(id(each), each) for each in receipt["transactions"]]
        self._client.put(f"ledgerreceipts/{receipt_id}", encode({**receipt, "transactions": transactions}))

    def _wanted(self, entries: Sequence[Mapping[str, Any]]) -> list[Items]:
        """The items of each entry."""
        lines = self._document.lines
        of_lines = [_values(self._document, line, self._rules) for line in lines]
        ids = self._ids(of_lines)
        items = [{ids[(name, value)][0]: ids[(name, value)][1] for name, value in each.items()} for each in of_lines]
        if all(each == items[0] for each in items):
            return [items[0]] * len(entries)
        if len(entries) != len(lines) or not all(map(_agrees, entries, lines)):
            detail = (
                "The entries of the ledger receipt do not match the lines of the invoice, so it is not clear which "
                "dimension belongs where. Enter them in Procountor."
            )
            raise Refused("procountor.receipt_rows", detail, "/lines")
        return list(items)

    def _ids(self, of_lines: Sequence[Mapping[str, str]]) -> dict[tuple[str, str], tuple[int, int]]:
        """(Our dimension, value) → ids of dimension and item."""
        needed = sorted({(name, value) for each in of_lines for name, value in each.items()})
        known = self._client.get("dimensions", {})
        known = known.get("results") if isinstance(known, dict) else known
        if not isinstance(known, list) or not all(isinstance(each, dict) for each in known):
            raise Unreadable("the list of dimensions is not in Procountor's form")
        return {(name, value): self._id_of(known, name, value) for name, value in needed}

    def _id_of(self, known: Sequence[Mapping[str, Any]], name: str, value: str) -> tuple[int, int]:
        rule = self._rules.dimensions[name]
        dimension = next((each for each in known if rule.dimension in (str(each.get("id")), each.get("name"))), None)
        if dimension is None:
            detail = f"Procountor has no dimension {rule.dimension}. Correct it in the settings of the connection."
            raise Refused("procountor.dimension_missing", detail)
        code = rule.items.get(value, value)
        items = [each for each in dimension.get("items") or [] if each.get("codeName") == code]
        active = next((each for each in items if each.get("status") != _INACTIVE), None)
        if active is not None:
            return int(dimension["id"]), int(active["id"])
        if items or not self._rules.create_items:
            what = "is inactive" if items else "is missing"
            detail = f"The item {code} of the dimension {rule.dimension} {what} in Procountor."
            raise Refused("procountor.dimension_item_missing", detail, _POINTERS.get(name))
        body = encode({"codeName": code, "description": code})
        return int(dimension["id"]), int(self._client.post(f"dimensions/{int(dimension['id'])}/items", body)["id"])


def _entries(receipt: Any) -> list[dict[str, Any]]:
    rows = receipt.get("transactions") if isinstance(receipt, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unreadable("the ledger receipt is not in Procountor's form")
    entries = [row for row in rows if row.get("transactionType") == "ENTRY"]
    if not entries or not all(_decimal(row.get("accountingValue")) is not None for row in entries):
        raise Unreadable("the ledger receipt has no entries with values")
    return entries


def _agrees(entry: Mapping[str, Any], line: DocumentLine) -> bool:
    """Whether the entry may be the line's: its value is the line's total, with or without VAT, of either sign."""
    value = abs(_decimal(entry.get("accountingValue")) or Decimal(0))
    return value in (abs(line.net), abs(line.gross))


def _with(entry: Mapping[str, Any], items: Items) -> dict[str, Any]:
    """The entry with our items over its whole value (sheet §8: values, not shares); other dimensions stay."""
    others = [each for each in _existing(entry) if each.get("dimensionId") not in items]
    return {**entry, "dimensionItemValues": [*others, *_ours(entry, items)]}


def _has(entry: Mapping[str, Any], items: Items) -> bool:
    there = [(each.get("dimensionId"), each.get("itemId"), _decimal(each.get("value"))) for each in _existing(entry)]
    return all((each["dimensionId"], each["itemId"], each["value"]) in there for each in _ours(entry, items))


def _ours(entry: Mapping[str, Any], items: Items) -> Iterator[dict[str, Any]]:
    value = _decimal(entry.get("accountingValue"))
    for dimension_id, item_id in items.items() if value else ():
        yield {"dimensionId": dimension_id, "itemId": item_id, "value": value}


def _existing(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [each for each in entry.get("dimensionItemValues") or [] if isinstance(each, dict)]


def _decimal(value: Any) -> Decimal | None:
    return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None
