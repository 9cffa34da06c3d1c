"""The workorders service on one database of each kind; every test has tenants of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.workorders.tests.builders import SERVICE, Firm, impatient
from shared.testing.service import ServiceUnderTest, service_under_test


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def running_service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceUnderTest]:
    """Work orders, on SQLite and on PostgreSQL."""
    with service_under_test(SERVICE, request.param, tmp_path_factory.mktemp("workorders")) as running:
        yield impatient(running)


@pytest.fixture
def service(running_service: ServiceUnderTest) -> ServiceUnderTest:
    """The service, as two new tenants find it."""
    running_service.take_new_tenants()
    return running_service


@pytest.fixture
def firm(service: ServiceUnderTest) -> Firm:
    """One tenant."""
    return Firm(service)


@pytest.fixture
def other_firm(service: ServiceUnderTest) -> Firm:
    """Another tenant of the same service."""
    return Firm(service, service.other_tenant_id)
