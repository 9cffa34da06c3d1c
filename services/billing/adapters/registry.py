"""Which accounting systems there are, what each must be told, and how a connection to it is built."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema

from services.billing.adapters.netvisor import client as netvisor_client
from services.billing.adapters.netvisor import mapping as netvisor_mapping
from services.billing.adapters.netvisor import settings as netvisor_settings
from services.billing.adapters.netvisor.target import NetvisorTarget
from services.billing.adapters.procountor import client as procountor_client
from services.billing.adapters.procountor import mapping as procountor_mapping
from services.billing.adapters.procountor import settings as procountor_settings
from services.billing.adapters.procountor.target import ProcountorTarget
from services.billing.adapters.secret import Secret
from services.billing.adapters.transport import Transport
from services.billing.domain.target import AccountingTarget


@dataclass(frozen=True, slots=True)
class TargetKind:
    """One kind of accounting system.

    settings  schema of what may be shown; its `load` fills the defaults in
    secrets   names of the fields that are kept sealed and never shown; all must be given
    build     (settings as loaded by the schema, secrets by name) → a connection. Calls nobody. Build one
              object for each
              connection and keep it: it holds the token and lets only one call at a time through.
    """

    name: str
    settings: type[Schema]
    secrets: tuple[str, ...]
    build: Callable[[Mapping[str, Any], Mapping[str, str]], AccountingTarget]


def _build_netvisor(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> AccountingTarget:
    credentials = netvisor_client.Credentials(
        **{
            name: settings[name]
            for name in ("sender", "customer_id", "partner_id", "organisation_id", "language", "algorithm")
        },
        customer_key=Secret(secrets["customer_key"]),
        partner_key=Secret(secrets["partner_key"]),
    )
    transport = Transport(settings["connect_timeout_s"], settings["read_timeout_s"])
    rules = netvisor_mapping.Rules(
        invoice_type=settings["invoice_type"],
        vat_codes=dict(settings["vat_codes"]),
        product_group=settings["product_group"],
        product_name_limit=settings["product_name_limit"],
    )
    client = netvisor_client.NetvisorClient(settings["url"], credentials, transport)
    return NetvisorTarget(client, rules, read_back=settings["read_back"])


def _build_procountor(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> AccountingTarget:
    credentials = procountor_client.Credentials(**{name: Secret(secrets[name]) for name in procountor_settings.SECRETS})
    transport = Transport(settings["connect_timeout_s"], settings["read_timeout_s"])
    rules = procountor_mapping.Rules(
        iban=settings["iban"].replace(" ", ""),
        vat_statuses=dict(settings["vat_statuses"]),
        units=dict(settings["units"]),
        invoice_channel=settings["invoice_channel"],
        language=settings["language"],
        accounting_by_row=settings["accounting_by_row"],
    )
    client = procountor_client.ProcountorClient(
        settings["url"], credentials, transport, requests_per_second=settings["requests_per_second"]
    )
    return ProcountorTarget(client, rules)


TARGETS: Mapping[str, TargetKind] = {
    kind.name: kind
    for kind in (
        TargetKind("netvisor", netvisor_settings.NetvisorSettings, netvisor_settings.SECRETS, _build_netvisor),
        TargetKind(
            "procountor", procountor_settings.ProcountorSettings, procountor_settings.SECRETS, _build_procountor
        ),
    )
}
"""By the name that a connection stores."""
