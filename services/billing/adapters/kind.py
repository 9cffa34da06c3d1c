"""What billing must know of a kind of accounting system, and what the operator allows to all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import Schema

from services.billing.domain.target import AccountingTarget


@dataclass(frozen=True, slots=True)
class TargetKind:
    """One kind of accounting system.

    settings  schema of what may be shown; its `load` fills the defaults in
    secrets   names of the fields that are kept sealed and never shown; all must be given
    build     (settings as loaded by the schema, secrets by name) → a connection. Calls nobody. Build one
              object for each
              connection and keep it: it holds the token and lets only one call at a time through.
    books     (settings as a person gave them) → whose books they lead to, for targets that want one call at a time for
              each company: connections to the same books take turns, over all processes
    company   (settings as loaded by the schema) → where the target's ids belong: settings that lead elsewhere need a
              connection of their own
    repeatable  a document that is sent again makes no second one: receivers know it by its key
    optional_secrets  further secrets, which may be left out: the settings decide which of them are needed
    """

    name: str
    settings: type[Schema]
    secrets: tuple[str, ...]
    build: Callable[[Mapping[str, Any], Mapping[str, str]], AccountingTarget]
    optional_secrets: tuple[str, ...] = ()
    books: Callable[[Mapping[str, Any]], str] | None = None
    company: Callable[[Mapping[str, Any]], str] | None = None
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """What the operator of the installation decides, and no firm in it: both guard the operator's own machines.

    export_root       files for people are written below this folder and nowhere else
    private_webhooks  webhooks and e-invoices may go to private, loopback and link-local addresses
    """

    export_root: Path = Path("var/exports")
    private_webhooks: bool = False
