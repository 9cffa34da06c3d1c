"""Dimensions on a ledger receipt, and what is written to registers: with a client that only keeps what it is told."""

import json
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest

from services.billing.adapters.faults import NothingSent, Refused, Unreadable
from services.billing.adapters.procountor.dimensions import Dimensions, is_wanted
from services.billing.adapters.procountor.errors import refusal
from services.billing.adapters.procountor.registers import Registers
from services.billing.adapters.procountor.rules import DimensionRule, Rules
from services.billing.domain.document import Document
from services.billing.tests.targets import a_document, a_line, a_payer

RULES = Rules(iban="x", dimensions={"cost_centre": DimensionRule("Kustannuspaikka")})
KNOWN = [
    {
        "id": 301,
        "name": "Kustannuspaikka",
        "items": [
            {"id": 1, "codeName": "4711"},
            {"id": 2, "codeName": "200"},
            {"id": 3, "codeName": "9", "status": "P"},
        ],
    }
]


@dataclass
class KeepingClient:
    """Answers reads from `known`, keeps writes as (method, path, body)."""

    known: dict[str, Any]
    written: list[tuple[str, str, Any]] = field(default_factory=list)

    def get(self, path: str, parameters: Any) -> Any:
        return self.known[path]

    def put(self, path: str, body: bytes) -> None:
        self.written.append(("PUT", path, json.loads(body, parse_float=Decimal)))

    def patch(self, path: str, body: bytes) -> None:
        self.written.append(("PATCH", path, json.loads(body, parse_float=Decimal)))

    def post(self, path: str, body: bytes) -> dict[str, Any]:
        self.written.append(("POST", path, json.loads(body)))
        return {"id": 77}


def entry(number: int, value: str, kind: str = "ENTRY") -> dict[str, Any]:
    return {"id": number, "transactionType": kind, "accountingValue": Decimal(value)}


def write(document: Document, *entries: dict[str, Any], rules: Rules = RULES, known: Any = KNOWN) -> KeepingClient:
    receipt = {"id": 5, "version": "v", "transactions": list(entries)}
    client = KeepingClient({"ledgerreceipts/5": receipt, "dimensions": known})
    Dimensions(client, rules, document).write({"ledgerReceiptId": 5})  # type: ignore[arg-type]
    return client


def items_of(client: KeepingClient) -> dict[int, list[tuple[int, Decimal]]]:
    ((_, _, receipt),) = client.written
    return {
        row["id"]: [(each["itemId"], each["value"]) for each in row.get("dimensionItemValues", [])]
        for row in receipt["transactions"]
    }


TWO = a_document([a_line(), a_line(net=Decimal("10.00"), vat_share=Decimal("2.55"), dimensions={"cost_centre": "200"})])


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("values", [("135.00", "10.00"), ("169.43", "12.55")])
def test_each_entry_gets_the_item_of_its_line_with_its_own_value_and_sign(values: tuple[str, str], sign: int) -> None:
    first, second = (sign * Decimal(value) for value in values)
    client = write(TWO, entry(1, "-1", "REVERSING_ENTRY"), entry(2, str(first)), entry(3, str(second)))
    assert items_of(client) == {1: [], 2: [(1, first)], 3: [(2, second)]}


@pytest.mark.parametrize(
    "entries",
    [
        [entry(2, "10.00"), entry(3, "135.00")],  # in another order
        [entry(2, "145.00")],
        [entry(2, "135.00"), entry(3, "10.00"), entry(4, "37.03")],
    ],
)
def test_entries_that_do_not_match_the_lines_are_left_to_a_person(entries: list[dict[str, Any]]) -> None:
    with pytest.raises(Refused) as refused:
        write(TWO, *entries)
    assert refused.value.code == "procountor.receipt_rows"


def test_where_all_lines_agree_the_order_does_not_matter() -> None:
    document = a_document([a_line(), a_line(net=Decimal("10.00"), vat_share=Decimal("2.55"))])
    client = write(document, entry(2, "10.00"), entry(3, "135.00"), entry(4, "1.00"))
    assert list(items_of(client).values()) == [
        [(1, Decimal(10))],
        [(1, Decimal(135))],
        [(1, Decimal(1))],
    ]


def test_what_is_there_is_not_written_again() -> None:
    there = {"dimensionId": 301, "itemId": 1, "value": Decimal("-135.0")}
    client = write(a_document(), {**entry(2, "-135.00"), "dimensionItemValues": [there]})
    assert client.written == []


def test_an_inactive_item_is_not_made_a_second_time() -> None:
    rules = replace(RULES, create_items=True)
    with pytest.raises(Refused, match="inactive"):
        write(a_document(references={"cost_centre": "9"}), entry(2, "135.00"), rules=rules)
    client = write(a_document(references={"cost_centre": "10"}), entry(2, "135.00"), rules=rules)
    assert client.written[0] == ("POST", "dimensions/301/items", {"codeName": "10", "description": "10"})


@pytest.mark.parametrize("receipt", [None, [], {}, {"transactions": [1]}, {"transactions": []}])
def test_a_receipt_in_another_form_is_unreadable(receipt: Any) -> None:
    client = KeepingClient({"ledgerreceipts/5": receipt, "dimensions": KNOWN})
    with pytest.raises(Unreadable):
        Dimensions(client, RULES, a_document()).write({"ledgerReceiptId": 5})  # type: ignore[arg-type]


def test_an_invoice_without_a_receipt_waits_for_a_person() -> None:
    with pytest.raises(Refused) as refused:
        Dimensions(KeepingClient({}), RULES, a_document()).write({})  # type: ignore[arg-type]
    assert refused.value.code == "procountor.receipt_missing"


def test_only_dimensions_that_have_a_place_and_a_value_are_wanted() -> None:
    assert is_wanted(a_document(), RULES)
    assert not is_wanted(a_document(references={"contract": "S-1"}), RULES)
    assert not is_wanted(a_document(), Rules(iban="x"))


def test_a_changed_partner_goes_out_with_all_that_others_wrote() -> None:
    known = {
        "id": 7,
        "version": "v1",
        "name": "Vanha Oy",
        "address": {"name": "Vanha Oy", "subdivision": "Tapiola"},
        "invoicingInfo": {"customerNumber": "1042", "contactPerson": "Maija"},
        "paymentInfo": {"paymentMethod": "DIRECT_PAYMENT", "penalInterestRate": 8},
        "billingAddress": {"name": "Kirjanpito"},
    }
    client = KeepingClient({"businesspartners/7": known})
    update = Registers(client, RULES).partner(a_payer()).update  # type: ignore[arg-type]
    assert update is not None
    update("7")
    ((method, path, body),) = client.written
    assert (method, path, body["version"], body["name"]) == ("PATCH", "businesspartners/7", "v1", a_payer().name)
    assert (body["invoicingInfo"]["contactPerson"], body["address"]["subdivision"]) == ("Maija", "Tapiola")
    assert body["paymentInfo"] == {
        "paymentMethod": "DIRECT_PAYMENT",
        "penalInterestRate": 8,
        "paymentTermDays": "14",
    }
    assert "billingAddress" not in body


def test_another_business_id_is_refused_and_not_written() -> None:
    known = {"id": 7, "version": "v1", "invoicingInfo": {"customerNumber": "1042", "identifier": "1234567-1"}}
    client = KeepingClient({"businesspartners/7": known})
    update = Registers(client, RULES).partner(a_payer()).update  # type: ignore[arg-type]
    assert update is not None
    with pytest.raises(Refused) as refused:
        update("7")
    assert refused.value.code == "procountor.customer_of_another_business"
    assert client.written == []


@pytest.mark.parametrize("known", [None, [], {"id": 7}])
def test_a_partner_that_cannot_be_read_is_not_changed(known: Any) -> None:
    client = KeepingClient({"businesspartners/7": known})
    update = Registers(client, RULES).partner(a_payer()).update  # type: ignore[arg-type]
    assert update is not None
    with pytest.raises(Unreadable):
        update("7")
    assert client.written == []


def test_a_stale_version_is_no_refusal() -> None:
    fault = refusal(400, {"errors": [{"status": 400, "field": "version", "message": "STALE"}]})
    assert isinstance(fault, NothingSent)
