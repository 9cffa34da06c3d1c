"""Commands of identity beside those that every service has."""

from __future__ import annotations

import click

from services.identity.adapters.signing import LEAD
from services.identity.bootstrap import SERVICE
from shared.config import read_config
from shared.runtime.build import build_runtime


@click.command("rotate-signing-key", help="Sign access tokens with a new key, without a restart of anything.")
@click.option(
    "--at-once", is_flag=True, help="The old key got about: sign with the new one now, refuse the old one's tokens."
)
def rotate_signing_key(at_once: bool) -> None:
    """Say what was made, and from when it signs."""
    key_id = build_runtime(SERVICE, read_config(SERVICE.name)).own.signer.rotate(at_once=at_once)
    when = "now; all others are taken back" if at_once else f"in {int(LEAD.total_seconds() / 60)} minutes"
    click.echo(f"identity: key {key_id} signs {when}")
