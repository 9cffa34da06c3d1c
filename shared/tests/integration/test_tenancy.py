"""Nobody reads, changes or stores anything of another tenant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, delete, exists, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from shared.context import SYSTEM_TENANT, system_context
from shared.db import Database, get_or_404
from shared.db.tables import number_series
from shared.errors import NotFound
from shared.tests.things import FIRM, OTHER_FIRM, Part, Thing, somebody, store


@pytest.fixture
def firms(database: Database) -> Database:
    """Two firms, each with a thing `a` that has one part, and one thing `b` of the other firm only."""
    return filled(database)


@pytest.fixture
def postgres(postgres_things: Engine) -> Database:
    """The same firms, on PostgreSQL."""
    return filled(Database(postgres_things))


def filled(database: Database) -> Database:
    for tenant in (FIRM, OTHER_FIRM):
        part = Part(name=f"part of {tenant}")
        store(database, Thing(code="a", secret=f"secret of {tenant}", parts=[part]), tenant_id=tenant)
    store(database, Thing(code="b", secret="other's"), tenant_id=OTHER_FIRM)
    return database


def id_of(database: Database, tenant_id: str, code: str = "a") -> str:
    with database.read(somebody(tenant_id)) as uow:
        return uow.session.scalars(select(Thing.id).where(Thing.code == code)).one()


OWN_ROWS: list[tuple[str, Callable[[Session], Any], Any]] = [
    ("select", lambda s: [t.tenant_id for t in s.scalars(select(Thing))], [FIRM]),
    ("columns", lambda s: list(s.scalars(select(Thing.tenant_id))), [FIRM]),
    ("alias", lambda s: list(s.scalars(select(aliased(Thing).code))), ["a"]),
    ("count", lambda s: s.scalar(select(func.count()).select_from(Thing)), 1),
    ("count of a column", lambda s: s.scalar(select(func.count(Thing.id))), 1),
    ("exists", lambda s: s.scalar(select(exists().where(Thing.code == "b"))), False),
    ("subquery", lambda s: s.scalar(select(func.count()).select_from(select(Thing.id).subquery())), 1),
    ("in a subquery", lambda s: list(s.scalars(select(Part.name).where(Part.thing_id.in_(select(Thing.id))))), [
        f"part of {FIRM}"
    ]),
    ("join", lambda s: [tuple(r) for r in s.execute(select(Thing.code, Part.name).join(Part))], [
        ("a", f"part of {FIRM}")
    ]),
    ("join on a common value", lambda s: s.scalar(join_on_code()), 1),
    ("joined load", lambda s: loaded_parts(s, joinedload(Thing.parts)), [f"part of {FIRM}"]),
    ("select-in load", lambda s: loaded_parts(s, selectinload(Thing.parts)), [f"part of {FIRM}"]),
    ("lazy load", lambda s: [p.name for t in s.scalars(select(Thing)) for p in t.parts], [f"part of {FIRM}"]),
    ("union", lambda s: len(s.execute(select(Thing.id).union_all(select(Thing.id))).all()), 2),
]  # fmt: skip


def join_on_code() -> Any:
    """A join by a value that both firms use: each side needs the condition."""
    left, right = aliased(Thing), aliased(Thing)
    return select(func.count()).select_from(left).join(right, left.code == right.code)


def loaded_parts(session: Session, option: Any) -> list[str]:
    return [part.name for thing in session.scalars(select(Thing).options(option)).unique() for part in thing.parts]


@pytest.mark.parametrize(("ask", "expected"), [row[1:] for row in OWN_ROWS], ids=[row[0] for row in OWN_ROWS])
def test_a_query_sees_only_the_own_rows(firms: Database, ask: Callable[[Session], Any], expected: Any) -> None:
    with firms.read(somebody(FIRM)) as uow:
        assert ask(uow.session) == expected


def test_the_condition_follows_the_tenant_and_not_the_first_use_of_a_statement(firms: Database) -> None:
    for tenant in (FIRM, OTHER_FIRM, FIRM):
        with firms.read(somebody(tenant)) as uow:
            assert uow.session.scalars(select(Thing.secret).where(Thing.code == "a")).all() == [f"secret of {tenant}"]


def test_get_of_anothers_id_finds_nothing(firms: Database) -> None:
    foreign = id_of(firms, OTHER_FIRM)
    with firms.read(somebody(FIRM)) as uow:
        assert uow.session.get(Thing, foreign) is None
        with pytest.raises(NotFound):
            get_or_404(uow.session, Thing, foreign)
        with pytest.raises(NotFound):
            get_or_404(uow.session, Thing, "no id at all\x00")


def test_update_and_delete_touch_only_the_own_rows(firms: Database) -> None:
    with firms.begin(somebody(FIRM)) as uow:
        uow.session.execute(update(Thing).values(secret="changed"))
        uow.session.execute(delete(Part))
        uow.commit()
    with firms.read(somebody(OTHER_FIRM)) as uow:
        assert sorted(uow.session.scalars(select(Thing.secret))) == sorted([f"secret of {OTHER_FIRM}", "other's"])
        assert uow.session.scalar(select(func.count(Part.id))) == 1
    with firms.read(somebody(FIRM)) as uow:
        assert list(uow.session.scalars(select(Thing.secret))) == ["changed"]
        assert uow.session.scalar(select(func.count(Part.id))) == 0


def test_a_new_record_gets_the_tenant_and_cannot_name_another(firms: Database) -> None:
    thing = Thing(code="new")
    store(firms, thing)

    assert thing.tenant_id == FIRM
    with pytest.raises(RuntimeError, match="another tenant"):
        store(firms, Thing(code="smuggled", tenant_id=OTHER_FIRM))


def test_a_record_cannot_be_moved_to_another_tenant(firms: Database) -> None:
    with firms.begin(somebody(FIRM)) as uow:
        thing = uow.session.scalars(select(Thing)).one()
        thing.tenant_id = OTHER_FIRM
        with pytest.raises(RuntimeError, match="another tenant"):
            uow.commit()


def test_the_system_sees_all_and_must_name_the_tenant_of_what_it_stores(firms: Database) -> None:
    with firms.read(system_context("test")) as uow:
        assert uow.session.scalar(select(func.count(Thing.id))) == 3
    store(firms, Thing(code="c", tenant_id=FIRM), tenant_id=SYSTEM_TENANT)
    with pytest.raises(RuntimeError, match="needs a tenant"):
        store(firms, Thing(code="d"), tenant_id=SYSTEM_TENANT)


def test_a_reading_unit_of_work_cannot_write(firms: Database) -> None:
    with firms.read(somebody(FIRM)) as uow, pytest.raises(DBAPIError):
        uow.session.execute(update(Thing).values(secret="changed"))
    store(firms, Thing(code="afterwards"))


RAW = [
    ("select", "SELECT count(*) FROM things WHERE tenant_id = :other", 0),
    ("select all", "SELECT count(*) FROM things", 1),
    ("update", "WITH hit AS (UPDATE things SET secret = 'x' WHERE tenant_id = :other RETURNING 1) SELECT count(*) "
     "FROM hit", 0),
    ("delete", "WITH hit AS (DELETE FROM parts WHERE tenant_id = :other RETURNING 1) SELECT count(*) FROM hit", 0),
    ("audit log", "SELECT count(*) FROM audit_log WHERE tenant_id = :other", 0),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "count"), [row[1:] for row in RAW], ids=[row[0] for row in RAW])
def test_postgresql_itself_hides_other_tenants_from_plain_sql(postgres: Database, sql: str, count: int) -> None:
    with postgres.begin(somebody(FIRM)) as uow:
        assert uow.session.scalar(text(sql), {"other": OTHER_FIRM}) == count


def test_postgresql_shows_nothing_to_a_connection_that_named_no_tenant(postgres: Database) -> None:
    with postgres.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM things")) == 0


def test_the_tenant_setting_does_not_outlive_its_transaction(postgres: Database) -> None:
    with postgres.begin(system_context("test")) as uow:
        uow.commit()
        assert uow.session.scalar(text("SELECT count(*) FROM things")) == 0


@pytest.mark.parametrize(
    "write",
    [
        insert(Thing.__table__).values(
            id="x", tenant_id=OTHER_FIRM, code="c", version=1, created_at=func.now(), changed_at=func.now()
        ),
        update(Thing.__table__).values(tenant_id=OTHER_FIRM),
        insert(number_series).values(tenant_id=OTHER_FIRM, name="workorder", last=100),
    ],
    ids=["insert", "move", "number series"],
)
def test_postgresql_itself_stores_nothing_for_another_tenant(postgres: Database, write: Any) -> None:
    with postgres.begin(somebody(FIRM)) as uow, pytest.raises(DBAPIError, match="row-level security"):
        uow.session.execute(write)


def test_the_databases_of_the_tests_are_bound_by_policies(postgres_engine: Engine) -> None:
    with postgres_engine.connect() as connection:
        unbound = text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert connection.scalar(unbound) is False
