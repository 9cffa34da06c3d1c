"""Which work orders the demo makes: the same ones every time, from a fixed seed."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

ORIGINS = ("planned", "integration", "field")

_JOBS = (
    ("fault", "Porras B, valot eivät syty"),
    ("extra", "Vuosihuolto: ilmanvaihtokone IV-2, suodattimet vaihdettu"),
    ("fault", "Hissi jumissa, päivystys"),
    ("extra", "Lumien poiskuljetus 3 kuormaa"),
    ("extra", "Ovenavaus, asukas lukkojen takana"),
    ("project", "Sähköauton latauspisteen asennus"),
    ("extra", "Vikavirtasuoja laukeaa"),
    ("fault", "Lämmönjakohuone: kiertovesipumppu äänekäs"),
)

_QUANTITIES = {
    "labour": ("0.333", "1", "1.5", "2.25", "3.667", "7.5"),
    "travel": ("12", "23.4", "41", "8.75"),
    "material": ("1", "2", "3", "17", "0.5"),
}


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One row to record: a product of the tenant's catalogue, a quantity, and what is special about it."""

    product: Mapping[str, Any]
    quantity: Decimal
    discount_percent: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """One order to make.

    origin        planned, integration or field
    sent_twice    the creation is repeated, as after a time-out
    sent_back     the reviewer sends it back once
    """

    number: int
    origin: str
    customer: Mapping[str, Any]
    type: str
    description: str
    work_date: date
    rows: tuple[PlannedRow, ...]
    sent_twice: bool = False
    sent_back: bool = False
    references: Mapping[str, str] = field(default_factory=dict)


def plan_orders(
    customers: Sequence[Mapping[str, Any]],
    products: Sequence[Mapping[str, Any]],
    *,
    count: int,
    seed: int,
    today: date,
) -> list[PlannedOrder]:
    """Return `count` orders, spread over the customers in turn and over the three origins.

    products  active ones with a price; labour, material and travel are each represented
    Work days lie in the last three weeks. Every order has a labour, a material and a travel row as far as the catalogue
    has such products; some material is returned (negative), some labour has a discount.
    """
    chance = random.Random(seed)  # noqa: S311 - a repeatable scenario, not a secret
    by_kind = {kind: [p for p in products if p["kind"] == kind] for kind in ("labour", "material", "travel")}
    orders = []
    for index in range(count):
        type_, description = _JOBS[index % len(_JOBS)]
        orders.append(
            PlannedOrder(
                number=index + 1,
                origin=ORIGINS[index % 3],
                customer=customers[index % len(customers)],
                type=type_,
                description=description,
                work_date=today - timedelta(days=chance.randrange(1, 21)),
                rows=tuple(_rows(chance, by_kind, index)),
                sent_twice=index % 3 != 0 and index % 4 == 1,
                sent_back=type_ == "fault" and index % 8 == 0,
                references={"order_number": f"PO-{1000 + index}"} if index % 2 else {},
            )
        )
    return orders


def _rows(chance: random.Random, by_kind: Mapping[str, Sequence[Mapping[str, Any]]], index: int) -> list[PlannedRow]:
    rows = []
    for kind in ("labour", "material", "travel"):
        if not by_kind[kind]:
            continue
        discount = Decimal("8") if kind == "labour" and index % 5 == 0 and index % 3 != 2 else Decimal(0)
        rows.append(PlannedRow(chance.choice(by_kind[kind]), Decimal(chance.choice(_QUANTITIES[kind])), discount))
    if index % 6 == 2 and by_kind["material"]:
        returned = rows[1].product if len(rows) > 1 else chance.choice(by_kind["material"])
        rows.append(PlannedRow(returned, Decimal("-0.5")))
    return rows
