"""Models and migrations say the same."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

import shared.bus.tables
import shared.db.tables  # noqa: F401 - registers the tables
from services.workorders.models import Base
from shared.db.metadata import INFRASTRUCTURE
from shared.testing.service import ServiceUnderTest


def test_migrations_make_what_the_models_describe(service: ServiceUnderTest) -> None:
    with service.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, [Base.metadata, INFRASTRUCTURE]) == []


def test_every_table_of_a_tenant_is_guarded_by_the_database(service: ServiceUnderTest) -> None:
    if service.database.is_sqlite:
        return
    with service.engine.connect() as connection:
        guarded = set(connection.scalars(text("SELECT relname FROM pg_class WHERE relforcerowsecurity")))
    assert set(Base.metadata.tables) <= guarded
