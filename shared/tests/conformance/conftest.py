"""The fixtures that run every conformance case on both worlds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.db import make_engine
from shared.db.metadata import INFRASTRUCTURE
from shared.testing.servers import temporary_database
from shared.tests.conformance.world import Base, LocalPipe, RabbitPipe, World

MakeWorld = Callable[..., World]


@pytest.fixture(scope="session")
def two_postgres_urls() -> Iterator[tuple[str, str]]:
    """Two databases for the whole run; each test finds them empty."""
    with temporary_database("producer") as producer, temporary_database("consumer") as consumer:
        yield producer, consumer


@pytest.fixture(params=["local", "rabbitmq"])
def make_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeWorld]:
    """A function that builds a world; bound (events can arrive) unless told otherwise."""
    made: list[World] = []
    local = request.param == "local"
    if local:
        urls = (f"sqlite:///{tmp_path}/producer.sqlite", f"sqlite:///{tmp_path}/consumer.sqlite")
    else:
        urls = request.getfixturevalue("two_postgres_urls")
        for url in urls:
            _empty(url)

    def build(*, bound: bool = True, ordered: bool = False) -> World:
        world = World(LocalPipe if local else RabbitPipe, urls, ordered=ordered)
        made.append(world)
        if bound:
            world.pipe.bind()
        return world

    yield build
    for world in made:
        world.close()


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A world that is ready."""
    return make_world()


def _empty(url: str) -> None:
    engine = make_engine(url)
    Base.metadata.drop_all(engine)
    INFRASTRUCTURE.drop_all(engine)
    engine.dispose()
