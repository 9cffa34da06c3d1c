"""`urakka bus status|parked|replay|discard`: what the operator does at three in the morning."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from deploy.suite import SERVICES
from shared.bus import operations
from shared.clock import iso_utc
from shared.config import read_config
from shared.db import Database, make_engine

_console = Console()


@click.group("bus", help="See and mend the events between the services.")
def bus_group() -> None:
    """Hold the commands."""


@bus_group.command(help="Pending, waiting and parked events of every service.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var"), help="Data of the one-box.")
def status(folder: Path) -> None:
    """Print one line for each service and consumer; exit status 1 if something is parked."""
    table = Table("service", "pending", "held back", "oldest pending", "consumer", "waiting", "parked")
    parked = 0
    for service in SERVICES:
        with _database(service, folder) as database:
            found = operations.status(database)
        oldest = iso_utc(found.oldest_pending_at) if found.oldest_pending_at else ""
        head = (service, str(found.pending), str(found.held_back), oldest)
        for index, consumer in enumerate(found.consumers):
            parked += consumer.parked
            left = head if index == 0 else ("", "", "", "")
            table.add_row(*left, consumer.consumer, str(consumer.waiting), str(consumer.parked))
        if not found.consumers:
            table.add_row(*head, "", "", "")
    _console.print(table)
    raise SystemExit(1 if parked else 0)


@bus_group.command(help="List parked events: what needs a person, and why.")
@click.argument("service", type=click.Choice(SERVICES))
@click.option("--type", "event_type", help="Only this type, e.g. workorder.approved.v1.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var"))
def parked(service: str, event_type: str | None, folder: Path) -> None:
    """Print the parked events of one service, oldest first."""
    table = Table("event", "type", "aggregate", "version", "consumer", "attempts", "since", "why")
    with _database(service, folder) as database:
        for event in operations.list_parked(database, event_type=event_type):
            table.add_row(
                event.event_id,
                event.type,
                event.aggregate_id,
                str(event.aggregate_version),
                event.consumer,
                str(event.attempts),
                iso_utc(event.first_seen_at),
                event.error,
            )
    _console.print(table)


@bus_group.command(help="Handle parked events again: by id, by type, or since a moment.")
@click.argument("service", type=click.Choice(SERVICES))
@click.argument("event_ids", nargs=-1)
@click.option("--type", "event_type", help="All of this type.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="All parked since then (UTC).")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var"))
def replay(
    service: str, event_ids: tuple[str, ...], event_type: str | None, since: datetime | None, folder: Path
) -> None:
    """Let the worker take them again; it looks once in a second."""
    with _database(service, folder) as database:
        moment = since.replace(tzinfo=UTC) if since else None
        try:
            count = operations.replay(database, event_ids=event_ids, event_type=event_type, since=moment)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    _console.print(f"{count} to be handled again")


@bus_group.command(help="Give up on one parked event for good, with a reason.")
@click.argument("service", type=click.Choice(SERVICES))
@click.argument("event_id")
@click.option("--reason", required=True)
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var"))
def discard(service: str, event_id: str, reason: str, folder: Path) -> None:
    """Mark it done with the reason; it can never take effect afterwards."""
    with _database(service, folder) as database:
        count = operations.discard(database, event_id, reason=reason)
    _console.print(f"{count} discarded" if count else "no parked event has this id")
    raise SystemExit(0 if count else 1)


@contextmanager
def _database(service: str, folder: Path) -> Iterator[Database]:
    environment = {"URAKKA_DATABASE_URL": f"sqlite:///{folder}/{{service}}.sqlite", **os.environ}
    engine = make_engine(read_config(service, environment).database_url)
    path = engine.url.database or ""
    if engine.dialect.name == "sqlite" and not Path(path).is_file():
        raise click.ClickException(f"there is no data in {folder} yet: `urakka up` makes it, --folder names another")
    try:
        yield Database(engine)
    except SQLAlchemyError as error:
        raise click.ClickException(f"the database of {service} cannot be read: {type(error).__name__}") from error
    finally:
        engine.dispose()
