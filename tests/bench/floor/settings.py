"""What the floor's processes are told, in one JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

KEY_PLACEHOLDER = "URK-00000000-0000-4000-8000-000000000000"
"""Stands in the invoice in place of the document's key, with the same length."""


@dataclass(frozen=True, slots=True)
class FloorSettings:
    """Addresses, ids and the invoice.

    orders_dsn, billing_dsn  as psycopg takes them
    port            of the approving server
    prefix          of all names on the broker
    netvisor        settings of the connection: url, customer_id, partner_id, …
    secrets         customer_key, partner_key
    invoice         the XML with KEY_PLACEHOLDER in it
    """

    orders_dsn: str
    billing_dsn: str
    amqp_url: str
    port: int
    prefix: str
    tenant_id: str
    customer_id: str
    connection_id: str
    netvisor: Mapping[str, Any]
    secrets: Mapping[str, str]
    invoice: str

    def write(self, path: Path) -> None:
        """Write it for the processes."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


def read_settings(path: Path) -> FloorSettings:
    """Read what `write` wrote."""
    return FloorSettings(**json.loads(path.read_text(encoding="utf-8")))
