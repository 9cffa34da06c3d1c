"""What goes in and out over HTTP. Form is checked here, meaning in the domain."""

from datetime import date
from enum import StrEnum
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from services.billing.app.bulk import MOST
from services.billing.domain.batch import BatchState
from services.billing.domain.compile import VatPolicy
from services.billing.domain.dispatch import DispatchState
from services.billing.domain.grouping import MixedVat
from services.billing.domain.payments import PaymentState
from services.billing.domain.preflight import Severity
from services.billing.domain.reasons import LANGUAGES, Owner
from services.billing.domain.reversal import RowsThen
from shared.http import DecimalString, IdString, PageQuery, Schema, Text

_EARLIEST, _LATEST = date(1900, 1, 1), date(2999, 12, 31)


def _reasonable(day: date | None) -> None:
    if day is not None and not _EARLIEST <= day <= _LATEST:
        raise ValidationError("Expected a day between 1900-01-01 and 2999-12-31.")


def _one_of(values: type[StrEnum]) -> validate.OneOf:
    return validate.OneOf([member.value for member in values])


def _amount(description: str) -> DecimalString:
    return DecimalString(2, required=True, metadata={"description": description})


# --- the pool ---


class PoolQuery(PageQuery):
    """Which rows of the pool."""

    customer_id = IdString(metadata={"description": "Only of this customer"})
    period_from = fields.Date(validate=_reasonable, metadata={"description": "Work done on this day or later"})
    period_to = fields.Date(validate=_reasonable, metadata={"description": "Work done on this day or earlier"})


class BillableRowOut(Schema):
    """A row of the ledger: where its quantity is."""

    id = IdString(required=True)
    row_id = IdString(required=True, metadata={"description": "The work row"})
    workorder_id = IdString(required=True)
    workorder_number = fields.String(required=True)
    billing_round = fields.Integer(required=True, metadata={"description": "Which approval of the order"})
    customer_id = IdString(required=True)
    payer_id = IdString(required=True)
    product_id = IdString(required=True)
    product_code = fields.String(required=True)
    description = fields.String(required=True)
    unit = fields.String(required=True)
    work_date = fields.Date(required=True)
    unit_price = DecimalString(4, required=True, metadata={"description": "Without VAT"})
    discount_percent = DecimalString(2, required=True)
    vat_class = fields.String(required=True)
    vat_rate_percent = DecimalString(2, required=True)
    currency = fields.String(required=True)
    state = fields.String(required=True, metadata={"description": "Where the bulk of the row is"})
    quantity = DecimalString(
        3, required=True, metadata={"description": "= open + reserved + transferred − credited + closed"}
    )
    open = DecimalString(3, required=True, metadata={"description": "Can be billed"})
    reserved = DecimalString(3, required=True, metadata={"description": "On a document that is not accepted yet"})
    transferred = DecimalString(3, required=True, metadata={"description": "On accepted documents"})
    credited = DecimalString(3, required=True, metadata={"description": "Taken back by credit documents"})
    closed = DecimalString(3, required=True, metadata={"description": "Never billed"})
    closed_reason = fields.String(required=True, allow_none=True)
    document_id = IdString(required=True, allow_none=True)


class CloseRowIn(Schema):
    """Why a row is never billed."""

    reason = Text(200, min_length=1, required=True, metadata={"example": "Sovittu asiakkaan kanssa"})


# --- batches ---


class BatchIn(Schema):
    """A selection of the pool."""

    id = IdString(metadata={"description": "Own id; makes the creation repeatable"})
    period_from = fields.Date(allow_none=True, load_default=None, validate=_reasonable)
    period_to = fields.Date(allow_none=True, load_default=None, validate=_reasonable)
    customer_ids = fields.List(
        IdString(),
        allow_none=True,
        load_default=None,
        validate=validate.Length(min=1, max=500),
        metadata={"description": "Only these customers; all if left out"},
    )
    connection_id = IdString(
        allow_none=True, load_default=None, metadata={"description": "Where to send; the default one if left out"}
    )


class BatchQuery(PageQuery):
    """Which batches."""

    kind = fields.String(validate=validate.OneOf(["immediate", "collected", "reversal"]))
    state = fields.String(validate=_one_of(BatchState))


class BatchOut(Schema):
    """A batch."""

    id = IdString(required=True)
    version = fields.Integer(required=True)
    kind = fields.String(required=True, metadata={"description": "immediate, collected or reversal"})
    number = fields.Integer(required=True, allow_none=True, metadata={"description": "Of collected batches"})
    state = fields.String(required=True, validate=_one_of(BatchState))
    period_from = fields.Date(required=True, allow_none=True)
    period_to = fields.Date(required=True, allow_none=True)
    customer_ids = fields.List(IdString(), required=True, allow_none=True)
    connection_id = IdString(required=True, allow_none=True)
    document_count = fields.Integer(required=True)
    created_at = fields.AwareDateTime(required=True)
    changed_at = fields.AwareDateTime(required=True)


# --- documents ---


class AddressOut(Schema):
    """A postal address."""

    street = fields.String(required=True)
    postal_code = fields.String(required=True)
    city = fields.String(required=True)
    country = fields.String(required=True)


class PartyOut(Schema):
    """The payer, as it was when the document was made."""

    customer_id = IdString(required=True)
    number = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    business_id = fields.String(required=True, allow_none=True)
    vat_number = fields.String(required=True, allow_none=True)
    address = fields.Nested(AddressOut, required=True)
    email = fields.String(required=True, allow_none=True)
    language = fields.String(required=True)
    invoice_channel = fields.String(required=True)
    einvoice_address = fields.String(required=True, allow_none=True)
    einvoice_operator = fields.String(required=True, allow_none=True)
    payment_term_days = fields.Integer(required=True)


class LineOut(Schema):
    """One line of a document."""

    position = fields.Integer(required=True)
    product_id = IdString(required=True)
    product_code = fields.String(required=True)
    product_kind = fields.String(required=True)
    text = fields.String(required=True)
    quantity = DecimalString(3, required=True)
    unit = fields.String(required=True)
    unit_price = DecimalString(4, required=True, metadata={"description": "Without VAT"})
    discount_percent = DecimalString(2, required=True)
    vat_class = fields.String(required=True)
    vat_category = fields.String(required=True, metadata={"description": "S, AE (reverse charge) or Z"})
    vat_rate_percent = DecimalString(2, required=True)
    net = _amount("Without VAT, after the discount")
    vat_share = _amount("Its part of the rate's VAT")
    row_ids = fields.List(IdString(), required=True, metadata={"description": "Work rows in the line"})


class VatLineOut(Schema):
    """The VAT of one category and rate."""

    category = fields.String(required=True)
    rate_percent = fields.String(required=True)
    base = fields.String(required=True)
    vat = fields.String(required=True)


class BilledOrderOut(Schema):
    """A work order on a document, with its rows there."""

    id = IdString(required=True)
    number = fields.String(required=True)
    row_ids = fields.List(IdString(), required=True)


class DocumentQuery(PageQuery):
    """Which documents."""

    state = fields.String(validate=validate.OneOf(["ready", "accepted", "cancelled", "reversed"]))
    customer_id = IdString(metadata={"description": "The payer"})
    batch_id = IdString()
    payment_state = fields.String(
        validate=_one_of(PaymentState), metadata={"description": "As the accounting system told when last asked"}
    )


class DocumentOut(Schema):
    """A document without its lines."""

    id = IdString(required=True)
    version = fields.Integer(required=True)
    key = fields.String(required=True, metadata={"description": "By which the accounting system is asked for it"})
    state = fields.String(required=True)
    batch_id = IdString(required=True)
    payer = fields.Nested(PartyOut, required=True)
    currency = fields.String(required=True)
    document_date = fields.Date(required=True)
    performed_on = fields.Date(required=True, allow_none=True)
    due_date = fields.Date(required=True)
    references = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    workorders = fields.List(fields.Nested(BilledOrderOut), required=True)
    vat_lines = fields.List(fields.Nested(VatLineOut), required=True)
    net = _amount("Without VAT")
    vat = _amount("VAT")
    gross = _amount("With VAT")
    text_before = fields.String(required=True)
    reverses_id = IdString(required=True, allow_none=True, metadata={"description": "Of a credit: its original"})
    payment_state = fields.String(
        required=True,
        allow_none=True,
        validate=_one_of(PaymentState),
        metadata={"description": "By the books of the accounting system; null: not asked yet, or it cannot tell"},
    )
    open_amount = DecimalString(
        2, required=True, allow_none=True, metadata={"description": "Still to be paid, as told with the state"}
    )
    paid_on = fields.Date(required=True, allow_none=True, metadata={"description": "Date of the last payment"})
    payment_asked_at = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "When the accounting system last told"}
    )
    created_at = fields.AwareDateTime(required=True)


class PreviewLineOut(LineOut):
    """A line that locking would make."""


class ProblemFieldOut(Schema):
    """What an accounting system would refuse or change of the document."""

    pointer = fields.String(required=True, allow_none=True, metadata={"description": "JSON pointer into the document"})
    code = fields.String(required=True)
    detail = fields.String(required=True, metadata={"description": "For people who know the rule"})
    severity = fields.String(required=True, validate=_one_of(Severity))
    explanation = fields.Nested(lambda: ExplanationOut(), required=True)


class LockIn(Schema):
    """How problems are taken."""

    accept_warnings = fields.Boolean(
        load_default=False,
        metadata={"description": "Go on although something would be shortened, replaced or left out"},
    )
    leave_out = fields.Boolean(
        load_default=False,
        metadata={"description": "Documents that would be refused stay in the pool, the others are billed"},
    )


class PreviewDocumentOut(Schema):
    """A document that locking would make."""

    payer = fields.Nested(PartyOut, required=True)
    currency = fields.String(required=True)
    document_date = fields.Date(required=True)
    due_date = fields.Date(required=True)
    references = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    workorder_numbers = fields.List(fields.String(), required=True)
    lines = fields.List(fields.Nested(PreviewLineOut), required=True)
    net = _amount("Without VAT")
    vat = _amount("VAT")
    gross = _amount("With VAT")


class PreviewItemOut(Schema):
    """A document and its problems."""

    document = fields.Nested(PreviewDocumentOut, required=True)
    problems = fields.List(fields.Nested(ProblemFieldOut), required=True)


class PreviewOut(Schema):
    """What locking a batch would make now."""

    items = fields.List(fields.Nested(PreviewItemOut), required=True)


# --- dispatches ---


class LanguageQuery(Schema):
    """In which language reasons are told."""

    lang = fields.String(
        validate=validate.OneOf(LANGUAGES),
        metadata={"description": "fi, sv or en; else the header Accept-Language decides, else Finnish"},
    )


class DispatchQuery(LanguageQuery, PageQuery):
    """Which dispatches."""

    state = fields.String(validate=_one_of(DispatchState))
    connection_id = IdString()
    target = Text(40, metadata={"example": "netvisor"})
    reason = Text(100, metadata={"description": "Code of a rejection", "example": "netvisor.period_lock"})
    customer_id = IdString(metadata={"description": "The payer"})
    attention = fields.Boolean(metadata={"description": "true: those that wait for a person"})
    differs = fields.Boolean(metadata={"description": "true: the accounting system shows other totals than ours"})


class ExplanationOut(Schema):
    """A reason in the caller's language, and where it is corrected."""

    code = fields.String(required=True)
    text = fields.String(
        required=True, allow_none=True, metadata={"description": "null: only the target's own words are known"}
    )
    owner = fields.String(
        required=True,
        allow_none=True,
        validate=_one_of(Owner),
        metadata={"description": "Which service, the connection or the target itself has the data to correct"},
    )
    field = fields.String(
        required=True, allow_none=True, metadata={"description": "JSON pointer into the owner's record"}
    )
    line = fields.Integer(required=True, allow_none=True, metadata={"description": "Line of the document, from 1"})


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
    state = fields.String(required=True, validate=_one_of(DispatchState))
    due_at = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "When something automatic happens next"}
    )
    attempts = fields.Integer(required=True)
    needs_person = fields.Boolean(required=True)
    target_id = fields.String(required=True, allow_none=True)
    target_number = fields.String(required=True, allow_none=True)
    difference = fields.List(fields.Nested(DifferenceOut), required=True, allow_none=True)
    error_code = fields.String(required=True, allow_none=True)
    error_detail = fields.String(required=True, allow_none=True)
    error_pointer = fields.String(required=True, allow_none=True)
    explanation = fields.Nested(ExplanationOut, required=True, allow_none=True)
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
    kind = fields.String(required=True, metadata={"description": "send, look, prepare, lapse or person"})
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


class LineRowOut(Schema):
    """What of one work row stands on a line."""

    row_id = IdString(required=True, metadata={"description": "The work row"})
    billable_row_id = IdString(required=True, metadata={"description": "Its row in the ledger"})
    quantity = DecimalString(3, required=True)
    creditable = DecimalString(3, required=True, metadata={"description": "What no credit has taken yet"})


class DocumentLineOut(LineOut):
    """A line with its work rows."""

    rows = fields.List(fields.Nested(LineRowOut), required=True)


class OriginalOut(Schema):
    """The document that a credit takes back, as the accounting system knows it."""

    document_id = IdString(required=True)
    key = fields.String(required=True)
    document_date = fields.String(required=True, metadata={"format": "date"})
    target_id = fields.String(required=True)
    target_number = fields.String(required=True, allow_none=True)


class CreditNoteOut(Schema):
    """Why a credit was made."""

    reason = fields.String(required=True)
    rows_then = fields.String(required=True, validate=_one_of(RowsThen))
    by = fields.String(required=True)


class ReversedByOut(Schema):
    """A credit of the document."""

    document_id = IdString(required=True, attribute="id")
    state = fields.String(required=True)
    document_date = fields.Date(required=True)
    gross = _amount("With VAT, of the other sign than the original")


class PaymentChangeOut(Schema):
    """The payment as it was seen at a moment and differed from before."""

    state = fields.String(required=True, validate=_one_of(PaymentState))
    open_amount = DecimalString(2, required=True, allow_none=True, metadata={"description": "Still to be paid"})
    paid_on = fields.Date(required=True, allow_none=True, metadata={"description": "Date of the last payment"})
    seen_at = fields.AwareDateTime(required=True)


class DocumentDetailOut(DocumentOut):
    """A document with its lines, dispatches and links to what it credits or what credits it."""

    lines = fields.List(fields.Nested(DocumentLineOut), required=True)
    dispatches = fields.List(fields.Nested(DispatchOut), required=True)
    reverses = fields.Nested(OriginalOut, required=True, allow_none=True)
    credit_note = fields.Nested(CreditNoteOut, required=True, allow_none=True)
    reversed_by = fields.List(fields.Nested(ReversedByOut), required=True)
    payments = fields.List(
        fields.Nested(PaymentChangeOut), required=True, metadata={"description": "History, oldest first"}
    )


class DryRunIn(Schema):
    """Over which connection."""

    connection_id = IdString(
        allow_none=True, load_default=None, metadata={"description": "The payer's own or the default one if left out"}
    )


class UnlinkedOut(Schema):
    """A customer or product that sending would look up in the target, and make there if it is missing."""

    kind = fields.String(required=True, metadata={"description": "customer or product"})
    key = fields.String(required=True, metadata={"description": "Customer number or product code"})


class DryRunOut(Schema):
    """Exactly what would be sent; nothing was."""

    connection_id = IdString(required=True)
    target = fields.String(required=True)
    payload = fields.String(
        required=True, allow_none=True, metadata={"description": "The request's body as text; null if it is refused"}
    )
    sha256 = fields.String(required=True, allow_none=True, metadata={"description": "Of the exact bytes"})
    unlinked = fields.List(
        fields.Nested(UnlinkedOut),
        required=True,
        metadata={"description": "Stand in the payload with the identifier 0, since the target's is not known yet"},
    )
    problems = fields.List(fields.Nested(ProblemFieldOut), required=True)


class TakeIn(Schema):
    """How much of a work row is credited."""

    row_id = IdString(required=True, metadata={"description": "A work row on the document"})
    quantity = DecimalString(
        3, required=True, metadata={"description": "Of the sign that it has there", "example": "3.500"}
    )


class ReverseIn(Schema):
    """A wish to credit a document."""

    id = IdString(metadata={"description": "Own id of the credit; makes the creation repeatable"})
    reason = Text(200, min_length=1, required=True, metadata={"example": "Tunnit kirjattu väärälle kohteelle"})
    rows = fields.List(
        fields.Nested(TakeIn),
        allow_none=True,
        load_default=None,
        validate=validate.Length(min=1, max=5000),
        metadata={"description": "Everything that is left if left out"},
    )
    rows_then = fields.String(
        load_default=RowsThen.POOL.value,
        validate=_one_of(RowsThen),
        metadata={"description": "pool: the rows can be billed again; close: they never are"},
    )
    document_date = fields.Date(
        allow_none=True, load_default=None, validate=_reasonable, metadata={"description": "Today if left out"}
    )


class CountOut(Schema):
    """How many share a key."""

    count = fields.Integer(required=True)
    oldest_at = fields.AwareDateTime(required=True, metadata={"description": "When the oldest of them was made"})


class StateCountOut(CountOut):
    """Dispatches in a state."""

    state = fields.String(required=True, validate=_one_of(DispatchState))


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
    attention = fields.Integer(required=True, metadata={"description": "Wait for a person"})
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


# --- connections ---


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


class ConnectionOut(Schema):
    """A connection, without its secrets."""

    id = IdString(required=True)
    version = fields.Integer(required=True)
    target = fields.String(required=True)
    name = fields.String(required=True)
    settings = fields.Dict(required=True)
    is_default = fields.Boolean(required=True)
    active = fields.Boolean(required=True)
    created_at = fields.AwareDateTime(required=True)
    changed_at = fields.AwareDateTime(required=True)


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
    settings = fields.List(fields.Nested(lambda: SettingOut()), required=True)
    secrets = fields.List(fields.String(), required=True)
    optional_secrets = fields.List(fields.String(), required=True)


class SettingOut(Schema):
    """One setting."""

    name = fields.String(required=True)
    required = fields.Boolean(required=True)
    description = fields.String(required=True)


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


# --- settings ---


class SettingsIn(Schema):
    """How documents are made from now on."""

    merge_rows = fields.Boolean(required=True, metadata={"description": "Rows of one product and price share a line"})
    mixed_vat = fields.String(required=True, validate=_one_of(MixedVat))
    vat_policy = fields.String(required=True, validate=_one_of(VatPolicy))


class SettingsOut(Schema):
    """How documents are made."""

    version = fields.Integer(required=True)
    merge_rows = fields.Boolean(required=True)
    mixed_vat = fields.String(required=True, validate=_one_of(MixedVat))
    vat_policy = fields.String(required=True, validate=_one_of(VatPolicy))
