"""The servers that the tests start for themselves: real ones, killed and started again."""

import time
from collections.abc import Iterator
from pathlib import Path

import pika
import psycopg
import pytest

from deploy.dev import probes
from deploy.dev.broker import SETTLE_AFTER_DECLARING_S, OwnBroker
from deploy.dev.postgres import OwnPostgres
from deploy.dev.processes import free_ports, wait_until

QUEUE = {"queue": "kept", "durable": True, "arguments": {"x-queue-type": "quorum"}}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnBroker]:
    """A broker of this module's own."""
    with OwnBroker(tmp_path_factory.mktemp("own") / "broker") as broker:
        yield broker


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnPostgres]:
    """A PostgreSQL cluster of this module's own."""
    with OwnPostgres(tmp_path_factory.mktemp("own") / "postgres") as cluster:
        yield cluster


def test_a_killed_broker_comes_back_with_what_it_confirmed(broker: OwnBroker) -> None:
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        channel = connection.channel()
        channel.queue_declare(**QUEUE)
        channel.confirm_delivery()
        declared = time.monotonic()
        channel.basic_publish("", "kept", b"one order", pika.BasicProperties(delivery_mode=2), mandatory=True)
    assert wait_until(lambda: time.monotonic() - declared > SETTLE_AFTER_DECLARING_S, 10)
    port, first = broker.port, broker.pid

    broker.kill()

    assert broker.pid is None
    assert not broker.answers()
    broker.start()
    assert (broker.port, broker.pid == first) == (port, False)
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        channel = connection.channel()
        assert wait_until(lambda: channel.basic_get("kept", auto_ack=True)[2] == b"one order", 30)


def test_a_broker_is_controlled_by_its_own_command(broker: OwnBroker) -> None:
    assert "urakka" in broker.control("list_users")


def test_a_second_object_of_the_same_folder_finds_the_running_node(broker: OwnBroker) -> None:
    again = OwnBroker(broker.folder)

    assert (again.url, again.pid) == (broker.url, broker.pid)


def test_a_broker_lets_nobody_in_without_its_password(broker: OwnBroker) -> None:
    assert not probes.rabbitmq("127.0.0.1", broker.port, "guest", "guest")


def test_a_killed_cluster_keeps_what_was_committed(cluster: OwnPostgres) -> None:
    address = cluster.url.replace("+psycopg", "")
    with psycopg.connect(address) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS value")

    cluster.kill()
    assert cluster.pid is None
    cluster.start()

    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT value FROM kept").fetchone() == (42,)


def test_a_cluster_lets_nobody_in_without_its_password(cluster: OwnPostgres) -> None:
    assert probes.postgres(("127.0.0.1", cluster.port), "postgres") is None


def test_nothing_is_left_of_a_server_that_was_deleted(tmp_path: Path) -> None:
    with OwnPostgres(tmp_path / "postgres") as cluster:
        folder = cluster.folder
        assert cluster.pid is not None

    assert cluster.pid is None
    assert not folder.exists()


def test_probes_say_no_where_nobody_listens() -> None:
    (port,) = free_ports(1)

    assert probes.postgres(("127.0.0.1", port), "postgres") is None
    assert not probes.rabbitmq("127.0.0.1", port, "guest", "guest")


def test_probes_say_no_where_a_server_speaks_something_else(broker: OwnBroker, cluster: OwnPostgres) -> None:
    assert probes.postgres(("127.0.0.1", broker.port), "postgres") is None
    assert not probes.rabbitmq("127.0.0.1", cluster.port, "guest", "guest")
