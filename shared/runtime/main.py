"""`python -m services.X …`: every way to run one service."""

from __future__ import annotations

import sys

import click

from shared.bus import runtime as bus
from shared.config import BadConfiguration, read_config
from shared.db import make_engine, migrate
from shared.db.sealed import seal_anew
from shared.runtime.api import serve_api
from shared.runtime.build import build_runtime
from shared.runtime.worker import ROLES, run_worker
from shared.service import ServiceDefinition
from shared.telemetry import configure_logging


def main(definition: ServiceDefinition, *own: click.Command) -> None:
    """Run the command line of one service, with its own commands if it has any; ends the process."""
    group = _commands(definition)
    for command in own:
        group.add_command(command)
    try:
        group(standalone_mode=True)
    except BadConfiguration as error:
        click.echo(f"urakka {definition.name}: {error}", err=True)
        sys.exit(2)


def _commands(definition: ServiceDefinition) -> click.Group:
    @click.group(help=f"{definition.title}. {definition.description}")
    def group() -> None:
        pass

    @group.command(help="Serve the HTTP API (gunicorn).")
    def api() -> None:
        serve_api(definition, read_config(definition.name))

    @group.command(help="Run relay, consumers and jobs in one process.")
    @click.option("--only", type=click.Choice(ROLES), multiple=True, help="Run only this part; may be repeated.")
    def worker(only: tuple[str, ...]) -> None:
        sys.exit(run_worker(definition, read_config(definition.name), only or ROLES))

    for role, text in (("relay", "Publish the outbox."), ("consume", "Consume events."), ("jobs", "Run the jobs.")):
        group.add_command(_role_command(definition, role, text))

    @group.command("migrate", help="Bring the database to the newest schema; several may do it at once.")
    def migrate_command() -> None:
        config = read_config(definition.name)
        configure_logging(config.log_level, service=definition.name, role="migrate")
        changed = migrate.upgrade(make_engine(config.database_url), definition.name)
        click.echo(f"{definition.name}: {'migrated' if changed else 'already up to date'}")

    @group.command(help="Verify the service's invariants; exit status 1 if one is broken.")
    def check() -> None:
        runtime = build_runtime(definition, read_config(definition.name))
        wrong = definition.check(runtime)
        for line in wrong:
            click.echo(line)
        click.echo(f"{definition.name}: {len(wrong)} broken" if wrong else f"{definition.name}: all invariants hold")
        sys.exit(1 if wrong else 0)

    @group.command(help="Declare exchanges, queues and bindings on the broker (needs the permission to configure).")
    def topology() -> None:
        config = read_config(definition.name)
        if config.amqp_url is None:
            raise BadConfiguration("URAKKA_AMQP_URL is not set")
        bus.apply_topology(config.amqp_url, config.bus_prefix)
        click.echo("topology declared")

    if definition.sealed:
        group.add_command(_rotate_command(definition))
    return group


def _rotate_command(definition: ServiceDefinition) -> click.Command:
    @click.command("rotate-secrets", help="Seal all secrets with the key of URAKKA_SECRET_KEY; may be repeated.")
    def rotate_secrets() -> None:
        config = read_config(definition.name)
        rotated = seal_anew(build_runtime(definition, config).database, definition.sealed, config.secret_box)
        click.echo(f"{definition.name}: {rotated.sealed} sealed anew, {rotated.already} had the new key already")
        how = "with neither key" if config.old_secret_key else "only with another key: set URAKKA_OLD_SECRET_KEY"
        for what in rotated.unreadable:
            click.echo(f"{definition.name}: {what} opens {how}")
        sys.exit(1 if rotated.unreadable else 0)

    return rotate_secrets


def _role_command(definition: ServiceDefinition, role: str, text: str) -> click.Command:
    @click.command(role, help=text)
    def run() -> None:
        sys.exit(run_worker(definition, read_config(definition.name), (role,)))

    return run
