"""The same wish to create, sent again, makes nothing new."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from shared.db import Database
from shared.db.database import AlreadyExists, Creation, KeyReused
from shared.ids import new_id
from shared.tests.things import FIRM, OTHER_FIRM, Thing, at_once, somebody


def a_creation(key: str | None = "k", body_hash: str = "1" * 64, scope: str = "thing") -> Creation:
    return Creation(scope=scope, key=key, body_hash=body_hash, id=new_id())


def create(database: Database, creation: Creation, tenant_id: str = FIRM, code: str | None = None) -> str:
    """The use case as services write it."""
    with database.begin(somebody(tenant_id)) as uow:
        if old := uow.repeated(creation):
            return old
        uow.session.add(Thing(id=creation.id, code=code or creation.id))
        uow.created(creation, creation.id)
        uow.commit()
        return creation.id


def number_of_things(database: Database, tenant_id: str = FIRM) -> int:
    with database.read(somebody(tenant_id)) as uow:
        return uow.session.scalar(select(func.count(Thing.id))) or 0


def test_a_repetition_gives_what_was_made_first(database: Database) -> None:
    first = create(database, a_creation())
    second = create(database, a_creation())

    assert first == second
    assert number_of_things(database) == 1


def test_the_same_key_for_something_else_is_refused(database: Database) -> None:
    create(database, a_creation())
    with pytest.raises(KeyReused):
        create(database, a_creation(body_hash="2" * 64))

    assert number_of_things(database) == 1


def test_without_a_key_nothing_is_a_repetition(database: Database) -> None:
    assert create(database, a_creation(key=None)) != create(database, a_creation(key=None))


def test_keys_are_apart_by_scope_and_by_tenant(database: Database) -> None:
    made = [
        create(database, a_creation()),
        create(database, a_creation(scope="other")),
        create(database, a_creation(), OTHER_FIRM),
    ]

    assert len(set(made)) == 3
    assert number_of_things(database) == 2


def test_a_creation_that_failed_may_be_tried_again_with_its_key(database: Database) -> None:
    create(database, a_creation(key="first"), code="taken")
    with pytest.raises(AlreadyExists):
        create(database, a_creation(key="second"), code="taken")
    made = create(database, a_creation(key="second"), code="free")

    assert number_of_things(database) == 2
    assert create(database, a_creation(key="second"), code="free") == made


def test_the_same_key_at_the_same_moment_makes_one(database: Database) -> None:
    made = at_once(6, lambda _number: create(database, a_creation()))

    assert len(set(made)) == 1
    assert number_of_things(database) == 1


def test_other_keys_do_not_wait_for_each_other(database: Database) -> None:
    made = at_once(6, lambda number: create(database, a_creation(key=f"k{number}")))

    assert len(set(made)) == 6
