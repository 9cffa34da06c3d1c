"""What goes in and out over HTTP. Form is checked here, meaning in the domain."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from services.customers.domain.contact import Role
from services.customers.domain.customer import (
    BillingRhythm,
    InvoiceChannel,
    InvoiceGrouping,
    Kind,
    Language,
    Reference,
    State,
)
from services.customers.domain.extra_fields import KEY_FORM, LONGEST_TEXT, MOST_FIELDS
from services.customers.domain.site import COORDINATE_PLACES, COORDINATES, LONGEST_DEVICE_TEXT
from services.customers.domain.site_tree import SiteType
from shared.http import DecimalString, IdString, PageQuery, Schema, Text
from shared.ids import is_id
from shared.imports.schemas import language_field

AT_THE_TOP = "none"
"""In place of a parent's id: sites that have none."""

_EARLIEST, _LATEST = date(1900, 1, 1), date(2999, 12, 31)


def reasonable_day(day: date | None) -> None:
    """Refuse days that can only be slips, and that would leave the calendar when a day is added."""
    if day is not None and not _EARLIEST <= day <= _LATEST:
        raise ValidationError("Expected a day between 1900-01-01 and 2999-12-31.")


def _id_or_none(text: str) -> None:
    if text != AT_THE_TOP and not is_id(text):
        raise ValidationError(f"Expected an id or {AT_THE_TOP}.")


def one_of(values: type[StrEnum]) -> validate.OneOf:
    """Return a validator for the values of an enumeration."""
    return validate.OneOf([member.value for member in values])


_EXTRA_TEXT = Text(LONGEST_TEXT)


class ExtraValuesIn(fields.Field[dict[str, Any]]):
    """Values of the tenant's own fields: key → text, number, yes or no, or null to take the value away."""

    def __init__(self, **kwargs: Any) -> None:
        """Describe the field; the definitions decide which values are right."""
        described = {
            "description": "Values of fields of your own (/extra-fields): key → text, decimal as text, ISO day, "
            "boolean or choice; null takes a value away, keys left out keep theirs",
            "type": "object",
            "additionalProperties": {"oneOf": [{"type": "string", "maxLength": LONGEST_TEXT}, {"type": "boolean"}]},
            "example": {"boiler_size": "12.5", "has_lift": True},
        }
        super().__init__(metadata=described, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping) or len(value) > 2 * MOST_FIELDS:
            raise ValidationError("Expected an object: key → value.")
        wrong: dict[str, list[str]] = {}
        found: dict[str, Any] = {}
        for key, one in value.items():
            if not re.fullmatch(KEY_FORM, str(key)):
                wrong[str(key)[:80]] = ["Not a key of a field."]
            elif one is None or isinstance(one, bool):
                found[key] = one
            else:
                try:
                    found[key] = _EXTRA_TEXT.deserialize(one)
                except ValidationError as error:
                    wrong[key] = [str(message) for message in error.messages]
        if wrong:
            raise ValidationError(wrong)
        return found


def extra_values_out() -> fields.Dict:
    """Return the output field of the values of the tenant's own fields."""
    return fields.Dict(
        keys=fields.String(), required=True, metadata={"description": "Values of fields of your own, by key"}
    )


class ExtraFilter(Schema):
    """Filter by one of the tenant's own fields."""

    extra_field = fields.String(
        validate=[validate.Length(max=40), validate.Regexp(rf"\A{KEY_FORM}\Z")],
        metadata={"description": "Key of a field of your own; with extra_value", "pattern": f"^{KEY_FORM}$"},
    )
    extra_value = Text(LONGEST_TEXT, min_length=1, metadata={"description": "What it is exactly; `true` or `false`"})

    @validates_schema
    def _both_or_neither(self, data: dict[str, Any], **_: Any) -> None:
        if ("extra_field" in data) != ("extra_value" in data):
            raise ValidationError("extra_field and extra_value belong together.", "extra_field")


class AddressIn(Schema):
    """A postal address. Lost leading zeros of a Finnish postal code are put back."""

    street = Text(200, allow_none=True, load_default="", metadata={"example": "Haapatie 4 A 12"})
    postal_code = Text(12, allow_none=True, load_default="", metadata={"example": "02150"})
    city = Text(100, allow_none=True, load_default="", metadata={"example": "ESPOO"})
    country = fields.String(
        load_default="FI",
        validate=validate.Regexp(r"\A[A-Z]{2}\Z"),
        metadata={"description": "ISO 3166-1 alpha-2", "pattern": "^[A-Z]{2}$"},
    )


class AddressOut(Schema):
    """A postal address; parts that are not known are empty."""

    street = fields.String(required=True)
    postal_code = fields.String(required=True)
    city = fields.String(required=True)
    country = fields.String(required=True, metadata={"description": "ISO 3166-1 alpha-2"})


class CustomerChangeIn(Schema):
    """Fields to change; those left out stay as they are, null empties a field."""

    name = Text(200, min_length=1, metadata={"example": "As Oy Esimerkin Haapapiha"})
    kind = fields.String(validate=one_of(Kind), metadata={"description": "Default: company"})
    business_id = Text(20, allow_none=True, metadata={"description": "With its check digit", "example": "9000011-8"})
    vat_number = Text(20, allow_none=True, metadata={"example": "FI90000118"})
    billing_address = fields.Nested(AddressIn, allow_none=True)
    visiting_address = fields.Nested(AddressIn, allow_none=True)
    email = Text(254, allow_none=True)
    phone = Text(40, allow_none=True, metadata={"description": "Stored as +358401234567", "example": "040 123 4567"})
    language = fields.String(validate=one_of(Language))
    payment_term_days = fields.Integer(strict=True, validate=validate.Range(0, 365), metadata={"description": "Days"})
    late_interest_percent = DecimalString(
        2,
        minimum=Decimal(0),
        maximum=Decimal(100),
        digits=5,
        allow_none=True,
        metadata={"description": "A year; null: what the accounting system says", "example": "8.00"},
    )
    invoice_channel = fields.String(
        validate=one_of(InvoiceChannel),
        metadata={"description": "Default: e-invoice with its address, else e-mail, else letter"},
    )
    einvoice_address = Text(60, allow_none=True, metadata={"example": "003790000118"})
    einvoice_operator = Text(
        60, allow_none=True, metadata={"description": "One of /einvoice-operators", "example": "003721291126"}
    )
    billing_rhythm = fields.String(validate=one_of(BillingRhythm))
    invoice_grouping = fields.String(
        allow_none=True,
        validate=one_of(InvoiceGrouping),
        metadata={
            "description": "Which orders share an invoice: each its own, all, those of one site, or those with the "
            "same values of the required references; null: as the billing rhythm and these references say"
        },
    )
    payer_id = IdString(allow_none=True, metadata={"description": "Another customer that pays for this one"})
    construction_seller_from = fields.Date(
        allow_none=True,
        validate=reasonable_day,
        metadata={"description": "From this day the buyer sells construction services (reverse charge)"},
    )
    construction_seller_to = fields.Date(
        allow_none=True,
        validate=reasonable_day,
        metadata={"description": "The last day of it; null: it goes on"},
    )
    required_references = fields.List(
        fields.String(validate=one_of(Reference)),
        validate=validate.Length(max=10),
        metadata={"description": "References that its work orders must have before approval"},
    )
    price_group = Text(60, allow_none=True)
    default_cost_centre = Text(60, allow_none=True)
    on_hold = fields.Boolean(
        truthy={True},
        falsy={False},
        metadata={
            "description": "New work is let in, reviewed or refused, as `customers_on_hold` in the settings of work "
            "orders says"
        },
    )
    work_while_on_hold = fields.Boolean(
        truthy={True}, falsy={False}, metadata={"description": "Work goes on while on hold"}
    )
    field_notes = Text(2000, allow_none=True, metadata={"description": "For those who do the work"})
    billing_notes = Text(2000, allow_none=True, metadata={"description": "For those who bill it"})
    extra = ExtraValuesIn()


class CustomerIn(CustomerChangeIn):
    """A new customer. Only the name is mandatory."""

    id = IdString(metadata={"description": "Chosen by the client, so that sending twice makes one"})
    number = Text(20, allow_none=True, metadata={"description": "Customer number; the next of the series if left out"})
    name = Text(200, min_length=1, required=True, metadata={"example": "As Oy Esimerkin Haapapiha"})


class CustomerOut(Schema):
    """A customer."""

    id = fields.String(required=True)
    version = fields.Integer(required=True)
    number = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    state = fields.String(required=True, validate=one_of(State))
    business_id = fields.String(allow_none=True)
    vat_number = fields.String(allow_none=True)
    billing_address = fields.Nested(AddressOut, allow_none=True)
    visiting_address = fields.Nested(AddressOut, allow_none=True)
    email = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    language = fields.String(required=True)
    payment_term_days = fields.Integer(required=True)
    late_interest_percent = DecimalString(2, allow_none=True)
    invoice_channel = fields.String(required=True)
    einvoice_address = fields.String(allow_none=True)
    einvoice_operator = fields.String(allow_none=True)
    billing_rhythm = fields.String(required=True)
    invoice_grouping = fields.String(allow_none=True)
    payer_id = fields.String(allow_none=True)
    construction_seller_from = fields.Date(allow_none=True)
    construction_seller_to = fields.Date(allow_none=True)
    required_references = fields.List(fields.String(), required=True)
    price_group = fields.String(allow_none=True)
    default_cost_centre = fields.String(allow_none=True)
    on_hold = fields.Boolean(required=True)
    work_while_on_hold = fields.Boolean(required=True)
    archived = fields.Boolean(required=True)
    merged_into = fields.String(allow_none=True, metadata={"description": "The customer that it was merged into"})
    field_notes = fields.String(allow_none=True)
    billing_notes = fields.String(allow_none=True)
    extra = extra_values_out()
    created_at = fields.DateTime(required=True)
    changed_at = fields.DateTime(required=True)


class DuplicateQuery(Schema):
    """What is known of a customer that may be there already."""

    name = Text(200, min_length=1)
    postal_code = Text(12)
    business_id = Text(20)
    einvoice_address = Text(60)


class PossibleDuplicateOut(Schema):
    """A customer that may be the same."""

    id = fields.String(required=True)
    number = fields.String(required=True)
    name = fields.String(required=True)
    archived = fields.Boolean(required=True)
    by = fields.String(required=True, metadata={"description": "business_id, einvoice_address or name_and_postal_code"})


class PossibleDuplicatesOut(Schema):
    """Customers that may be the same, oldest first, at most 20."""

    items = fields.List(fields.Nested(PossibleDuplicateOut), required=True)


class CustomerFilters(ExtraFilter):
    """Filters of the list of customers; all given ones must hold."""

    q = Text(100, metadata={"description": "Part of the name, number (old ones too), business ID or city"})
    business_id = Text(20)
    number = Text(20, metadata={"description": "Its own, or that of a customer that was merged into it"})
    merged_into = IdString(metadata={"description": "With archived=true: customers that were merged into this one"})
    kind = fields.String(validate=one_of(Kind))
    archived = fields.Boolean(
        load_default=False, metadata={"description": "true: those out of use; default: those in use"}
    )


class CustomerQuery(PageQuery, CustomerFilters):
    """Filters and page of the list of customers."""


class CustomerExportQuery(CustomerFilters):
    """Filters and language of an export of customers."""

    lang = language_field()


class ContactFieldsIn(Schema):
    """Fields of a contact person."""

    title = Text(100, allow_none=True)
    email = Text(254, allow_none=True)
    phone = Text(40, allow_none=True)
    notes = Text(2000, allow_none=True)


class ContactChangeIn(ContactFieldsIn):
    """Fields to change; those left out stay as they are, null empties a field."""

    name = Text(200, min_length=1)


class ContactIn(ContactFieldsIn):
    """A new contact person."""

    id = IdString()
    name = Text(200, min_length=1, required=True)


class ContactOut(Schema):
    """A contact person."""

    id = fields.String(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    title = fields.String(allow_none=True)
    email = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    notes = fields.String(allow_none=True)


class DoorCodeIn(Schema):
    """The door code of a site."""

    door_code = Text(200, min_length=1, required=True, allow_none=True)


class DoorCodeOut(Schema):
    """The door code of a site; null if there is none."""

    door_code = fields.String(required=True, allow_none=True)


class ContactFilters(Schema):
    """Filters of the list of contact persons."""

    q = Text(100, metadata={"description": "Part of the name, in any case"})


class ContactQuery(PageQuery, ContactFilters):
    """Filters and page of the list of contact persons."""


class ContactExportQuery(ContactFilters):
    """Filters and language of an export of contact persons."""

    lang = language_field()


class ContactLinkIn(ContactFieldsIn):
    """A role for a person: `contact_id` of a known one, or the fields of a new one."""

    id = IdString(metadata={"description": "Of the link, chosen by the client"})
    contact_id = IdString(allow_none=True)
    name = Text(200, min_length=1)
    role = fields.String(required=True, validate=one_of(Role))
    is_default = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "At most one per role; a new default takes the place of the old one"},
    )


class ContactLinkOut(Schema):
    """A person's role for a customer or at a site."""

    id = fields.String(required=True)
    role = fields.String(required=True)
    is_default = fields.Boolean(required=True)
    contact = fields.Nested(ContactOut, required=True)


class ContactRoleOut(Schema):
    """Where a person has which role."""

    id = fields.String(required=True)
    customer_id = fields.String(allow_none=True)
    site_id = fields.String(allow_none=True)
    role = fields.String(required=True)
    is_default = fields.Boolean(required=True)


class ContactDataOut(Schema):
    """All that is stored about a person."""

    contact = fields.Nested(ContactOut, required=True)
    roles = fields.List(fields.Nested(ContactRoleOut), required=True)


class ContactLinksOut(Schema):
    """All roles at one place."""

    items = fields.List(fields.Nested(ContactLinkOut), required=True)


class DeviceIn(Schema):
    """What is known of a device."""

    manufacturer = Text(LONGEST_DEVICE_TEXT, allow_none=True)
    model = Text(LONGEST_DEVICE_TEXT, allow_none=True)
    serial_number = Text(LONGEST_DEVICE_TEXT, allow_none=True)
    installed_on = fields.Date(allow_none=True, validate=reasonable_day)
    warranty_until = fields.Date(allow_none=True, validate=reasonable_day)


class DeviceOut(Schema):
    """What is known of a device."""

    manufacturer = fields.String(allow_none=True)
    model = fields.String(allow_none=True)
    serial_number = fields.String(allow_none=True)
    installed_on = fields.String(allow_none=True, metadata={"format": "date"})
    warranty_until = fields.String(allow_none=True, metadata={"format": "date"})


def _degrees(name: str, example: str) -> DecimalString:
    most = Decimal(COORDINATES[name])
    description = f"Degrees (WGS 84), {COORDINATE_PLACES} decimals; both coordinates or neither"
    return DecimalString(
        COORDINATE_PLACES,
        minimum=-most,
        maximum=most,
        digits=3 + COORDINATE_PLACES,
        allow_none=True,
        metadata={"description": description, "example": example},
    )


class SiteFieldsIn(Schema):
    """Fields of a site."""

    code = Text(60, allow_none=True, metadata={"description": "The firm's own code, unique", "example": "K-0042"})
    tag = Text(100, allow_none=True, metadata={"description": "What its QR or NFC tag says, unique"})
    address = fields.Nested(AddressIn, allow_none=True)
    latitude = _degrees("latitude", "60.169860")
    longitude = _degrees("longitude", "24.938380")
    access_instructions = Text(
        2000, allow_none=True, metadata={"description": "How to get in; the door code has a place of its own"}
    )
    device = fields.Nested(DeviceIn, allow_none=True)
    cost_centre = Text(60, allow_none=True)
    price_group = Text(
        60,
        allow_none=True,
        metadata={"description": "Of the site and all below it, instead of the customer's; the nearest one counts"},
    )
    notes = Text(2000, allow_none=True)
    extra = ExtraValuesIn()


class SiteChangeIn(SiteFieldsIn):
    """Fields to change; those left out stay as they are, null empties a field."""

    type = fields.String(validate=one_of(SiteType))
    name = Text(200, min_length=1)


class SiteIn(SiteFieldsIn):
    """A new site."""

    id = IdString()
    type = fields.String(required=True, validate=one_of(SiteType))
    name = Text(200, min_length=1, required=True, metadata={"example": "Haapatie 4"})
    parent_id = IdString(allow_none=True, metadata={"description": "The site it lies in; none: at the top"})
    customer_id = IdString(allow_none=True, metadata={"description": "Attached to the new site from today"})


class SiteOut(Schema):
    """A site."""

    id = fields.String(required=True)
    version = fields.Integer(required=True)
    parent_id = fields.String(allow_none=True)
    path = fields.String(required=True, metadata={"description": "Ids from the top to the site itself"})
    type = fields.String(required=True)
    name = fields.String(required=True)
    code = fields.String(allow_none=True)
    tag = fields.String(allow_none=True)
    address = fields.Nested(AddressOut, allow_none=True)
    latitude = DecimalString(COORDINATE_PLACES, allow_none=True)
    longitude = DecimalString(COORDINATE_PLACES, allow_none=True)
    access_instructions = fields.String(allow_none=True)
    device = fields.Nested(DeviceOut, allow_none=True)
    cost_centre = fields.String(allow_none=True)
    price_group = fields.String(allow_none=True, metadata={"description": "Its own, if it has one"})
    notes = fields.String(allow_none=True)
    extra = extra_values_out()
    has_door_code = fields.Boolean(required=True)
    customer_id = fields.String(allow_none=True, metadata={"description": "The nearest attached customer now"})
    archived = fields.Boolean(required=True)
    created_at = fields.DateTime(required=True)
    changed_at = fields.DateTime(required=True)


class SitePathOut(Schema):
    """A site and those that it lies in."""

    items = fields.List(fields.Nested(SiteOut), required=True, metadata={"description": "From the top downwards"})


class SiteFilters(ExtraFilter):
    """Filters of the list of sites; all given ones must hold."""

    code = Text(60, metadata={"description": "The firm's own code"})
    tag = Text(100, metadata={"description": "What its QR or NFC tag says"})
    customer = IdString(metadata={"description": "Sites that belong to this customer now"})
    parent = fields.String(
        validate=_id_or_none, metadata={"description": "Sites right below this one; `none`: at the top"}
    )
    subtree = IdString(metadata={"description": "This site and all below it"})
    q = Text(100, metadata={"description": "Part of the name, in any case"})
    archived = fields.Boolean(load_default=False)


class SiteQuery(PageQuery, SiteFilters):
    """Filters and page of the list of sites."""


class SiteExportQuery(SiteFilters):
    """Filters and language of an export of sites."""

    lang = language_field()


class SiteMoveIn(Schema):
    """Where a site goes."""

    parent_id = IdString(required=True, allow_none=True, metadata={"description": "null: to the top"})


class AttachmentIn(Schema):
    """A customer and its time at a site; both days included."""

    id = IdString()
    customer_id = IdString(required=True)
    valid_from = fields.Date(required=True, validate=reasonable_day)
    valid_to = fields.Date(allow_none=True, load_default=None, validate=reasonable_day)


class AttachmentEndIn(Schema):
    """The last day of an attachment."""

    valid_to = fields.Date(required=True, allow_none=True, validate=reasonable_day)


class AttachmentOut(Schema):
    """A customer and its time at a site; both days included."""

    id = fields.String(required=True)
    site_id = fields.String(required=True)
    customer_id = fields.String(required=True)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(allow_none=True)


class AttachmentsOut(Schema):
    """Attachments of one site, oldest first."""

    items = fields.List(fields.Nested(AttachmentOut), required=True)


class DayQuery(Schema):
    """A day."""

    on = fields.Date(load_default=None, validate=reasonable_day, metadata={"description": "Default: today"})


class SiteCustomerOut(Schema):
    """Whom a site belongs to on a day."""

    on = fields.Date(required=True)
    customer = fields.Nested(CustomerOut, allow_none=True, required=True)
