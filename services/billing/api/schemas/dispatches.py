"""Dispatches, their history, and what people decide about them."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from services.billing.api.schemas.common import ExplanationOut, LanguageQuery, one_of
from services.billing.api.schemas.documents import DocumentOut
from services.billing.app.bulk import MOST
from services.billing.domain.dispatch import DispatchState
from shared.http import IdString, PageQuery, Schema, Text


class DispatchQuery(LanguageQuery, PageQuery):
    """Which dispatches."""

    state = fields.String(validate=one_of(DispatchState))
    connection_id = IdString()
    target = Text(40, metadata={"example": "netvisor"})
    reason = Text(100, metadata={"description": "Code of a rejection", "example": "netvisor.period_lock"})
    customer_id = IdString(metadata={"description": "The payer"})
    attention = fields.Boolean(metadata={"description": "true: those that wait for a person, or whose connection does"})
    differs = fields.Boolean(metadata={"description": "true: the accounting system shows other totals than ours"})


class WaitOut(ExplanationOut):
    """What a dispatch waits for besides its own turn."""

    until = fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={"description": "When it goes on by itself at the latest; null: a person must act"},
    )
    detail = fields.String(required=True, allow_none=True, metadata={"description": "The target's own words"})


class DifferenceOut(Schema):
    """A total that the accounting system shows otherwise."""

    field = fields.String(required=True, metadata={"description": "net, vat or gross"})
    ours = fields.String(required=True)
    theirs = fields.String(required=True)


class DispatchOut(Schema):
    """One document on its way into one accounting system."""

    id = IdString(required=True)
    version = fields.Integer(required=True)
    document_id = IdString(required=True)
    connection_id = IdString(required=True)
    target = fields.String(required=True)
    state = fields.String(required=True, validate=one_of(DispatchState))
    due_at = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "When something automatic happens next"}
    )
    attempts = fields.Integer(required=True)
    needs_person = fields.Boolean(
        required=True,
        metadata={"description": "What it does by itself led nowhere. Rejected ones wait for a person too"},
    )
    follow_up = fields.String(
        required=True,
        allow_none=True,
        validate=validate.OneOf(("waiting", "failed")),
        metadata={
            "description": "What an accepted document still needs in the target, such as matching a credit to its "
            "original: waiting (tried by itself), failed (a person must look; `retry` tries again), null (nothing)"
        },
    )
    target_id = fields.String(required=True, allow_none=True)
    target_number = fields.String(required=True, allow_none=True)
    difference = fields.List(fields.Nested(DifferenceOut), required=True, allow_none=True)
    error_code = fields.String(required=True, allow_none=True)
    error_detail = fields.String(required=True, allow_none=True)
    error_pointer = fields.String(required=True, allow_none=True)
    explanation = fields.Nested(ExplanationOut, required=True, allow_none=True)
    waits_for = fields.Nested(
        WaitOut,
        required=True,
        allow_none=True,
        metadata={"description": "A paused, resting or busy connection, or a call that has not ended; null: nothing"},
    )
    unclear_since = fields.AwareDateTime(required=True, allow_none=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True)
    correlation_id = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    changed_at = fields.AwareDateTime(required=True)


class ExchangeOut(Schema):
    """A raw request and its answer. Secrets, signatures and tokens are `***`."""

    method = fields.String(required=True)
    url = fields.String(required=True)
    request_headers = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    request_body = fields.String(required=True, allow_none=True)
    status = fields.Integer(required=True, allow_none=True, metadata={"description": "null: no whole answer came"})
    answer_headers = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    answer_body = fields.String(required=True, allow_none=True)
    fault = fields.String(required=True, allow_none=True)
    ms = fields.Float(required=True)


class AttemptOut(Schema):
    """One line of the history."""

    id = IdString(required=True)
    kind = fields.String(
        required=True, metadata={"description": "send, look, prepare, lapse, follow_up, replay or person"}
    )
    number = fields.Integer(required=True)
    actor = fields.String(required=True)
    started_at = fields.AwareDateTime(required=True)
    ended_at = fields.AwareDateTime(required=True)
    payload_sha256 = fields.String(required=True, allow_none=True)
    outcome = fields.String(required=True)
    detail = fields.String(required=True, allow_none=True)
    exchanges = fields.List(
        fields.Nested(ExchangeOut), required=True, metadata={"description": "What was said on the wire, oldest first"}
    )


class DispatchDetailOut(DispatchOut):
    """A dispatch with its document and its history."""

    document = fields.Nested(DocumentOut, required=True)
    history = fields.List(fields.Nested(AttemptOut), required=True)


class CountOut(Schema):
    """How many share a key."""

    count = fields.Integer(required=True)
    oldest_at = fields.AwareDateTime(required=True, metadata={"description": "When the oldest of them was made"})


class StateCountOut(CountOut):
    """Dispatches in a state."""

    state = fields.String(required=True, validate=one_of(DispatchState))


class TargetCountOut(StateCountOut):
    """Unfinished dispatches of a connection in a state."""

    target = fields.String(required=True)
    connection_id = IdString(required=True)


class ReasonCountOut(CountOut):
    """Rejected dispatches of a reason."""

    target = fields.String(required=True)
    explanation = fields.Nested(ExplanationOut, required=True)


class SummaryOut(Schema):
    """The dispatch desk at a glance."""

    states = fields.List(fields.Nested(StateCountOut), required=True)
    targets = fields.List(fields.Nested(TargetCountOut), required=True)
    reasons = fields.List(fields.Nested(ReasonCountOut), required=True)
    attention = fields.Integer(required=True, metadata={"description": "Wait for a person, or their connection does"})
    differing = fields.Integer(required=True, metadata={"description": "Accepted with other totals than ours"})
    oldest_at = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "When the oldest unfinished one was made"}
    )
    oldest_unclear_at = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "Since when the oldest unclear one is unclear"}
    )


class RetryManyIn(Schema):
    """Which dispatches to try again: these, or all that were rejected for a reason."""

    ids = fields.List(IdString(), validate=validate.Length(min=1, max=MOST))
    reason = Text(100, min_length=1, metadata={"example": "netvisor.period_lock"})
    connection_id = IdString(metadata={"description": "With a reason: only of this connection"})

    @validates_schema
    def _one_way(self, data: dict[str, Any], **_: Any) -> None:
        if ("ids" in data) == ("reason" in data):
            raise ValidationError("Give either ids or a reason.", "ids")


class RefusalOut(Schema):
    """A dispatch that could not take the step."""

    id = IdString(required=True, attribute="dispatch_id")
    code = fields.String(required=True)
    detail = fields.String(required=True)
    explanation = fields.Nested(ExplanationOut, required=True)


class RetriedOut(Schema):
    """What became of a bulk retry."""

    retried = fields.List(IdString(), required=True)
    refused = fields.List(fields.Nested(RefusalOut), required=True)
    left = fields.Integer(required=True, metadata={"description": "More of the same reason: call again"})


class RedirectIn(Schema):
    """Another way for a document."""

    connection_id = IdString(required=True)


class SkipIn(Schema):
    """A decision not to send."""

    reason = Text(200, min_length=1, required=True)
    close_rows = fields.Boolean(
        load_default=False,
        metadata={"description": "true: the rows were billed in another way; false: they return to the pool"},
    )


class ResolveIn(Schema):
    """What a person saw in the accounting system."""

    found = fields.Boolean(required=True, metadata={"description": "The document is there"})
    target_id = Text(200, allow_none=True, load_default=None, metadata={"description": "Required if it is there"})
    target_number = Text(200, allow_none=True, load_default=None)
