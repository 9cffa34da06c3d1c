"""The role table of domain.md 6."""

from __future__ import annotations

import pytest

from services.identity.domain.errors import UnknownPermission, UnknownRole, WeakPassword
from services.identity.domain.passwords import check_password
from services.identity.domain.roles import PERMISSIONS, ROLES, permissions_of


def test_every_role_is_made_of_known_permissions() -> None:
    assert all(allowed <= PERMISSIONS for allowed in ROLES.values())


@pytest.mark.parametrize(
    ("role", "has", "lacks"),
    [
        ("worker", "workorders.record", "prices.read"),
        ("worker", "workorders.read_own", "workorders.read"),
        ("worker", "customers.read", "customers.create_minimal"),
        ("supervisor", "workorders.review", "billing.write"),
        ("biller", "billing.write", "workorders.review"),
        ("administrator", "users.manage", "billing.write"),
        ("viewer", "workorders.read", "workorders.plan"),
        ("integration", "workorders.integrate", "customers.write"),
    ],
)
def test_roles_as_the_domain_sheet_has_them(role: str, has: str, lacks: str) -> None:
    assert has in permissions_of([role])
    assert lacks not in permissions_of([role])


def test_nobody_has_the_workers_customer_right_by_role() -> None:
    assert not any("customers.create_minimal" in allowed for allowed in ROLES.values())
    assert "customers.create_minimal" in permissions_of(["worker"], ["customers.create_minimal"])


def test_roles_add_up() -> None:
    assert permissions_of(["worker", "biller"]) == ROLES["worker"] | ROLES["biller"]


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownRole):
        permissions_of(["king"])
    with pytest.raises(UnknownPermission):
        permissions_of([], ["fly"])


@pytest.mark.parametrize("password", ["short", "a" * 201, "password123", "me@firma.example", "abababababab"])
def test_bad_passwords_are_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        check_password(password, "me@firma.example")


def test_a_long_plain_password_is_fine() -> None:
    check_password("viisi punaista omenaa", "me@firma.example")
