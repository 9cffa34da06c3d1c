"""The company's choices that shape what Procountor is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from services.billing.adapters.procountor import names
from services.billing.domain.document import DocumentLine, Party

DEFAULT_VAT_STATUSES = {"S": 1}
"""1 is domestic sale.

The other numbers depend on the company (sheet §6), so they must be given in the settings.
"""


@dataclass(frozen=True, slots=True)
class DimensionRule:
    """How one of our dimensions stands in Procountor's ledger.

    dimension  its name or id there.
    items      our value → the item's code there; values that are not in it are the code themselves.
    """

    dimension: str
    items: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rules:
    """The company's choices.

    iban             one of the company's accounts, without blanks
    vat_statuses     VAT category, or "category/rate" such as "S/13.5", → Procountor's VAT status; the
                     longer key wins
    units            our unit → Procountor's, before the general table
    invoice_channel  used when the payer has none
    language         fi, sv or en; used when the payer has none
    update_registers partners and products follow what changes on our side
    negative_credits credits go out as invoices with negative rows, which no source confirms (sheet §5.8); else they
                     are refused
    approve, send    what is done with an accepted invoice; sending needs the approval
    attach_to_invoice  attachments are sent to the buyer with the invoice, not only kept beside it
    dimensions       name of our dimension (cost_centre, work_number, contract) → where it stands
    create_items     a dimension item that is missing is made
    check_vat        the company's VAT percentages and statuses are read and compared
    """

    iban: str
    vat_statuses: Mapping[str, int] = field(default_factory=lambda: dict(DEFAULT_VAT_STATUSES))
    units: Mapping[str, str] = field(default_factory=dict)
    invoice_channel: str = "none"
    language: str = "fi"
    accounting_by_row: bool = True
    update_registers: bool = True
    negative_credits: bool = False
    approve: bool = False
    send: bool = False
    attach_to_invoice: bool = True
    dimensions: Mapping[str, DimensionRule] = field(default_factory=dict)
    create_items: bool = False
    check_vat: bool = True


def vat_status(line: DocumentLine, rules: Rules) -> int | None:
    """Procountor's VAT status for a line, None if the settings have none."""
    rate = f"{trimmed(line.vat_rate_percent):f}"
    return rules.vat_statuses.get(f"{line.vat_category}/{rate}", rules.vat_statuses.get(line.vat_category))


def channel(payer: Party, rules: Rules) -> str:
    """Procountor's invoice channel for the payer."""
    return names.CHANNELS[our_channel(payer, rules)]


def our_channel(payer: Party, rules: Rules) -> str:
    """The same in our words: einvoice, email, letter or none."""
    return payer.invoice_channel if payer.invoice_channel in names.CHANNELS else rules.invoice_channel


def unit(line: DocumentLine, rules: Rules) -> str:
    """Procountor's unit for a line."""
    return rules.units.get(line.unit) or names.unit_name(line.unit)


def product_code(line: DocumentLine) -> str:
    """The product's code in Procountor: its own there, else ours."""
    return str(line.target_codes.get("procountor") or line.product_code).strip()


def trimmed(value: Decimal) -> Decimal:
    """Without trailing zeros after the point."""
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
