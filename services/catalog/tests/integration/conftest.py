"""The service on one database of each kind; every test has tenants of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.catalog.bootstrap import SERVICE
from shared.testing.service import Caller, ServiceUnderTest, service_under_test

RIGHTS = ("products.read", "products.write", "prices.read", "costs.read")


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def running_service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceUnderTest]:
    """Catalog, on SQLite and on PostgreSQL."""
    with service_under_test(SERVICE, request.param, tmp_path_factory.mktemp("catalog")) as running:
        yield running


@pytest.fixture
def service(running_service: ServiceUnderTest) -> ServiceUnderTest:
    """The service, as two new tenants find it."""
    running_service.take_new_tenants()
    return running_service


@pytest.fixture
def office(service: ServiceUnderTest) -> Caller:
    """Somebody who may do everything here."""
    return service.caller(*RIGHTS)


@pytest.fixture
def stranger(service: ServiceUnderTest) -> Caller:
    """The same rights in another tenant."""
    return service.caller(*RIGHTS, tenant_id=service.other_tenant_id)
