"""What must be true of every service, whatever it does."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, MetaData, inspect, text

from deploy.suite import SERVICES, definition_of
from shared.bus.wakeup import LocalWakeup
from shared.config import read_config
from shared.crypto import new_key_text
from shared.db import migrate
from shared.db.metadata import INFRASTRUCTURE
from shared.http import create_app
from shared.http.blueprint import PERMISSIONS, PUBLIC
from shared.runtime.build import build_runtime

NOT_TENANT_SCOPED = {"outbox", "inbox", "copy_state", "alembic_version"}
"""Infrastructure that serves all tenants at once; each has its reason in shared/bus/tables.py."""


@pytest.mark.parametrize("service", SERVICES)
def test_models_and_migrations_agree(service: str, any_engine: Engine) -> None:
    migrate.upgrade(any_engine, service)
    with any_engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, _all_tables(service))

    assert differences == []


@pytest.mark.parametrize("service", SERVICES)
def test_migrating_twice_changes_nothing(service: str, any_engine: Engine) -> None:
    assert migrate.upgrade(any_engine, service) is True
    assert migrate.upgrade(any_engine, service) is False
    assert migrate.pending(any_engine, service) is False


@pytest.mark.parametrize("service", SERVICES)
def test_every_table_with_a_tenant_is_under_row_level_security(service: str, postgres_engine: Engine) -> None:
    migrate.upgrade(postgres_engine, service)
    scoped = {
        table
        for table in inspect(postgres_engine).get_table_names()
        if any(column["name"] == "tenant_id" for column in inspect(postgres_engine).get_columns(table))
    } - NOT_TENANT_SCOPED
    with postgres_engine.connect() as connection:
        secured = set(
            connection.execute(
                text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND relforcerowsecurity")
            ).scalars()
        )

    assert scoped
    assert scoped <= secured


@pytest.mark.parametrize("service", SERVICES)
def test_unique_keys_of_tenant_tables_begin_with_the_tenant(service: str) -> None:
    globally_unique = {"uq_users_email", "uq_sessions_token_hash", "uq_api_keys_key_hash"}
    for table in definition_of(service).metadata.sorted_tables:
        if "tenant_id" not in table.c:
            continue
        for constraint in table.constraints:
            if type(constraint).__name__ == "UniqueConstraint" and constraint.name not in globally_unique:
                assert next(iter(constraint.columns)).name == "tenant_id", f"{table.name}: {constraint.name}"


@pytest.mark.parametrize("service", SERVICES)
def test_every_endpoint_says_who_may_call_it(service: str, sqlite_url: str) -> None:
    config = read_config(service, {"URAKKA_DATABASE_URL": sqlite_url, "URAKKA_SECRET_KEY": new_key_text()})
    definition = definition_of(service)
    app = create_app(definition, build_runtime(definition, config, wakeup=LocalWakeup()))
    unmarked = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        and not hasattr(app.view_functions[rule.endpoint], PERMISSIONS)
        and not hasattr(app.view_functions[rule.endpoint], PUBLIC)
    ]

    assert unmarked == []


def _all_tables(service: str) -> MetaData:
    together = MetaData()
    for table in (*definition_of(service).metadata.sorted_tables, *INFRASTRUCTURE.sorted_tables):
        table.to_metadata(together)
    return together
