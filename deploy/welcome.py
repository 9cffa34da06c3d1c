"""What `urakka up` makes and says at its first start: a firm to log in to, and the addresses."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from deploy.demo.client import ApiClient
from deploy.sandbox import ProcountorSettings
from deploy.sandbox.demo import NETVISOR, PROCOUNTOR
from deploy.suite import SERVICES


@dataclass(frozen=True, slots=True)
class Login:
    """How to log in to the firm that was made."""

    email: str
    password: str


def make_first_tenant(base_url: str, provisioning_key: str, folder: Path) -> Login:
    """Create a firm with an administrator who may do everything, once; the log-in is kept in `folder`, owner-only.

    May be repeated: the firm is created under an Idempotency-Key, so a start that died half-way goes on.
    """
    path = folder / "login.json"
    if path.exists():
        known = json.loads(path.read_text())
        login = Login(known["email"], known["password"])
    else:
        login = Login("admin@oma.example", f"{secrets.token_urlsafe(9)}-{secrets.token_urlsafe(4)}")
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({"email": login.email, "password": login.password}, file)
    body = {
        "name": "Oma Huolto Oy",
        "admin_name": "Pääkäyttäjä",
        "admin_email": login.email,
        "admin_password": login.password,
    }
    headers = {"X-Provisioning-Key": provisioning_key, "Idempotency-Key": "first-tenant"}
    ApiClient(base_url).post("/api/identity/v1/tenants", body, headers)
    client = ApiClient(base_url).log_in(login.email, login.password)
    admin = next(user for user in client.pages("/api/identity/v1/users") if user["email"] == login.email)
    roles = ["administrator", "biller", "supervisor", "worker"]
    if admin["roles"] != roles:
        client.change(f"/api/identity/v1/users/{admin['id']}", {"roles": roles})
    return login


def print_addresses(console: Console, base_url: str, login: Login, *, sandbox: bool) -> None:
    """Say where everything is."""
    console.print(f"\n[bold]Urakka is running at {base_url}[/bold]   (Ctrl-C stops it)\n")
    for name in SERVICES:
        console.print(f"  {name:<11} {base_url}/api/{name}/v1/docs", highlight=False)
    console.print(f"\n  log in      POST {base_url}/api/identity/v1/tokens", highlight=False)
    console.print(f"  e-mail      {login.email}\n  password    {login.password}", highlight=False)
    if sandbox:
        netvisor, procountor = NETVISOR["demo"], PROCOUNTOR["demo"]
        iban = ProcountorSettings().bank_accounts[0]
        console.print("\n  Simulated accounting systems, to make a connection to (they forget their books at the end):")
        console.print(f"  Netvisor    {base_url}/netvisor   {_listed(netvisor)}", highlight=False, soft_wrap=True)
        console.print(
            f"  Procountor  {base_url}/procountor/api   {_listed(procountor)}, iban {iban}",
            highlight=False,
            soft_wrap=True,
        )
    console.print()


def _listed(credentials: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in credentials.items())
