"""Connections to accounting systems: who may be sent to, with which settings and secrets."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from marshmallow import Schema, ValidationError
from sqlalchemy import func, or_, select, update

from services.billing.app import links
from services.billing.app.pausing import clear_pause
from services.billing.app.ports import AccountingTarget
from services.billing.app.sending import Leased
from services.billing.domain.dispatch import FINAL
from services.billing.domain.errors import (
    ChosenByPayers,
    ConnectionInUse,
    InvalidSettings,
    LeadsElsewhere,
    UnknownTarget,
)
from services.billing.models import Connection, CustomerConnection, Dispatch
from shared.crypto import SecretBox, UnreadableSecret
from shared.db import UnitOfWork, check_version, get_or_404
from shared.db.database import Creation
from shared.db.paging import Page, fetch_page
from shared.errors import FieldError

_LONGEST_SECRET = 2000
_MOST_NAMED = 100
_UNREADABLE = "The secrets cannot be read with the key of this installation: enter them again."


class TargetKind(Protocol):
    """What must be known of a kind of accounting system; see `services.billing.adapters.registry`."""

    @property
    def name(self) -> str:
        """The name that a connection stores."""

    @property
    def settings(self) -> type[Schema]:
        """Schema of the settings that may be shown."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of the secrets; all must be given."""

    @property
    def optional_secrets(self) -> tuple[str, ...]:
        """Names of further secrets, which may be left out."""

    @property
    def build(self) -> Callable[[Mapping[str, Any], Mapping[str, str]], AccountingTarget]:
        """(settings as loaded, secrets by name) → a connection; calls nobody."""


Targets = Mapping[str, TargetKind]


class Unusable(Protocol):
    """An installed package that should give a target and does not; see `services.billing.adapters.plugins`."""

    @property
    def name(self) -> str:
        """The target's name."""

    @property
    def package(self) -> str:
        """Name and version of the package."""

    @property
    def error(self) -> str:
        """What is wrong with it."""


@dataclass(frozen=True, slots=True)
class Vault:
    """The kinds of targets there are (and those that cannot be used), and the box that seals their secrets."""

    targets: Targets
    box: SecretBox
    unusable: Sequence[Unusable] = ()

    def kind(self, target: str) -> TargetKind:
        """The kind of this name; raises UnknownTarget."""
        if target not in self.targets:
            raise UnknownTarget(errors=[FieldError("/target", "unknown", "This accounting system is not known.")])
        return self.targets[target]

    def seal(self, connection_id: str, secrets: Mapping[str, str]) -> bytes:
        """Encrypt secrets for this connection only."""
        return self.box.seal(json.dumps(dict(secrets), sort_keys=True).encode(), purpose_of(connection_id))

    def unseal(self, connection_id: str, sealed: bytes) -> dict[str, str]:
        """Decrypt; raises UnreadableSecret."""
        secrets: dict[str, str] = json.loads(self.box.open(sealed, purpose_of(connection_id)))
        return secrets

    def open(self, connection_id: str, target: str, settings: Mapping[str, Any], sealed: bytes) -> AccountingTarget:
        """Build the target of a stored connection. Raises UnknownTarget, InvalidSettings."""
        kind = self.kind(target)
        try:
            secrets = self.unseal(connection_id, sealed)
        except UnreadableSecret:
            raise InvalidSettings(_UNREADABLE, reason="connection.unusable") from None
        return kind.build(checked_settings(kind, settings), secrets)

    def secrets_of(self, leased: Leased) -> Sequence[str]:
        """The secrets of a connection, for whoever must hide them in texts. Raises InvalidSettings."""
        try:
            return list(self.unseal(leased.connection_id, leased.sealed_secrets).values())
        except UnreadableSecret:
            raise InvalidSettings(_UNREADABLE, reason="connection.unusable") from None

    def books_of(self, target: str, settings: Mapping[str, Any]) -> str | None:
        """Whose books a connection leads to, if its target wants one call at a time for each; else None."""
        books = getattr(self.targets.get(target), "books", None)
        return None if books is None else str(books(settings))

    def open_leased(self, leased: Leased) -> AccountingTarget:
        """As `open`, for the dispatcher."""
        return self.open(leased.connection_id, leased.target, leased.settings, leased.sealed_secrets)


@dataclass(frozen=True, slots=True)
class ConnectionWish:
    """What a person wants a connection to be. secrets: by name; on a change only those that are new."""

    name: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    is_default: bool
    active: bool


def checked_settings(kind: TargetKind, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with defaults filled in; raises InvalidSettings naming every wrong field below `/settings`."""
    try:
        loaded: dict[str, Any] = kind.settings().load(dict(settings))
    except ValidationError as error:
        raise InvalidSettings(errors=list(_field_errors(error.messages, "/settings"))) from None
    return loaded


def create_connection(
    uow: UnitOfWork, vault: Vault, creation: Creation, target: str, wish: ConnectionWish
) -> Connection:
    """Make a connection; the first of a tenant becomes the default one.

    Raises UnknownTarget, InvalidSettings.
    """
    kind = vault.kind(target)
    _check_wish(kind, wish, complete=True)
    with uow:
        if (existing := uow.repeated(creation)) is not None:
            return get_or_404(uow.session, Connection, existing)
        is_first = not uow.session.scalar(select(func.count()).select_from(Connection))
        connection = Connection(
            id=creation.id,
            name=wish.name,
            target=target,
            settings=dict(wish.settings),
            secrets=vault.seal(creation.id, wish.secrets),
            is_default=wish.is_default or is_first,
            active=wish.active,
        )
        _make_room_for_default(uow, connection)
        uow.session.add(connection)
        uow.created(creation, connection.id)
        uow.commit()
        return connection


def change_connection(
    uow: UnitOfWork,
    vault: Vault,
    connection_id: str,
    expected_version: int | None,
    wish: ConnectionWish,
    *,
    now: datetime,
) -> Connection:
    """Change a connection, and try it again if it was paused; secrets that are not given stay.

    Raises InvalidSettings, LeadsElsewhere, VersionMismatch, NotFound.
    """
    with uow:
        connection = get_or_404(uow.session, Connection, connection_id, for_update=True)
        check_version(connection, expected_version)
        kind = vault.kind(connection.target)
        _check_wish(kind, wish, complete=False)
        _refuse_other_books(uow, kind, connection, wish)
        connection.name = wish.name
        connection.settings = dict(wish.settings)
        connection.active = wish.active
        connection.is_default = wish.is_default
        if wish.secrets:
            links.forget_all(uow, connection.id)  # they may be those of another company
            connection.secrets = vault.seal(connection.id, {**_kept(vault, kind, connection, wish), **wish.secrets})
        _make_room_for_default(uow, connection)
        clear_pause(uow, connection.id, now)
        uow.commit()
        return connection


def _refuse_other_books(uow: UnitOfWork, kind: TargetKind, connection: Connection, wish: ConnectionWish) -> None:
    """Raise LeadsElsewhere if the settings lead to another company and ids of the present one are kept."""
    company = getattr(kind, "company", None)
    if company is None or not links.has_ids(uow, connection.id):
        return
    try:
        before = checked_settings(kind, connection.settings)
    except InvalidSettings:
        return  # nothing goes over it as it is; what is wrong of it cannot be kept
    after = checked_settings(kind, wish.settings)
    if company(before) != company(after):
        detail = f"The connection leads to {company(before)} and was used. Make a new one for {company(after)}."
        raise LeadsElsewhere(detail, errors=[FieldError("/settings", "leads_elsewhere", detail)])


def _kept(vault: Vault, kind: TargetKind, connection: Connection, wish: ConnectionWish) -> dict[str, str]:
    """The secrets so far. Those that cannot be read are given up if the wish has all that are needed."""
    try:
        return vault.unseal(connection.id, connection.secrets)
    except UnreadableSecret:
        missing = _wrong_secrets(kind, wish.secrets, complete=True)
        if missing:
            raise InvalidSettings(_UNREADABLE, errors=missing, reason="connection.unusable") from None
        return {}


def remove_connection(uow: UnitOfWork, connection_id: str, expected_version: int | None) -> Connection:
    """Stop using a connection: it is no longer active nor the default, its history stays.

    Raises ConnectionInUse while dispatches over it are unfinished, ChosenByPayers while payers are pointed at it.
    """
    with uow:
        connection = get_or_404(uow.session, Connection, connection_id, for_update=True)
        check_version(connection, expected_version)
        unfinished = uow.session.scalar(
            select(func.count())
            .select_from(Dispatch)
            .where(
                Dispatch.connection_id == connection_id,
                or_(Dispatch.state.not_in([str(state) for state in FINAL]), Dispatch.due_at.is_not(None)),
            )
        )
        if unfinished:
            raise ConnectionInUse(unfinished=unfinished)
        payers = select(CustomerConnection.customer_id).where(CustomerConnection.connection_id == connection_id)
        if chosen := uow.session.scalars(payers.order_by(CustomerConnection.customer_id).limit(_MOST_NAMED)).all():
            raise ChosenByPayers(payers=list(chosen))
        connection.active = False
        connection.is_default = False
        uow.commit()
        return connection


def list_connections(uow: UnitOfWork, *, limit: int, after: str | None) -> Page[Connection]:
    """Connections in the order in which they were made."""
    key: Any = Connection.id
    with uow:
        return fetch_page(uow.session, select(Connection), key, limit=limit, after=after)


def get_connection(uow: UnitOfWork, connection_id: str) -> Connection:
    """One connection; raises NotFound."""
    with uow:
        return get_or_404(uow.session, Connection, connection_id)


Turn = Callable[[str], AbstractContextManager[None]]
"""Connection id → a block within which nobody else calls its company (`sending.turn`)."""


def check_connection(uow: UnitOfWork, vault: Vault, connection_id: str, turn: Turn | None = None) -> None:
    """Ask the target whether address, credentials and rights are in order; no transaction is open meanwhile.

    turn  waited for if the target wants one call at a time. Raises ConnectionProblem with what to correct.
    """
    with uow:
        connection = get_or_404(uow.session, Connection, connection_id)
    target = vault.open(connection.id, connection.target, connection.settings, connection.secrets)
    is_shared = turn is not None and vault.books_of(connection.target, connection.settings) is not None
    with turn(connection_id) if turn is not None and is_shared else nullcontext():
        target.check()


def _make_room_for_default(uow: UnitOfWork, connection: Connection) -> None:
    if connection.is_default:
        with uow.session.no_autoflush:
            uow.session.execute(
                update(Connection)
                .where(Connection.is_default, Connection.id != connection.id)
                .values(is_default=False, version=Connection.version + 1)
                .execution_options(synchronize_session=False)
            )


def _check_wish(kind: TargetKind, wish: ConnectionWish, *, complete: bool) -> None:
    """Raise InvalidSettings with everything that is wrong. complete: every secret must be there."""
    errors = _wrong_secrets(kind, wish.secrets, complete=complete)
    try:
        checked_settings(kind, wish.settings)
    except InvalidSettings as wrong:
        errors = [*wrong.errors, *errors]
    if errors:
        raise InvalidSettings(errors=errors)


def _wrong_secrets(kind: TargetKind, secrets: Mapping[str, str], *, complete: bool) -> list[FieldError]:
    known = {*kind.secrets, *kind.optional_secrets}
    unknown = [(name, "unknown", "There is no such secret.") for name in secrets if name not in known]
    missing = [(name, "required", "Missing.") for name in kind.secrets if complete and name not in secrets]
    wrong = [
        (name, "length", f"1 to {_LONGEST_SECRET} characters.")
        for name, text in secrets.items()
        if not 0 < len(text) <= _LONGEST_SECRET
    ]
    return [FieldError(_below("/secrets", name), code, text) for name, code, text in [*unknown, *missing, *wrong]]


def _field_errors(messages: Any, pointer: str) -> Sequence[FieldError]:
    """marshmallow's nested messages as field errors with JSON pointers.

    Under an entry of a mapping stand `key` and `value` for its name and its content: both are at the entry.
    """
    if isinstance(messages, Mapping):
        at_entry = {"_schema", "key", "value"} if messages.keys() <= {"key", "value"} else {"_schema"}
        return [
            each
            for name, inner in messages.items()
            for each in _field_errors(inner, pointer if name in at_entry else _below(pointer, name))
        ]
    return [FieldError(pointer, "invalid", str(text)) for text in messages]


def _below(pointer: str, name: Any) -> str:
    return f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"


def purpose_of(connection_id: str) -> bytes:
    """What the secrets of a connection are sealed for: they open for no other one."""
    return f"billing.connection:{connection_id}".encode()
