"""The edge towards adapters: whatever they do, an outcome comes back.

Adapters answer with outcomes and do not raise. Should one do so all the same, it is an error of ours that must not hold
up the other documents, and above all must not look like "not sent".
"""

from sqlalchemy.exc import SQLAlchemyError

from services.billing.app.loading import Item
from services.billing.app.ports import AccountingTarget, FollowsUp, LinkStore, Prepared, TargetIds, TellsStatus
from services.billing.domain.compile import preflight
from services.billing.domain.document import Document
from services.billing.domain.outcomes import CannotAsk, Finding, FollowedUp, NotSent, Outcome, Rejected, Unclear
from services.billing.domain.payments import PaymentStatus
from shared.telemetry import get_logger

log = get_logger("billing.dispatcher")


def prepare(target: AccountingTarget, document: Document, links: LinkStore) -> Prepared | Rejected | NotSent | Unclear:
    """As `AccountingTarget.prepare`, after the rules of every target. Raises SQLAlchemyError of the links."""
    problems = preflight(document)
    if problems:
        return Rejected(problems[0].code, " ".join(each.detail for each in problems), problems[0].pointer)
    try:
        return target.prepare(document, links)
    except SQLAlchemyError:
        raise  # of the links: our database, not the adapter
    except Exception as error:  # the edge towards an adapter
        log.error("dispatch.adapter_failed", call="prepare", target=target.name, exc_info=error)
        return Rejected("target.adapter_failed", f"The document could not be prepared: {type(error).__name__}.")


def send(target: AccountingTarget, prepared: Prepared) -> Outcome:
    """As `AccountingTarget.send`; a failing adapter may have sent the document."""
    try:
        return target.send(prepared)
    except Exception as error:  # the edge towards an adapter
        log.error("dispatch.adapter_failed", call="send", target=target.name, exc_info=error)
        return Unclear(f"The adapter failed while sending: {type(error).__name__}.")


def find(target: AccountingTarget, item: Item) -> Finding:
    """As `AccountingTarget.find`; nothing follows from an adapter that fails."""
    try:
        return target.find(item.current.document_key, item.document)
    except Exception as error:  # the edge towards an adapter
        log.error("dispatch.adapter_failed", call="find", target=target.name, exc_info=error)
        return CannotAsk(f"The adapter failed while asking: {type(error).__name__}.")


def status(target: TellsStatus, name: str, document_key: str, target_id: str) -> PaymentStatus | CannotAsk:
    """As `TellsStatus.status`; nothing follows from an adapter that fails. name: of the target."""
    try:
        return target.status(document_key, target_id)
    except Exception as error:  # the edge towards an adapter
        log.error("dispatch.adapter_failed", call="status", target=name, exc_info=error)
        return CannotAsk(f"The adapter failed while asking: {type(error).__name__}.")


def follows_up(target: AccountingTarget, document: Document) -> bool:
    """Say whether the target wants something done after it accepted the document; an adapter that fails may want it."""
    if not isinstance(target, FollowsUp):
        return False
    try:
        return bool(target.follow_ups(document))
    except Exception as error:  # the edge towards an adapter
        log.error("dispatch.adapter_failed", call="follow_ups", target=target.name, exc_info=error)
        return True


def follow_up(target: AccountingTarget, item: Item, links: LinkStore) -> FollowedUp:
    """As `FollowsUp.follow_up`, nothing to do for other targets. Raises SQLAlchemyError of the links."""
    if not isinstance(target, FollowsUp) or not follows_up(target, item.document):
        return FollowedUp()
    ids = TargetIds(item.current.target_id or "", item.current.target_number)
    try:
        return target.follow_up(item.document, ids, links)
    except SQLAlchemyError:
        raise  # of the links: our database, not the adapter
    except Exception as error:  # the edge towards an adapter
        log.error("dispatch.adapter_failed", call="follow_up", target=target.name, exc_info=error)
        reason = f"The adapter failed after the document was accepted: {type(error).__name__}."
        return FollowedUp(problem=Rejected("target.follow_up_failed", reason))
