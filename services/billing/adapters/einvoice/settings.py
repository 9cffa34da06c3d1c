"""The settings of an e-invoice connection, as a person gives them: the invoicing firm, its format, its delivery."""

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from services.billing.adapters import texts
from services.billing.adapters.delivery.settings import DeliverySettings
from services.billing.adapters.einvoice.seller import BankAccount, Seller
from services.billing.domain.document import Address
from shared.finland import InvalidForm, is_business_id, read_iban, read_vat_number, vat_number_of


def _business_id(value: str) -> None:
    if not is_business_id(value):
        raise ValidationError("Give a business ID with a right check digit: 1234567-1.")


def _vat_number(value: str) -> None:
    try:
        read_vat_number(value)
    except InvalidForm as error:
        raise ValidationError(f"{error.title}: {error.expected}.") from None


def _iban(value: str) -> None:
    try:
        read_iban(value)
    except InvalidForm as error:
        raise ValidationError(f"{error.title}.") from None


def _printable(value: str) -> None:
    if texts.clean(value) != value or "\n" in value or "\t" in value:
        raise ValidationError("One line of text, without control characters and blanks at the ends.")


def _line(description: str, least: int, most: int, **kwargs: Any) -> fields.String:
    """A field of one line; lengths are those of Finvoice, the narrower format."""
    length = validate.Length(min=least, max=most)
    return fields.String(validate=[length, _printable], metadata={"description": description}, **kwargs)


class BankAccountSettings(Schema):
    """One account."""

    class Meta:
        """A misspelt field must not be ignored."""

        unknown = RAISE

    iban = fields.String(
        required=True,
        validate=[validate.Length(max=42), _iban],
        metadata={"description": "Account number", "example": "FI2112345600000785"},
    )
    bic = fields.String(
        required=True,
        validate=validate.Regexp(r"^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$"),
        metadata={"description": "BIC of its bank", "example": "NDEAFIHH"},
    )


class EinvoiceSettings(DeliverySettings):
    """The firm as it stands on its invoices, and the series of their numbers."""

    class Meta:
        """Unknown fields are errors: a misspelt setting must not be ignored."""

        unknown = RAISE

    seller_name = _line("Name of the firm", 2, 70, required=True)
    business_id = fields.String(
        required=True, validate=_business_id, metadata={"description": "Business ID", "example": "1234567-1"}
    )
    vat_number = fields.String(
        load_default=None,
        allow_none=True,
        validate=_vat_number,
        metadata={"description": "VAT number; FI and the business ID if left out"},
    )
    street = _line("Street address", 2, 105, required=True)
    postal_code = _line("Postal code", 2, 12, required=True)
    city = _line("Town of the address", 2, 35, required=True)
    country = fields.String(
        load_default="FI", validate=validate.Regexp(r"^[A-Z]{2}$"), metadata={"description": "Country code"}
    )
    home_town = _line("Domicile", 0, 35, load_default="")
    in_prepayment_register = fields.Boolean(
        required=True, metadata={"description": "The firm is in the prepayment register"}
    )
    ovt = fields.String(
        required=True,
        validate=validate.Regexp(r"^0037[0-9]{8}[A-Z0-9]{0,5}$"),
        metadata={"description": "Own e-invoice address (OVT code)", "example": "003712345671"},
    )
    contact_name = _line("Contact on invoices", 0, 70, load_default="")
    phone = _line("Telephone on invoices", 0, 35, load_default="")
    email = _line("E-mail address on invoices", 0, 70, load_default="")
    bank_accounts = fields.List(
        fields.Nested(BankAccountSettings),
        required=True,
        validate=validate.Length(min=1, max=5),
        metadata={"description": "Accounts that invoices are paid to; the first stands in the bar code"},
    )
    late_interest_percent = fields.Decimal(
        load_default=None,
        allow_none=True,
        as_string=True,
        places=1,
        validate=validate.Range(min=0, max=99),
        metadata={"description": "Late interest, % a year; left out: by the Interest Act", "example": "10.5"},
    )
    reference_type = fields.String(
        load_default="viite",
        validate=validate.OneOf(("viite", "rf")),
        metadata={"description": "Payment references: viite (national) or rf (international)"},
    )
    first_number = fields.Integer(
        load_default=1000,
        strict=True,
        validate=validate.Range(min=100, max=10**15),
        metadata={"description": "First invoice number; no two connections of a firm may share numbers"},
    )
    free_text = fields.String(
        load_default="",
        validate=validate.Length(max=500),
        metadata={"description": "Text at the end of every invoice"},
    )


def seller_of(settings: Mapping[str, Any]) -> Seller:
    """The firm of loaded settings. `operator` is a setting of formats that need one."""
    return Seller(
        name=settings["seller_name"],
        business_id=settings["business_id"],
        vat_number=read_vat_number(settings["vat_number"] or vat_number_of(settings["business_id"])),
        address=Address(settings["street"], settings["postal_code"], settings["city"], settings["country"]),
        home_town=settings["home_town"],
        in_prepayment_register=settings["in_prepayment_register"],
        ovt=settings["ovt"],
        operator=settings.get("operator", ""),
        contact_name=settings["contact_name"],
        phone=settings["phone"],
        email=settings["email"],
        accounts=tuple(BankAccount(read_iban(each["iban"]), each["bic"]) for each in settings["bank_accounts"]),
        late_interest_percent=settings["late_interest_percent"],
        reference_type=settings["reference_type"],
        first_number=settings["first_number"],
        free_text=settings["free_text"],
    )
