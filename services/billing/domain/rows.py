"""Approved work rows as billing sees them, and how VAT treats each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from services.billing.domain.document import Delivery
from services.billing.domain.errors import InvalidRow
from shared.errors import FieldError

STANDARD = "S"
REVERSE_CHARGE = "AE"
ZERO_RATED = "Z"


@dataclass(frozen=True, slots=True)
class ApprovedRow:
    """One billable row of an approved work order, with the price that was stamped on it when it was recorded.

    row_id              the work row; unique within its billing round.
    ledger_id           its row in the ledger: unique, also when two rounds of a work row meet in one batch.
    position            its place in the order, from 1.
    payer_id            who gets the invoice; the customer itself unless it names another payer.
    quantity            in `unit`, up to three decimals, not 0; negative for returned material.
    unit_price          without VAT, up to four decimals, ≥ 0; `currency` is ISO 4217.
    discount_percent    0–100.
    vat_rate_percent    the rate of `vat_class` on the work date.
    buyer_is_construction_seller  the customer sells construction services on the work date.
    site                where the order's work was done, None if it has no site.
    target_codes        the product's code by target. dimensions: of its order (`document.DIMENSIONS`).
    fee_rule_id         of the fee of a document (`domain.fees`), the charging rule that asks for it; None for work.
    """

    row_id: str
    workorder_id: str
    workorder_number: str
    position: int
    customer_id: str
    payer_id: str
    currency: str
    product_id: str
    product_code: str
    product_kind: str
    description: str
    quantity: Decimal
    unit: str
    work_date: date
    unit_price: Decimal
    discount_percent: Decimal
    vat_class: str
    vat_rate_percent: Decimal
    construction_service: bool
    buyer_is_construction_seller: bool
    ledger_id: str = ""
    site: Delivery | None = None
    target_codes: Mapping[str, str] = field(default_factory=dict)
    dimensions: Mapping[str, str] = field(default_factory=dict)
    fee_rule_id: str | None = None

    @property
    def vat_category(self) -> str:
        """AE, Z or S: see `vat_category`."""
        return vat_category(
            vat_rate_percent=self.vat_rate_percent,
            construction_service=self.construction_service,
            buyer_is_construction_seller=self.buyer_is_construction_seller,
        )

    @property
    def charged_vat_percent(self) -> Decimal:
        """The rate that stands on the document: 0 under reverse charge."""
        return self.vat_rate_percent if self.vat_category == STANDARD else Decimal(0)

    @property
    def place(self) -> tuple[bool, str, int, str]:
        """The order of rows on a document: by work order, then as in the order, then by id; its fee last."""
        return (self.fee_rule_id is not None, self.workorder_number, self.position, self.row_id)


def vat_category(*, vat_rate_percent: Decimal, construction_service: bool, buyer_is_construction_seller: bool) -> str:
    """Return the VAT category code (UNCL5305) of a row: AE reverse charge, Z zero rate, S standard.

    The buyer is liable when the service is a construction service *and* the buyer sells construction
    services; goods alone never (AVL 8 c §). A rate of 0 is Z.
    """
    if construction_service and buyer_is_construction_seller:
        return REVERSE_CHARGE
    return STANDARD if vat_rate_percent else ZERO_RATED


def is_construction_seller(kind: str, seller_from: date | None, seller_to: date | None, on: date) -> bool:
    """Say whether a customer, confirmed as a seller of construction services from a day (to a day), is one `on`.

    Both days count; without a last one it goes on. Private persons never are, whatever the register says (AVL 8 c §).
    """
    if kind == "private" or seller_from is None or on < seller_from:
        return False
    return seller_to is None or on <= seller_to


def check_row(row: ApprovedRow, pointer: str = "") -> None:
    """Refuse what no document can show; raises InvalidRow naming every wrong field below `pointer`."""
    if _is_fine(row):
        return
    wrong = [
        (
            "quantity",
            "too_many_decimals",
            "A quantity has at most three decimals.",
            _decimals(row.quantity) > 3,
        ),
        ("quantity", "zero", "A quantity of 0 cannot be billed.", row.quantity == 0),
        (
            "unit_price",
            "too_many_decimals",
            "A unit price has at most four decimals.",
            _decimals(row.unit_price) > 4,
        ),
        (
            "unit_price",
            "negative",
            "A unit price is never negative; the quantity may be.",
            row.unit_price < 0,
        ),
        (
            "discount_percent",
            "out_of_range",
            "A discount is between 0 and 100 percent: it never makes a line negative.",
            not 0 <= row.discount_percent <= 100,
        ),
        (
            "vat_rate_percent",
            "out_of_range",
            "A VAT rate is between 0 and 100 percent.",
            not 0 <= row.vat_rate_percent <= 100,
        ),
    ]
    errors = [FieldError(f"{pointer}/{name}", code, text) for name, code, text, is_wrong in wrong if is_wrong]
    raise InvalidRow(f"Row {row.row_id} of order {row.workorder_number} cannot be billed.", errors=errors)


def _is_fine(row: ApprovedRow) -> bool:
    """Whether nothing is wrong: asked first, since a batch may have fifty thousand rows and texts are dear."""
    return (
        _decimals(row.quantity) <= 3
        and row.quantity != 0
        and _decimals(row.unit_price) <= 4
        and row.unit_price >= 0
        and 0 <= row.discount_percent <= 100
        and 0 <= row.vat_rate_percent <= 100
    )


def _decimals(value: Decimal) -> int:
    """How many decimals are significant: 1.500 has one."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 99
