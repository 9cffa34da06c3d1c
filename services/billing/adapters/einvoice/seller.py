"""The firm that invoices, as the connection's settings tell it."""

from dataclasses import dataclass
from decimal import Decimal

from services.billing.domain.document import Address


@dataclass(frozen=True, slots=True)
class BankAccount:
    """An account that invoices are paid to; `iban` without spaces."""

    iban: str
    bic: str


@dataclass(frozen=True, slots=True)
class Seller:
    """Who invoices, and what stands on every invoice of theirs.

    business_id            "1234567-1"; vat_number "FI12345671".
    ovt                    own e-invoice address (OVT, scheme 0216); operator: own operator's id, "" if none is needed.
    accounts               at least one; the first is the one of the bar code.
    late_interest_percent  None: by the Interest Act.
    reference_type         "viite" or "rf".
    first_number           where the series begins.
    free_text              below the document's own texts on every invoice, "" if none.
    """

    name: str
    business_id: str
    vat_number: str
    address: Address
    home_town: str
    in_prepayment_register: bool
    ovt: str
    operator: str
    contact_name: str
    phone: str
    email: str
    accounts: tuple[BankAccount, ...]
    late_interest_percent: Decimal | None
    reference_type: str
    first_number: int
    free_text: str
