"""How a tenant wants its documents."""

from marshmallow import fields

from services.billing.api.schemas.common import one_of
from services.billing.domain.compile import VatPolicy
from services.billing.domain.grouping import MixedVat
from shared.http import Schema


class SettingsIn(Schema):
    """How documents are made from now on."""

    merge_rows = fields.Boolean(required=True, metadata={"description": "Rows of one product and price share a line"})
    mixed_vat = fields.String(required=True, validate=one_of(MixedVat))
    vat_policy = fields.String(required=True, validate=one_of(VatPolicy))


class SettingsOut(Schema):
    """How documents are made."""

    version = fields.Integer(required=True)
    merge_rows = fields.Boolean(required=True)
    mixed_vat = fields.String(required=True, validate=one_of(MixedVat))
    vat_policy = fields.String(required=True, validate=one_of(VatPolicy))
