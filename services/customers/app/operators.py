"""E-invoice operators: those that the product knows, and those that a tenant adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from services.customers.adapters.operators import known_operators
from services.customers.domain.errors import InvalidOperator, OperatorInUse
from services.customers.models import Customer, OwnOperator
from shared import finland
from shared.db import UnitOfWork
from shared.errors import FieldError, NotFound


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator. is_own  added by the tenant"""

    code: str
    name: str
    is_own: bool


def operators(uow: UnitOfWork) -> list[Operator]:
    """Return all operators by name; a tenant's own name stands for the product's."""
    own = _own(uow)
    merged = {**known_operators(), **own}
    listed = [Operator(code, name, code in own) for code, name in merged.items()]
    return sorted(listed, key=lambda one: (one.name.casefold(), one.code))


def operator_names(uow: UnitOfWork) -> Mapping[str, str]:
    """Return code → name of every operator there is for the tenant."""
    return {**known_operators(), **_own(uow)}


def put_operator(uow: UnitOfWork, code: str, name: str) -> Operator:
    """Add an operator, or name it anew. Doing it twice changes nothing. Raises InvalidOperator."""
    with uow:
        try:
            code = finland.read_operator_id(code)
        except finland.InvalidForm as error:
            raise InvalidOperator(errors=[FieldError("/code", error.code, error.detail)]) from error
        stored = uow.session.get(OwnOperator, {"tenant_id": uow.context.tenant_id, "id": code})
        if stored is None:
            uow.session.add(OwnOperator(tenant_id=uow.context.tenant_id, id=code, name=name))
        else:
            stored.name = name
        uow.commit()
    return Operator(code, name, is_own=True)


def remove_operator(uow: UnitOfWork, code: str) -> None:
    """Take an operator of the tenant's own out of the list.

    Raises NotFound, and OperatorInUse while customers have it and the product does not know it either.
    """
    with uow:
        stored = uow.session.get(OwnOperator, {"tenant_id": uow.context.tenant_id, "id": code})
        if stored is None:
            raise NotFound(f"There is no operator {code} of your own.")
        users = select(Customer.number).where(Customer.einvoice_operator == code).limit(1)
        if code not in known_operators() and (number := uow.session.scalar(users)) is not None:
            raise OperatorInUse(f"For example customer {number} has it.")
        uow.session.delete(stored)
        uow.commit()


def _own(uow: UnitOfWork) -> dict[str, str]:
    return {one.id: one.name for one in uow.session.scalars(select(OwnOperator))}
