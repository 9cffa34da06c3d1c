"""`urakka demo`."""

from __future__ import annotations

import os
import shutil
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import click
import requests
from rich.console import Console

from deploy.demo.client import Refused, TooLate
from deploy.demo.scenario import plans_for, play
from deploy.demo.targets import IncompleteTarget, UnusableTarget, netvisor_target, procountor_target
from deploy.onebox import OneBox, OneBoxSettings, lock_folder
from shared.clock import business_day, utc_now
from shared.config import BadConfiguration
from shared.telemetry import configure_logging


@click.command("demo", help="Play the main job: two workbooks in, invoices in the accounting systems out.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write what was done as JSON.")
@click.option("--base-url", envvar="URAKKA_DEMO_BASE_URL", help="Play against a running suite instead of an own one.")
@click.option("--provisioning-key", envvar="URAKKA_PROVISIONING_KEY", help="Of the running suite.")
@click.option("--sandbox-url", envvar="URAKKA_DEMO_SANDBOX_URL", help="The sandbox as this machine reaches it.")
@click.option(
    "--sandbox-url-inside", envvar="URAKKA_DEMO_SANDBOX_URL_INSIDE", help="The sandbox as the suite reaches it."
)
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var/demo"), help="Data of the own suite.")
def demo_command(
    report: Path | None,
    base_url: str | None,
    provisioning_key: str | None,
    sandbox_url: str | None,
    sandbox_url_inside: str | None,
    folder: Path,
) -> None:
    """Start a fresh one-box unless told of a running suite, play, check, stop; exit status 0 if every check holds."""
    if report is not None and not report.absolute().parent.is_dir():
        raise click.UsageError(f"--report: there is no folder {report.absolute().parent}")
    console = Console(width=None if sys.stdout.isatty() else 150)
    started = time.monotonic()
    with ExitStack() as stack:
        if base_url is None:
            box = stack.enter_context(_fresh_box(folder))
            console.print(f"One-box started in {time.monotonic() - started:.1f} s at {box.base_url}", highlight=False)
            base_url, provisioning_key = box.base_url, box.provisioning_key
            sandbox_url = sandbox_url or base_url
        if not provisioning_key or not sandbox_url:
            raise click.UsageError("--base-url needs --provisioning-key and --sandbox-url")
        try:
            inside = sandbox_url_inside or sandbox_url
            targets = {
                "netvisor": netvisor_target(os.environ, sandbox_url, inside),
                "procountor": procountor_target(os.environ, sandbox_url, inside),
            }
            result = play(
                base_url, provisioning_key, plans_for(targets), console=console, today=business_day(utc_now())
            )
        except (IncompleteTarget, UnusableTarget) as error:
            raise click.UsageError(str(error)) from error
        except (Refused, TooLate, requests.RequestException) as error:
            console.print(f"[red]The demo stopped:[/red] {error}", highlight=False)
            sys.exit(1)
        if report is not None:
            result.write(report)
            console.print(f"Report: {report}", highlight=False)
    console.print(f"{time.monotonic() - started:.1f} s in all", highlight=False)
    sys.exit(0 if result.ok else 1)


def _fresh_box(folder: Path) -> OneBox:
    if folder.is_dir():
        lock_folder(folder).close()
        shutil.rmtree(folder)
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise BadConfiguration(f"{folder} cannot be used as the data folder: {error.strerror}") from None
    log = (folder / "urakka.log").open("a", encoding="utf-8")
    configure_logging(os.environ.get("URAKKA_LOG_LEVEL", "INFO"), stream=log, service="suite")
    environment = {"URAKKA_DISPATCH_FIRST_LOOK_S": "3", "URAKKA_DISPATCH_LOOK_PAUSE_S": "1"}
    return OneBox(OneBoxSettings(folder=folder, port=0, environment=environment))
