"""Use cases of tenants: founding one and reading it."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from services.identity.adapters.passwords import hash_password
from services.identity.app.events import tenant_changed, user_changed
from services.identity.domain.errors import EmailTaken, WrongProvisioningKey
from services.identity.domain.passwords import check_password
from services.identity.models import Tenant, User
from shared.db import UnitOfWork, get_or_404
from shared.db.database import Creation
from shared.errors import FieldError, RuleBroken
from shared.finland import is_business_id


@dataclass(frozen=True, slots=True)
class FoundTenant:
    """A firm and its first administrator."""

    name: str
    business_id: str | None
    admin_name: str
    admin_email: str
    admin_password: str


def check_provisioning_key(expected: str | None, given: str) -> None:
    """Raise WrongProvisioningKey unless `given` is the operator's key; nobody may pass while none is set."""
    if expected is None or not hmac.compare_digest(expected.encode(), given.encode()):
        raise WrongProvisioningKey()


def found_tenant(begin: Callable[[str], UnitOfWork], creation: Creation, command: FoundTenant) -> tuple[Tenant, User]:
    """Create a tenant and the user who administers it.

    begin  returns a unit of work of the tenant with the given id
    Repeatable under the same key. Raises EmailTaken, WeakPassword, RuleBroken for a wrong business ID.
    """
    check_password(command.admin_password, command.admin_email)
    if command.business_id is not None and not is_business_id(command.business_id):
        raise RuleBroken(errors=[FieldError("/business_id", "check_digit", "The check digit is wrong.")])
    password_hash = hash_password(command.admin_password)
    with begin(creation.id) as uow:
        if uow.repeated(creation):
            tenant = get_or_404(uow.session, Tenant, creation.id)
            admin = uow.session.scalars(select(User).order_by(User.created_at).limit(1)).one()
            return tenant, admin
        tenant = Tenant(id=creation.id, name=command.name, business_id=command.business_id)
        admin = User(
            name=command.admin_name,
            email=command.admin_email.lower(),
            password_hash=password_hash,
            roles=["administrator"],
            granted=[],
            site_ids=[],
        )
        uow.session.add_all([tenant, admin])
        flush_new_address(uow)
        uow.created(creation, tenant.id)
        uow.emit(tenant_changed(tenant))
        uow.emit(user_changed(admin))
        uow.commit()
    return tenant, admin


def flush_new_address(uow: UnitOfWork) -> None:
    """Flush the new address; raises EmailTaken if another user, of any tenant, has it."""
    try:
        uow.session.flush()
    except IntegrityError as error:
        raise EmailTaken(
            errors=[FieldError("/email", "taken", "Somebody already logs in with this address.")]
        ) from error


def get_tenant(uow: UnitOfWork) -> Tenant:
    """Return the caller's own tenant."""
    with uow:
        return get_or_404(uow.session, Tenant, uow.context.tenant_id)
