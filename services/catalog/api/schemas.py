"""What goes in and out over HTTP. Form is checked here, meaning in the domain."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from marshmallow import ValidationError, fields, post_dump, validate

from services.catalog.domain.categories import LONGEST_PATH
from services.catalog.domain.prices import price_text
from services.catalog.domain.product import LONGEST, LONGEST_CATEGORY_NAME, Kind
from shared.http import DecimalString, IdString, PageQuery, Schema, Text, caller
from shared.imports.schemas import language_field
from shared.units import unit as unit_of
from shared.vat import VatClass

_EARLIEST, _LATEST = date(1900, 1, 1), date(2999, 12, 31)


def reasonable_day(day: date | None) -> None:
    """Refuse days that can only be slips, and that would leave the calendar when a day is added."""
    if day is not None and not _EARLIEST <= day <= _LATEST:
        raise ValidationError("Expected a day between 1900-01-01 and 2999-12-31.")


def one_of(values: type[StrEnum]) -> validate.OneOf:
    """Return a validator for the values of an enumeration."""
    return validate.OneOf([member.value for member in values])


class UnitPriceString(DecimalString):
    """A price of one unit without VAT: 0 or more, up to 4 decimals, written with 2 to 4."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(4, minimum=Decimal(0), digits=14, **kwargs)

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else price_text(value)


class InvoiceTextIn(Schema):
    """The text on the invoice in each language; without one the name is printed."""

    fi = Text(500, allow_none=True)
    sv = Text(500, allow_none=True)
    en = Text(500, allow_none=True)


class ProductChangeIn(Schema):
    """Fields to change; those left out stay as they are, null empties a field. The code never changes."""

    name = Text(LONGEST["name"], min_length=1, metadata={"example": "Kiinteistönhoitaja, työaika"})
    kind = fields.String(validate=one_of(Kind), metadata={"description": "Default: material"})
    category_id = IdString()
    category_name = Text(
        LONGEST_PATH,
        min_length=1,
        metadata={
            "description": "In place of the id; made if it is new. A path says in which categories it lies",
            "example": "Työ > Sähkötyö",
        },
    )
    unit = Text(30, min_length=1, metadata={"description": "Stored as the short code", "example": "h"})
    list_price = UnitPriceString(
        allow_none=True, metadata={"description": "Without VAT, EUR; holds from today until another one does"}
    )
    cost_price = UnitPriceString(allow_none=True, metadata={"description": "Without VAT, EUR"})
    vat_class = fields.String(validate=one_of(VatClass), metadata={"description": "Default: standard"})
    revenue_account = Text(LONGEST["revenue_account"], allow_none=True)
    barcode = Text(LONGEST["barcode"], allow_none=True)
    field_recordable = fields.Boolean(truthy={True}, falsy={False})
    price_editable = fields.Boolean(truthy={True}, falsy={False})
    construction_service = fields.Boolean(
        truthy={True}, falsy={False}, metadata={"description": "Falls under the reverse charge (VAT Act 8 c)"}
    )
    invoice_text = fields.Nested(InvoiceTextIn)
    target_codes = fields.Dict(
        keys=fields.String(validate=validate.Regexp(r"\A[a-z][a-z0-9_]{0,39}\Z")),
        values=Text(60, min_length=1),
        validate=validate.Length(max=20),
        metadata={"description": "Product code in each accounting system", "example": {"netvisor": "HUOLTO"}},
    )
    target_accounts = fields.Dict(
        keys=fields.String(validate=validate.Regexp(r"\A[a-z][a-z0-9_]{0,39}\Z")),
        values=Text(LONGEST["revenue_account"], min_length=1),
        validate=validate.Length(max=20),
        metadata={"description": "Revenue account where a system has another one", "example": {"procountor": "3010"}},
    )


class ProductIn(ProductChangeIn):
    """A new product: code, name and category are mandatory."""

    id = IdString(metadata={"description": "Chosen by the client, so that sending twice makes one"})
    code = Text(LONGEST["code"], min_length=1, required=True, metadata={"example": "HUOLTO"})
    name = Text(LONGEST["name"], min_length=1, required=True, metadata={"example": "Kiinteistönhoitaja, työaika"})


class ProductOut(Schema):
    """A product. Prices are there only for those who may see them."""

    id = fields.String(required=True)
    version = fields.Integer(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    category_id = fields.String(required=True)
    category_name = fields.String(required=True)
    unit = fields.String(required=True)
    einvoice_unit = fields.Function(
        lambda product: unit_of(product.unit).un_ece,
        metadata={
            "type": "string",
            "description": "The unit in e-invoices: UN/ECE Recommendation 20",
            "example": "HUR",
        },
    )
    list_price = UnitPriceString(
        allow_none=True, metadata={"description": "What holds now; needs the permission prices.read"}
    )
    cost_price = UnitPriceString(allow_none=True, metadata={"description": "Needs the permission costs.read"})
    vat_class = fields.String(required=True)
    revenue_account = fields.String(allow_none=True)
    barcode = fields.String(allow_none=True)
    field_recordable = fields.Boolean(required=True)
    price_editable = fields.Boolean(required=True)
    construction_service = fields.Boolean(required=True)
    invoice_text = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    target_codes = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    target_accounts = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    is_set = fields.Boolean(required=True, metadata={"description": "It becomes the rows of its components"})
    archived = fields.Boolean(required=True)
    created_at = fields.DateTime(required=True)
    changed_at = fields.DateTime(required=True)

    @post_dump
    def hide_prices(self, shown: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Leave out what the caller may not see (domain.md §6)."""
        for name, permission in (("list_price", "prices.read"), ("cost_price", "costs.read")):
            if not caller().may(permission):
                shown.pop(name, None)
        return shown


class ProductFilters(Schema):
    """Filters of the list of products; all given ones must hold."""

    q = Text(100, metadata={"description": "Part of the code or name, or the bar code"})
    code = Text(LONGEST["code"], metadata={"description": "The code, whatever the case"})
    barcode = Text(LONGEST["barcode"], metadata={"description": "The bar code, as it is read"})
    category_id = IdString()
    within = IdString(metadata={"description": "A category: products in it and in those inside it"})
    kind = fields.String(validate=one_of(Kind))
    field_recordable = fields.Boolean()
    is_set = fields.Boolean(metadata={"description": "true: only sets; false: only other products"})
    archived = fields.Boolean(
        load_default=False, metadata={"description": "true: those out of use; default: those in use"}
    )


class ProductQuery(PageQuery, ProductFilters):
    """Filters and page of the list of products."""


class ProductExportQuery(ProductFilters):
    """Filters and language of an export of products."""

    lang = language_field()


class CategoryChangeIn(Schema):
    """Fields to change; those left out stay as they are."""

    name = Text(LONGEST_CATEGORY_NAME, min_length=1)
    parent_id = IdString(allow_none=True)


class CategoryIn(CategoryChangeIn):
    """A new category."""

    id = IdString()
    name = Text(LONGEST_CATEGORY_NAME, min_length=1, required=True, metadata={"example": "Työ"})


class CategoryOut(Schema):
    """A category."""

    id = fields.String(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    parent_id = fields.String(allow_none=True)
    path = fields.String(
        required=True, metadata={"description": "With the categories that it lies in", "example": "Työ > Sähkötyö"}
    )


class PriceIn(Schema):
    """A list price for a period; both days included."""

    id = IdString()
    price = UnitPriceString(required=True)
    valid_from = fields.Date(required=True, validate=reasonable_day)
    valid_to = fields.Date(allow_none=True, load_default=None, validate=reasonable_day)


class PriceOut(Schema):
    """A list price for a period; both days included."""

    id = fields.String(required=True)
    product_id = fields.String(required=True)
    price = UnitPriceString(required=True)
    currency = fields.String(required=True)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(allow_none=True)


class PricesOut(Schema):
    """List prices of one product, oldest first."""

    items = fields.List(fields.Nested(PriceOut), required=True)


class VatRateOut(Schema):
    """A rate and the days on which it is in force, both included."""

    rate_percent = fields.String(required=True, metadata={"example": "25.5"})
    valid_from = fields.Date(required=True, attribute="first")
    valid_to = fields.Date(allow_none=True, attribute="last")


class VatClassOut(Schema):
    """A VAT class with its dated rates."""

    vat_class = fields.String(required=True)
    current_rate_percent = fields.String(
        allow_none=True, required=True, metadata={"description": "On the day asked for; null before the table begins"}
    )
    rates = fields.List(fields.Nested(VatRateOut), required=True)


class VatClassesOut(Schema):
    """All VAT classes."""

    on = fields.Date(required=True)
    items = fields.List(fields.Nested(VatClassOut), required=True)


class DayQuery(Schema):
    """A day."""

    on = fields.Date(load_default=None, validate=reasonable_day, metadata={"description": "Default: today"})


class UnitOut(Schema):
    """A unit of quantity."""

    code = fields.String(required=True, metadata={"description": "As it is stored and printed", "example": "h"})
    fi = fields.String(required=True)
    sv = fields.String(required=True)
    en = fields.String(required=True)
    einvoice_unit = fields.String(
        required=True, attribute="un_ece", metadata={"description": "UN/ECE Recommendation 20", "example": "HUR"}
    )


class UnitsOut(Schema):
    """All units, in the order in which they are shown."""

    items = fields.List(fields.Nested(UnitOut), required=True)
