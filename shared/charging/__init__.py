"""Charging rules (domain.md §2.6): what is charged for recorded work, decided by data and one pure function.

Standard library and the holiday calendar only; nothing here reads a clock, a database or a setting.

    rules = [rule_from_data(data) for data in stored]
    result = charge(order_facts, recorded_rows, rules)

`charge` keeps what was worked beside what is charged and says why; `invoice_fee` is for billing, per document.
"""

from shared.charging.calendar import FINLAND, Calendar, FinnishCalendar
from shared.charging.charge import charge
from shared.charging.data import InvalidChargingRule, rule_from_data, to_data
from shared.charging.examine import UNMET, Examination, Finding, Verdict, examine
from shared.charging.facts import (
    ChargedRow,
    ChargingResult,
    DerivedRow,
    DocumentFacts,
    Explanation,
    InvoiceFeeRow,
    OrderFacts,
    PriceFrom,
    RecordedRow,
)
from shared.charging.invoice import invoice_fee
from shared.charging.rules import (
    CallOut,
    ChargingRule,
    Conditions,
    Effect,
    EffectKind,
    Factor,
    FactorBasis,
    Fee,
    HourBand,
    Included,
    InvoiceFee,
    Minimum,
    Per,
    Step,
    Surcharge,
    TimeBand,
    VehicleFee,
)

__all__ = [
    "UNMET",
    "Verdict",
    "Finding",
    "Examination",
    "FINLAND",
    "Calendar",
    "CallOut",
    "ChargedRow",
    "ChargingResult",
    "ChargingRule",
    "Conditions",
    "DerivedRow",
    "DocumentFacts",
    "Effect",
    "EffectKind",
    "Explanation",
    "Factor",
    "FactorBasis",
    "Fee",
    "FinnishCalendar",
    "HourBand",
    "Included",
    "InvalidChargingRule",
    "InvoiceFee",
    "InvoiceFeeRow",
    "Minimum",
    "OrderFacts",
    "Per",
    "PriceFrom",
    "RecordedRow",
    "Step",
    "Surcharge",
    "TimeBand",
    "VehicleFee",
    "charge",
    "examine",
    "invoice_fee",
    "rule_from_data",
    "to_data",
]
