"""Waking across connections of one PostgreSQL database."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy.engine import make_url

from shared.bus.wakeup import PostgresWakeup
from shared.testing.waiting import eventually


def plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture
def pair(postgres_url: str) -> Iterator[tuple[PostgresWakeup, PostgresWakeup]]:
    sender, listener = PostgresWakeup(postgres_url), PostgresWakeup(postgres_url)
    yield sender, listener
    sender.close()
    listener.close()


def test_a_nudge_reaches_another_process(pair: tuple[PostgresWakeup, PostgresWakeup]) -> None:
    sender, listener = pair
    listener.wait("outbox", 0.0)
    assert listener.listening.wait(10)
    while listener.wait("outbox", 0.1):
        """Drain the nudge that beginning to listen is."""
    sender.nudge("outbox")
    assert listener.wait("outbox", 10)


def test_many_nudges_are_few_notifications(postgres_url: str) -> None:
    with psycopg.connect(plain(postgres_url), autocommit=True) as watching:
        watching.execute("LISTEN urakka_wakeup")
        sender = PostgresWakeup(postgres_url)
        for _ in range(1000):
            sender.nudge("outbox")
        heard = list(watching.notifies(timeout=1.0))
        sender.close()
    assert 1 <= len(heard) < 50


def test_a_lost_listener_reconnects_and_counts_it_as_a_nudge(
    pair: tuple[PostgresWakeup, PostgresWakeup], postgres_url: str
) -> None:
    sender, listener = pair
    listener.wait("outbox", 0.0)
    assert listener.listening.wait(10)
    while listener.wait("outbox", 0.1):
        """Drain the nudge that beginning to listen is."""
    with psycopg.connect(plain(postgres_url), autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%%' AND datname ="
            " current_database()"
        )
    assert listener.wait("outbox", 10)
    eventually(listener.listening.is_set)
    while listener.wait("outbox", 0.1):
        """Drain."""
    sender.nudge("outbox")
    assert listener.wait("outbox", 10)
