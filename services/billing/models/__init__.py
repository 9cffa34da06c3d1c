"""Tables of billing and their named queries."""

from services.billing.models.attachments import DocumentAttachment
from services.billing.models.base import Base
from services.billing.models.connections import Connection, ConnectionRun, CustomerConnection, TargetLink
from services.billing.models.copies import ChargingRuleCopy, CustomerCopy, ProductCopy
from services.billing.models.dispatches import AttemptTrace, Dispatch, DispatchAttempt
from services.billing.models.documents import Batch, BillingDocument, BillingLine
from services.billing.models.ledger import ApprovedOrder, LedgerRow
from services.billing.models.numbers import ConnectionNumber
from services.billing.models.payments import PaymentChange, PaymentPoll
from services.billing.models.settings import BillingSettings

__all__ = [
    "ApprovedOrder",
    "AttemptTrace",
    "Base",
    "Batch",
    "BillingDocument",
    "BillingLine",
    "BillingSettings",
    "ChargingRuleCopy",
    "Connection",
    "ConnectionNumber",
    "ConnectionRun",
    "CustomerConnection",
    "CustomerCopy",
    "Dispatch",
    "DispatchAttempt",
    "DocumentAttachment",
    "LedgerRow",
    "PaymentChange",
    "PaymentPoll",
    "ProductCopy",
    "TargetLink",
]
