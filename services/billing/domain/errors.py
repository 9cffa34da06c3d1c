"""What billing refuses, each with a stable code and a text for people."""

from shared.errors import Conflict, RuleBroken, TemporarilyUnavailable, UrakkaError


def reason_of(error: UrakkaError) -> str:
    """The reason that the catalogue of texts has for an error: its own if it was given one, else its code."""
    return str(error.facts.get("reason", error.code))


class LedgerBroken(RuleBroken):
    """The buckets of a ledger row do not add up to its quantity. Never expected: somebody must look."""

    code = "ledger.broken"
    title = "The quantities of a billable row do not add up"


class NotInBucket(Conflict):
    """More was to be moved than the bucket holds."""

    code = "ledger.not_in_bucket"
    title = "The row does not have that much in this state"


class MixedDocument(RuleBroken):
    """Rows of different payers or currencies were put into one document."""

    code = "document.mixed"
    title = "These rows cannot stand on one document"


class InvalidRow(RuleBroken):
    """A row cannot be billed as it is: too many decimals, a discount outside 0–100, no price."""

    code = "document.invalid_row"
    title = "A row cannot be billed as it is"


class InvalidAttachment(RuleBroken):
    """A file cannot go with a document: of another kind, too large, or one too many."""

    code = "attachment.invalid"
    title = "This file cannot go with the document"


class AttachmentNameTaken(Conflict):
    """The document has another file of this name."""

    code = "attachment.name_taken"
    title = "The document has another file of this name"


class DocumentOnItsWay(Conflict):
    """The document is in the target or may be, so nothing of it can change any more."""

    code = "document.on_its_way"
    title = "The document is in the accounting system, or may be"


class ForbiddenBatchStep(Conflict):
    """The batch is in a state that does not allow this step."""

    code = "batch.forbidden_step"
    title = "The batch cannot take this step now"


class NothingToBill(RuleBroken):
    """The selection of a batch holds no open rows."""

    code = "batch.nothing_to_bill"
    title = "There is nothing to bill in this selection"


class ForbiddenDispatchStep(Conflict):
    """The dispatch is in a state that does not allow this step."""

    code = "dispatch.forbidden_step"
    title = "The dispatch cannot take this step now"


class NoConnection(RuleBroken):
    """The tenant has no active connection to an accounting system to send to."""

    code = "dispatch.no_connection"
    title = "Connect an accounting system first"


class UnknownTarget(RuleBroken):
    """There is no accounting system of this name."""

    code = "connection.unknown_target"
    title = "This accounting system is not known"


class InvalidSettings(RuleBroken):
    """The settings of a connection are not complete or not allowed; `errors` names the fields."""

    code = "connection.invalid_settings"
    title = "The settings of the connection are not right"


class LeadsElsewhere(Conflict):
    """A connection that was used is pointed at other books, where its ids mean other customers and products."""

    code = "connection.leads_elsewhere"
    title = "Other books need a connection of their own"


class ChosenByPayers(Conflict):
    """Payers are pointed at the connection: without it their documents would go nowhere, and nobody would see."""

    code = "connection.chosen_by_payers"
    title = "Payers have this connection of their own"


class ConnectionInUse(Conflict):
    """The connection has dispatches that are not finished."""

    code = "connection.in_use"
    title = "The connection still has documents on their way"


class NotReady(TemporarilyUnavailable):
    """Something this needs is on its way: a customer's copy, or the end of an earlier transfer. Try again."""

    code = "billing.not_ready"
    title = "Something this needs is not here yet"


class NotReversible(Conflict):
    """Only an accepted document that is not itself a credit can be credited."""

    code = "document.not_reversible"
    title = "This document cannot be credited"


class MoreThanLeft(RuleBroken):
    """More was to be credited than the accounting system still holds of the document."""

    code = "document.more_than_left"
    title = "There is not that much left to credit"


class NotBillable(RuleBroken):
    """The target is known to refuse documents of the batch, or would change something of them; `errors` names all."""

    code = "batch.not_billable"
    title = "Some documents would be refused or changed by the accounting system"
