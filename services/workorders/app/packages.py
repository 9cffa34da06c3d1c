"""Work packages: making, changing, closing, and who may put an order into one (domain.md 2.7)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select

from services.workorders.app.copies import customer_of
from services.workorders.app.refusals import Refusals
from services.workorders.domain.errors import OrderRefused, PackageCodeTaken, PackageRefused
from services.workorders.models import WorkPackage
from shared.db import UnitOfWork, check_version, get_or_404
from shared.db.database import Creation
from shared.errors import FieldError


def make_package(uow: UnitOfWork, creation: Creation, given: Mapping[str, Any]) -> WorkPackage:
    """Make a work package; repeated, return what it made the first time.

    given  code, name, kind, customer_id, starts_on, ends_on
    Raises KeyReused, CustomerUnknown, PackageCodeTaken, PackageRefused.
    """
    with uow:
        known = uow.repeated(creation)
        if known is not None:
            return get_or_404(uow.session, WorkPackage, known)
        refusals = Refusals()
        with refusals.noted():
            customer_of(uow, given["customer_id"])
        package = WorkPackage(id=creation.id, **given)
        with refusals.noted():
            _check(uow, package)
        refusals.raise_all()
        uow.session.add(package)
        uow.session.flush()
        uow.created(creation, package.id)
        uow.commit()
        return package


def change_package(
    uow: UnitOfWork, package_id: str, changes: Mapping[str, Any], *, expected: int | None
) -> WorkPackage:
    """Change code, name, kind or days; the customer stays. Raises NotFound, VersionMismatch and what making raises."""
    with uow:
        package = get_or_404(uow.session, WorkPackage, package_id, for_update=True)
        check_version(package, expected)
        with uow.session.no_autoflush:
            for name, value in changes.items():
                setattr(package, name, value)
            _check(uow, package)
        uow.commit()
        return package


def set_closed(uow: UnitOfWork, package_id: str, *, closed: bool, now: datetime) -> WorkPackage:
    """Close a package to new orders, or open it again; done twice, it stays as it is. Raises NotFound."""
    with uow:
        package = get_or_404(uow.session, WorkPackage, package_id, for_update=True)
        if package.closed != closed:
            package.closed_at = now if closed else None
        uow.commit()
        return package


def packages_matching(wanted: Mapping[str, Any]) -> Select[WorkPackage]:
    """Return the query for the packages that the filters let through. wanted  maybe customer_id, code, closed"""
    statement = select(WorkPackage)
    if "customer_id" in wanted:
        statement = statement.where(WorkPackage.customer_id == wanted["customer_id"])
    if "code" in wanted:
        statement = statement.where(WorkPackage.code_key == _code_key(wanted["code"]))
    if "closed" in wanted:
        has_end = WorkPackage.closed_at.is_not(None)
        statement = statement.where(has_end if wanted["closed"] else ~has_end)
    return statement


def check_package(
    uow: UnitOfWork,
    package_id: str | None,
    customer_id: str | None,
    *,
    joins: bool = True,
    customer_clear: bool = True,
) -> None:
    """Let an order for `customer_id` be in a package.

    joins           it is put there now: the package must be open
    customer_clear  False: the order's customer is missing or unknown, which is told elsewhere
    Raises OrderRefused if the package is unknown, closed or another customer's.
    """
    if package_id is None:
        return
    package = uow.session.get(WorkPackage, package_id)
    wrong: tuple[str, str] | None = None
    if package is None:
        wrong = "work_package.unknown", "There is no such work package."
    elif customer_clear and package.customer_id != customer_id:
        wrong = "work_package.other_customer", "The work package is another customer's."
    elif joins and package.closed:
        wrong = "work_package.closed", "The work package is closed."
    if wrong is not None:
        raise OrderRefused(errors=[FieldError("/work_package_id", *wrong)])


def _check(uow: UnitOfWork, package: WorkPackage) -> None:
    package.code_key = _code_key(package.code)
    taken = select(WorkPackage.id).where(WorkPackage.code_key == package.code_key, WorkPackage.id != package.id)
    if uow.session.scalar(taken) is not None:
        raise PackageCodeTaken(errors=[FieldError("/code", PackageCodeTaken.code, "Another package has this code.")])
    if _reversed(package.starts_on, package.ends_on):
        error = FieldError("/ends_on", "period.reversed", "It ends before it starts.")
        raise PackageRefused(errors=[error])


def _reversed(first: date | None, last: date | None) -> bool:
    return first is not None and last is not None and last < first


def _code_key(code: str) -> str:
    return unicodedata.normalize("NFKC", code).strip().casefold()
