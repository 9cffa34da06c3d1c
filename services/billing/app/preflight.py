"""What would go wrong with documents that are about to be sent, of all of them at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.billing.app import compose
from services.billing.app.connections import Vault
from services.billing.app.ports import AccountingTarget
from services.billing.domain import preflight as rules
from services.billing.domain import reasons
from services.billing.domain.document import Document
from services.billing.domain.errors import NotBillable
from services.billing.domain.preflight import Problem, Severity
from services.billing.domain.target import ForeseesProblems
from services.billing.models import Connection
from shared.db import UnitOfWork, get_or_404
from shared.errors import FieldError, UrakkaError

MOST_ERRORS = 500
"""So many problems are named in one refusal; the preview has all of them."""


@dataclass(frozen=True, slots=True)
class LockWish:
    """How a biller wants problems to be taken.

    accept_warnings  go on although something would be shortened, replaced or left out.
    leave_out        documents that would be refused stay in the pool, the others are billed.
    language         of the refusal: fi, sv or en.
    """

    accept_warnings: bool = False
    leave_out: bool = False
    language: str = "fi"


def problems_of(
    uow: UnitOfWork, vault: Vault | None, connection_id: str | None, documents: Sequence[Document]
) -> list[tuple[Problem, ...]]:
    """Return the problems of each document, in the order of `documents`.

    Each is asked of the target that it would go to; without a connection, or without a vault to open it with, only what
    every target refuses is found. Nobody outside is asked.
    """
    payers = [document.payer.customer_id for document in documents]
    ways: dict[str, compose.Destination | None] = {}
    if vault is not None:
        ways = compose.load_destinations(uow.session, uow.context.tenant_id, connection_id, payers)
    targets: dict[str, AccountingTarget | Problem] = {}
    found = []
    for document in documents:
        problems = rules.of_any_target(document)
        way = ways.get(document.payer.customer_id)
        if way is not None and vault is not None:
            if way.connection_id not in targets:
                targets[way.connection_id] = _open(uow, vault, way.connection_id)
            problems += _asked(targets[way.connection_id], document)
        found.append(_each_once(problems))
    return found


def refuse(documents: Sequence[Document], problems: Sequence[Sequence[Problem]], wish: LockWish) -> None:
    """Raise NotBillable if there are problems that the biller has not accepted; pointers begin with `/documents/N`."""
    errors = [
        FieldError(f"/documents/{index}{problem.pointer or ''}", problem.code, _told(document, problem, wish.language))
        for index, (document, found) in enumerate(zip(documents, problems, strict=True))
        for problem in found
        if problem.severity is Severity.BLOCK or not wish.accept_warnings
    ]
    if errors:
        raise NotBillable(errors=errors[:MOST_ERRORS], problems=len(errors))


def is_blocked(problems: Iterable[Problem]) -> bool:
    """Say whether the target would refuse the document."""
    return any(problem.severity is Severity.BLOCK for problem in problems)


def _open(uow: UnitOfWork, vault: Vault, connection_id: str) -> AccountingTarget | Problem:
    connection = get_or_404(uow.session, Connection, connection_id)
    try:
        return vault.open(connection.id, connection.target, connection.settings, connection.secrets)
    except UrakkaError as error:
        return Problem("connection.unusable", error.detail)


def _asked(target: AccountingTarget | Problem, document: Document) -> Sequence[Problem]:
    if isinstance(target, Problem):
        return [target]
    return target.preflight(document) if isinstance(target, ForeseesProblems) else ()


def _each_once(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Ours and the target's rules overlap: what is told of a place in the same words is told once."""
    told: dict[tuple[str | None, str], Problem] = {}
    for problem in problems:
        text = reasons.explain(problem.code, "en", problem.pointer).text
        told.setdefault((problem.pointer, text or problem.code), problem)
    return tuple(told.values())


def _told(document: Document, problem: Problem, language: str) -> str:
    told = reasons.explain(problem.code, language, problem.pointer)
    return f"{document.payer.number}: {told.text or problem.detail}"
