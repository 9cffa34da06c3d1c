"""The audit log: who changed what, from what to what, in the same transaction."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from shared.clock import utc_now
from shared.db import Database, get_or_404
from shared.db.tables import audit_log
from shared.tests.things import FIRM, OTHER_FIRM, Part, Thing, somebody, store


def entries(database: Database, tenant_id: str = FIRM) -> list[dict[str, Any]]:
    with database.read(somebody(tenant_id)) as uow:
        rows = uow.session.execute(select(audit_log).where(audit_log.c.tenant_id == tenant_id).order_by(audit_log.c.id))
        return [dict(row._mapping) for row in rows]


def change(database: Database, thing_id: str, **values: Any) -> None:
    with database.begin(somebody()) as uow:
        thing = get_or_404(uow.session, Thing, thing_id)
        for name, value in values.items():
            setattr(thing, name, value)
        uow.commit()


def test_a_creation_is_logged_with_all_that_was_given(database: Database) -> None:
    thing = Thing(
        code="a", amount=Decimal("12.50"), made_on=date(2026, 2, 1), due_at=datetime(2026, 2, 3, 4, 5, tzinfo=UTC)
    )
    with database.begin(somebody(correlation_id="order-1")) as uow:
        uow.session.add(thing)
        uow.commit()
    (entry,) = entries(database)

    assert entry["action"] == "created"
    assert (entry["entity"], entry["entity_id"]) == ("things", thing.id)
    assert (entry["actor"], entry["tenant_id"], entry["correlation_id"]) == ("user-1", FIRM, "order-1")
    assert abs((utc_now() - entry["at"]).total_seconds()) < 60
    changes = {name: change["to"] for name, change in entry["changes"].items() if name != "id"}
    assert changes == {"code": "a", "amount": "12.50", "made_on": "2026-02-01", "due_at": "2026-02-03T04:05:00+00:00"}


def test_a_change_is_logged_field_by_field(database: Database) -> None:
    thing = Thing(code="a", amount=Decimal("1.00"), price=Decimal("2.0000"))
    store(database, thing)
    change(database, thing.id, amount=Decimal("1.50"), price=Decimal("2"), rate=Decimal("25.50"))
    entry = entries(database)[-1]

    assert entry["action"] == "changed"
    assert entry["changes"] == {"amount": {"from": "1.00", "to": "1.50"}, "rate": {"from": None, "to": "25.50"}}


def test_a_change_to_the_same_leaves_no_entry(database: Database) -> None:
    thing = Thing(code="a", amount=Decimal("1.00"))
    store(database, thing)
    change(database, thing.id, amount=Decimal("1"), code="a")
    with database.begin(somebody()) as uow:
        get_or_404(uow.session, Thing, thing.id).touch(utc_now())
        uow.commit()

    assert [entry["action"] for entry in entries(database)] == ["created"]


def test_hidden_fields_are_logged_without_their_values(database: Database) -> None:
    thing = Thing(code="a", secret="hunter2")
    store(database, thing)
    change(database, thing.id, secret="hunter3")
    log = entries(database)

    assert "secret" in log[0]["changes"]
    assert "secret" in log[1]["changes"]
    assert "hunter" not in str(log)


def test_fields_that_only_repeat_others_are_left_out(database: Database) -> None:
    thing = Thing(code="a", search_text="a a a")
    store(database, thing)
    change(database, thing.id, search_text="b")

    assert [sorted(entry["changes"]) for entry in entries(database)] == [["code", "id"]]


def test_a_removal_is_logged(database: Database) -> None:
    thing = Thing(code="a")
    store(database, thing)
    with database.begin(somebody()) as uow:
        uow.session.delete(get_or_404(uow.session, Thing, thing.id))
        uow.commit()
    entry = entries(database)[-1]

    assert (entry["action"], entry["entity_id"]) == ("deleted", thing.id)


def test_the_log_is_rolled_back_with_the_change(database: Database) -> None:
    with database.begin(somebody()) as uow:
        uow.session.add(Thing(code="a"))
        uow.session.flush()

    assert entries(database) == []


def test_several_flushes_log_each_change_once(database: Database) -> None:
    with database.begin(somebody()) as uow:
        thing = Thing(code="a")
        uow.session.add(thing)
        uow.session.flush()
        thing.code = "b"
        uow.session.flush()
        uow.session.flush()
        uow.commit()

    assert [entry["action"] for entry in entries(database)] == ["created", "changed"]


def test_classes_that_are_not_audited_leave_no_entry(database: Database) -> None:
    store(database, Thing(code="a", parts=[Part(name="p")]))

    assert {entry["entity"] for entry in entries(database)} == {"things"}


def test_each_tenant_has_its_own_log(database: Database) -> None:
    store(database, Thing(code="a"))
    store(database, Thing(code="b"), tenant_id=OTHER_FIRM)

    assert [entry["changes"]["code"]["to"] for entry in entries(database, OTHER_FIRM)] == ["b"]
