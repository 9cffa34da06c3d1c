"""The choices of a company that shape what Netvisor is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from services.billing.adapters.netvisor.xml import plain
from services.billing.domain.document import DIMENSIONS, DocumentLine

STATUS_OF_TYPE = {"invoice": "unsent", "order": "delivered", "invoicedraft": ""}
"""What we ask for.

Netvisor is to send the invoice, the order's work is done, a draft has no status (sheet §10.1).
"""

DEFAULT_VAT_CODES = {"S": "KOMY", "AE": "RAMY", "Z": "NONE"}

WITHOUT_VAT = frozenset({"NONE", "KOMY0", "EUMY", "EUUM", "EUPM309", "EUPM312", "RAMY", "100", "EUUO"})
"""Codes that exist at 0 % only (sheet §10.4)."""
VAT_CODES = (
    *sorted(WITHOUT_VAT),
    *("KOMY", "MUUL", "KOOS", "EUOS", "EUPO", "RAOS", "EVRO", "EVTO", "EVPO", "EVKV", "KAVE", "MAAL", "EVMA"),
)

DIMENSION_SOURCES = (*DIMENSIONS, "site")
"""What can be kept as a dimension of the ledger: references of the line's orders, and its site."""

TAX_HANDLING = ("countrygroup", "forcedomestic")


@dataclass(frozen=True, slots=True)
class Rules:
    """The company's choices.

    vat_codes           VAT category, or "category/rate" such as "S/13.5", → Netvisor's VAT code; the
                        longer key wins
    product_name_limit  characters of a line's name; sources say 50 (older) or 200; the rest goes into the
                        line's free text
    dimensions          one of DIMENSION_SOURCES → name of the dimension in Netvisor
    only_existing_dimensions  refuse an invoice with an item that Netvisor does not have, instead of making it
    sales_accounts      kind of product (labour, material, …) → number of the revenue account
    tax_handling        of documents without reverse charge, "" leaves it to Netvisor
    newer_elements      send elements that only one public source knows (sheet §10.1 no. 29, the last ones of §10.2)
    print_attachments   attachments go to the buyer with the invoice
    update_customers, update_products  tell Netvisor what changed on our side since it was last told
    """

    invoice_type: str = "invoice"
    vat_codes: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_VAT_CODES))
    product_group: str = "Urakka"
    product_name_limit: int = 50
    dimensions: Mapping[str, str] = field(default_factory=dict)
    only_existing_dimensions: bool = False
    sales_accounts: Mapping[str, str] = field(default_factory=dict)
    tax_handling: str = ""
    newer_elements: bool = True
    print_attachments: bool = True
    update_customers: bool = True
    update_products: bool = True


def vat_code(line: DocumentLine, rules: Rules) -> str | None:
    """Netvisor's VAT code for a line, None if the settings have none."""
    rate = plain(line.vat_rate_percent).replace(",", ".")
    return rules.vat_codes.get(f"{line.vat_category}/{rate}") or rules.vat_codes.get(line.vat_category)


def code_fits(code: str, rate_percent: Decimal) -> bool:
    """Say whether Netvisor knows the code at such a rate."""
    return not (rate_percent and code in WITHOUT_VAT)


def product_code(line: DocumentLine) -> str:
    """The code of the line's product in Netvisor: its own one there, else ours."""
    return (line.target_codes.get("netvisor") or line.product_code).strip()
