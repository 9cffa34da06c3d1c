"""The command line: `urakka up`, `urakka demo`, `urakka import`, `urakka bus …`."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import click
from rich.console import Console

from deploy.bus_commands import bus_group
from deploy.demo.command import demo_command
from deploy.import_command import import_command
from deploy.onebox import OneBox, OneBoxSettings
from deploy.production import Production, ProductionSettings
from deploy.suite import definition_of
from deploy.welcome import make_first_tenant, print_addresses
from shared.config import BadConfiguration
from shared.telemetry import configure_logging


@click.group(help="Urakka: billable field work, from the work done to the invoice in the accounting system.")
def urakka() -> None:
    """Hold the commands."""


@urakka.command(help="Run the whole suite until Ctrl-C: in one process, or with --production in many.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes any free port.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var"), show_default=True)
@click.option(
    "--production",
    is_flag=True,
    help="PostgreSQL and RabbitMQ from URAKKA_DATABASE_URL (with {service}) and URAKKA_AMQP_URL; a process for each "
    "API and worker.",
)
def up(host: str, port: int, folder: Path, production: bool) -> None:
    """Start, say where everything is, stay."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadConfiguration(f"{folder} cannot be used as the data folder: {error.strerror}") from None
    log = (folder / "urakka.log").open("a", encoding="utf-8")
    configure_logging(os.environ.get("URAKKA_LOG_LEVEL", "INFO"), stream=log, service="suite")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    suite: OneBox | Production
    if production:
        suite = Production(_production_settings(host, port, folder))
    else:
        suite = OneBox(OneBoxSettings(folder=folder, host=host, port=port))
    console = Console()
    with suite:
        login = make_first_tenant(suite.base_url, suite.provisioning_key, folder)
        print_addresses(console, suite.base_url, login, sandbox=not production)
        stop.wait()
        console.print("Stopping …")


def _production_settings(host: str, port: int, folder: Path) -> ProductionSettings:
    missing = [name for name in ("URAKKA_DATABASE_URL", "URAKKA_AMQP_URL") if not os.environ.get(name)]
    if missing:
        raise BadConfiguration(f"--production needs {' and '.join(missing)}")
    return ProductionSettings(
        database_url=os.environ["URAKKA_DATABASE_URL"],
        amqp_url=os.environ["URAKKA_AMQP_URL"],
        host=host,
        port=port,
        bus_prefix=os.environ.get("URAKKA_BUS_PREFIX", ""),
        log_folder=folder / "log",
    )


@urakka.command(help="Verify the services' invariants on the data of the one-box; exit status 1 if one is broken.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var"), show_default=True)
def check(folder: Path) -> None:
    """Print what is wrong, or that nothing is. Elsewhere each service has `python -m services.<name> check`."""
    if not (folder / "onebox-secrets.json").is_file():
        raise click.ClickException(f"there is no data in {folder} yet: `urakka up` makes it, --folder names another")
    configure_logging("ERROR", service="suite")
    box = OneBox(OneBoxSettings(folder=folder))
    box.prepare()
    broken = 0
    for name, runtime in box.runtimes.items():
        wrong = definition_of(name).check(runtime)
        broken += len(wrong)
        for line in wrong:
            click.echo(f"{name}: {line}")
    box.stop()
    click.echo(f"{broken} broken" if broken else "all invariants hold")
    sys.exit(1 if broken else 0)


urakka.add_command(demo_command)
urakka.add_command(import_command)
urakka.add_command(bus_group)


def main() -> None:
    """Run the command line; a wrong environment is said in one line, with exit status 2."""
    try:
        urakka(prog_name="urakka")
    except BadConfiguration as error:
        click.echo(f"urakka: {error}", err=True)
        sys.exit(2)
