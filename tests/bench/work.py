"""The work that is billed in every measurement: the same customer, products and rows for the product and the floor."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

DESCRIPTION = "Vuosihuolto: ilmanvaihtokone IV-2, suodattimet vaihdettu"

CUSTOMER: dict[str, Any] = {
    "name": "As Oy Esimerkin Haapapiha",
    "kind": "housing_company",
    "business_id": "9000011-8",
    "billing_address": {"street": "Haapatie 4 A 12", "postal_code": "02150", "city": "ESPOO", "country": "FI"},
    "language": "fi",
    "payment_term_days": 14,
    "invoice_channel": "einvoice",
    "einvoice_address": "003790000118",
    "einvoice_operator": "003721291126",
}
"""As the customers' API takes it."""

VAT_RATE = Decimal("25.50")


@dataclass(frozen=True, slots=True)
class BenchRow:
    """A product and how much of it each order has: price without VAT, quantity in `unit`."""

    code: str
    name: str
    kind: str
    unit: str
    price: Decimal
    quantity: Decimal


ROWS = (
    BenchRow("HUOLTO", "Kiinteistönhoitaja, työaika", "labour", "h", Decimal("45.0000"), Decimal("2.500")),
    BenchRow("SUOD-F7", "Ilmansuodatin F7 592 x 592", "material", "kpl", Decimal("38.4520"), Decimal("2.000")),
    BenchRow("KM", "Matkakorvaus", "travel", "km", Decimal("0.9300"), Decimal("23.400")),
)
