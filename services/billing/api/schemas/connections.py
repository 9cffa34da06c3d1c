"""Connections, their numbers, and the kinds of targets."""

from marshmallow import fields, validate

from services.billing.api.schemas.common import ExplanationOut, one_of
from services.billing.app.links import Linked
from services.billing.app.numbers import NumberState
from shared.http import IdString, Schema, Text


class ConnectionIn(Schema):
    """A connection to an accounting system."""

    id = IdString(metadata={"description": "Own id; makes the creation repeatable"})
    target = Text(40, min_length=1, required=True, metadata={"example": "netvisor"})
    name = Text(100, min_length=1, required=True, metadata={"example": "Netvisor, emoyhtiö"})
    settings = fields.Dict(
        keys=fields.String(), required=True, metadata={"description": "As the target's settings schema says"}
    )
    secrets = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        load_only=True,
        metadata={"description": "Kept sealed; never shown again"},
    )
    is_default = fields.Boolean(load_default=False)
    active = fields.Boolean(load_default=True)


class ConnectionChangeIn(Schema):
    """The connection as it shall be; secrets that are left out stay."""

    name = Text(100, min_length=1, required=True)
    settings = fields.Dict(keys=fields.String(), required=True)
    secrets = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict, load_only=True)
    is_default = fields.Boolean(required=True)
    active = fields.Boolean(required=True)


class PauseOut(ExplanationOut):
    """Why nothing goes over a connection."""

    since = fields.AwareDateTime(required=True)
    detail = fields.String(required=True, allow_none=True, metadata={"description": "The target's own words"})


class ConnectionOut(Schema):
    """A connection, without its secrets."""

    id = IdString(required=True)
    version = fields.Integer(required=True)
    target = fields.String(required=True)
    name = fields.String(required=True)
    settings = fields.Dict(required=True)
    is_default = fields.Boolean(required=True)
    active = fields.Boolean(required=True)
    paused = fields.Nested(
        PauseOut,
        required=True,
        allow_none=True,
        metadata={"description": "Set while the connection waits for a person; null: nothing is wrong"},
    )
    created_at = fields.AwareDateTime(required=True)
    changed_at = fields.AwareDateTime(required=True)


class LinkQuery(Schema):
    """Which links."""

    kind = fields.String(validate=one_of(Linked), load_default="customer")
    our_key = Text(
        100, metadata={"description": "Only the one of this customer number or product code"}, load_default=None
    )
    after = Text(100, load_default="", metadata={"description": "`next` of the page before"})
    limit = fields.Integer(load_default=200, validate=validate.Range(1, 1000))


class LinkOut(Schema):
    """One of our customers or products in the accounting system."""

    kind = fields.String(validate=one_of(Linked), required=True)
    our_key = fields.String(required=True, metadata={"description": "Customer number or product code"})
    target_id = fields.String(required=True)
    matched_by = fields.String(
        required=True,
        metadata={"description": "What it was found by there, or `created`", "example": "customer_number"},
    )
    linked_at = fields.AwareDateTime(required=True)


class LinksOut(Schema):
    """Links in the order of our keys."""

    items = fields.List(fields.Nested(LinkOut), required=True)
    next = fields.String(required=True, allow_none=True)


class ForgottenLinkIn(Schema):
    """The link to forget."""

    kind = fields.String(validate=one_of(Linked), required=True)
    our_key = Text(100, min_length=1, required=True)


class NumbersQuery(Schema):
    """Which numbers of a series."""

    after = fields.Integer(
        load_default=-1, validate=validate.Range(-1, 10**18), metadata={"description": "Only higher numbers than this"}
    )
    limit = fields.Integer(load_default=200, validate=validate.Range(1, 1000))


class ListedNumberOut(Schema):
    """A number that the connection gave out."""

    number = fields.Integer(required=True)
    document_key = fields.String(required=True)
    issued_at = fields.AwareDateTime(required=True)
    state = fields.String(
        required=True,
        validate=one_of(NumberState),
        metadata={"description": "used; open: its document is on its way; void: its document will never be sent"},
    )


class NumbersOut(Schema):
    """Part of a series, in order, without gaps."""

    items = fields.List(fields.Nested(ListedNumberOut), required=True)
    next = fields.Integer(required=True, allow_none=True, metadata={"description": "`after` of the next part"})


class OverrideIn(Schema):
    """Where the documents of a payer go."""

    connection_id = IdString(required=True)


class OverrideOut(Schema):
    """A payer with a connection of its own."""

    customer_id = IdString(required=True)
    connection_id = IdString(required=True)
    version = fields.Integer(required=True)
    created_at = fields.AwareDateTime(required=True)
    changed_at = fields.AwareDateTime(required=True)


class TargetKindOut(Schema):
    """A kind of accounting system and what a connection to it needs."""

    target = fields.String(required=True)
    settings = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={
            "description": "JSON Schema (draft 2020-12) of the settings, with defaults, choices and descriptions"
        },
    )
    secrets = fields.List(fields.Nested(lambda: SecretOut()), required=True)


class SecretOut(Schema):
    """A text that is kept sealed."""

    name = fields.String(required=True)
    required = fields.Boolean(
        required=True, metadata={"description": "false: the settings decide whether it is needed"}
    )


class UnusableTargetOut(Schema):
    """An installed package that should give a kind of accounting system and does not."""

    name = fields.String(required=True)
    package = fields.String(required=True, metadata={"description": "Name and version of the package"})
    error = fields.String(required=True, metadata={"description": "What is wrong with it, for its author"})


class TargetKindsOut(Schema):
    """All kinds there are."""

    items = fields.List(fields.Nested(TargetKindOut), required=True)
    unusable = fields.List(fields.Nested(UnusableTargetOut), required=True)


class CheckOut(Schema):
    """The connection works."""

    ok = fields.Boolean(required=True)
