"""The one function that says what an order is charged."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from shared.charging.calendar import FINLAND, Calendar
from shared.charging.facts import ChargedRow, ChargingResult, OrderFacts, RecordedRow
from shared.charging.fees import add_call_outs, add_fees, add_surcharges, add_vehicle_fees
from shared.charging.quantities import charge_minimums, charge_started_steps, include_in_contract
from shared.charging.rules import ChargingRule, EffectKind
from shared.charging.supplements import add_supplements
from shared.charging.working import Working
from shared.money import line_net

_NOTHING = Decimal("0.00")
_KINDS = list(EffectKind)


def charge(
    order: OrderFacts,
    rows: Sequence[RecordedRow],
    rules: Sequence[ChargingRule],
    calendar: Calendar = FINLAND,
) -> ChargingResult:
    """Say what is charged for the recorded rows of one order, and which rows the rules add.

    rows   recorded rows as worked, any order, without what an earlier run added or changed; ids are unique
    rules  any order; those out of force on a row's work date, and archived ones, do not hold for it

    Which rule applies: rules are asked by priority, then id. For each row (for a call-out or vehicle fee: each visit)
    the first rule that holds wins among the effects of one kind and group; effects of different kinds or groups add up.
    Fees and surcharges without a group compete only with those of the same product. For a factor the question is asked
    anew wherever a condition changes within the row, so every second of a row belongs to one rule of a group at most.

    When it holds: every condition is met. The work date decides the period of a rule. Weekday, holiday and clock are
    those of the moment in question: of each stretch for a factor, of the visit's beginning for its fees, of the row's
    beginning for all else. Without clock times the work date stands for weekday and holiday, and a condition on the
    clock is not met.

    What is done, in this order:
    1. included     the row's price becomes 0 and nothing else happens to it
    2. step         the visit's or day's time is rounded up to started steps; what is added goes on its last row
    3. minimum      likewise to the minimum, after the steps
    4. factor       a supplement row: hours in the band × the row's price × (factor − 1), with the row's discount
    5. call-out and vehicle fee of each visit, less the kilometres included
    6. fee          per order, day or visit
    7. surcharge    a percentage of the charged rows themselves, in cents, half away from zero

    Steps, minimums and factors concern time rows only. Returned rows (below zero) and corrections get no steps and
    minimums and make no visit; their factors and surcharges are taken back. Rows that are not chargeable stay as they
    are. Quantities never become less than worked, except kilometres. Equal input gives equal output, ids included.
    """
    working = Working.begin(order, rows, rules, calendar)
    include_in_contract(working)
    charge_started_steps(working)
    charge_minimums(working)
    add_supplements(working)
    add_call_outs(working)
    add_vehicle_fees(working)
    add_fees(working)
    add_surcharges(working)
    derived = sorted(working.derived, key=lambda row: (row.work_date, _KINDS.index(row.kind), row.rule_id, row.id))
    return ChargingResult(tuple(_charged(working, row) for row in rows), tuple(derived), dict(working.used))


def _charged(working: Working, row: RecordedRow) -> ChargedRow:
    included = row.id in working.included
    charged = working.charged[row.id]
    net: Decimal | None = _NOTHING
    if row.chargeable and not included:
        net = None if row.unit_price is None else line_net(charged, row.unit_price, row.discount_percent)
    return ChargedRow(
        row_id=row.id,
        worked_quantity=row.quantity,
        charged_quantity=charged,
        unit_price=_NOTHING if included else row.unit_price,
        included_in_contract=included,
        net=net,
        explanation=tuple(working.said.get(row.id, ())),
    )
