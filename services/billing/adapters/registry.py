"""Which accounting systems there are, what each must be told, and how a connection to it is built."""

from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from typing import Any
from urllib.parse import urlsplit

from services.billing.adapters.delivery import settings as delivery_settings
from services.billing.adapters.einvoice.settings import seller_of
from services.billing.adapters.einvoice.target import EinvoiceTarget
from services.billing.adapters.excel.build import excel_kind
from services.billing.adapters.finvoice.form import FinvoiceForm
from services.billing.adapters.finvoice.settings import FinvoiceSettings
from services.billing.adapters.kind import Site, TargetKind
from services.billing.adapters.netvisor import client as netvisor_client
from services.billing.adapters.netvisor import rules as netvisor_rules
from services.billing.adapters.netvisor import settings as netvisor_settings
from services.billing.adapters.netvisor.target import NetvisorTarget
from services.billing.adapters.peppol.form import PeppolForm
from services.billing.adapters.peppol.settings import PeppolSettings
from services.billing.adapters.plugins import Plugins, find_plugins
from services.billing.adapters.procountor import client as procountor_client
from services.billing.adapters.procountor import settings as procountor_settings
from services.billing.adapters.procountor.target import ProcountorTarget
from services.billing.adapters.procountor.vat import VatShelf
from services.billing.adapters.secret import Secret
from services.billing.adapters.transport import Transport
from services.billing.adapters.webhook.target import webhook_kind
from services.billing.domain.target import AccountingTarget
from shared.telemetry import get_logger

log = get_logger("billing.targets")


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
    names = [each.name for each in dataclass_fields(netvisor_rules.Rules)]
    rules = netvisor_rules.Rules(**{name: settings[name] for name in names})
    client = netvisor_client.NetvisorClient(settings["url"], credentials, transport)
    return NetvisorTarget(client, rules, read_back=settings["read_back"])


def _host(settings: Mapping[str, Any]) -> str:
    return urlsplit(settings["url"]).netloc.lower()


def _build_procountor(settings: Mapping[str, Any], secrets: Mapping[str, str], shelf: VatShelf) -> AccountingTarget:
    credentials = procountor_client.Credentials(**{name: Secret(secrets[name]) for name in procountor_settings.SECRETS})
    transport = Transport(settings["connect_timeout_s"], settings["read_timeout_s"])
    client = procountor_client.ProcountorClient(
        settings["url"], credentials, transport, requests_per_second=settings["requests_per_second"]
    )
    return ProcountorTarget(client, procountor_settings.rules_of(settings), shelf)


def _build_finvoice(settings: Mapping[str, Any], secrets: Mapping[str, str], site: Site) -> AccountingTarget:
    delivery = delivery_settings.build_delivery(settings, secrets, site)
    return EinvoiceTarget(FinvoiceForm(settings["encoding"]), seller_of(settings), delivery)


def _build_peppol(settings: Mapping[str, Any], secrets: Mapping[str, str], site: Site) -> AccountingTarget:
    delivery = delivery_settings.build_delivery(settings, secrets, site)
    return EinvoiceTarget(PeppolForm(settings["customer_number_as_reference"]), seller_of(settings), delivery)


def built_in(site: Site) -> Mapping[str, TargetKind]:
    """The targets that come with Urakka, by name, as the operator allows them."""
    shelf = VatShelf()
    kinds = (
        TargetKind(
            "netvisor",
            netvisor_settings.NetvisorSettings,
            netvisor_settings.SECRETS,
            _build_netvisor,
            books=lambda settings: str(settings.get("organisation_id")),
            company=lambda settings: f"{settings['organisation_id']} at {_host(settings)}",
        ),
        TargetKind(
            "procountor",
            procountor_settings.ProcountorSettings,
            procountor_settings.SECRETS,
            lambda settings, secrets: _build_procountor(settings, secrets, shelf),
            company=_host,
        ),
        TargetKind(
            "finvoice",
            FinvoiceSettings,
            (),
            lambda settings, secrets: _build_finvoice(settings, secrets, site),
            optional_secrets=delivery_settings.SECRETS,
        ),
        TargetKind(
            "peppol",
            PeppolSettings,
            (),
            lambda settings, secrets: _build_peppol(settings, secrets, site),
            optional_secrets=delivery_settings.SECRETS,
        ),
        excel_kind(site),
        webhook_kind(site),
    )
    return {kind.name: kind for kind in kinds}


TARGETS: Mapping[str, TargetKind] = built_in(Site())
"""The built-in ones by the name that a connection stores, on an installation where the operator set nothing."""


def installed(site: Site) -> Plugins:
    """Every target of this installation: the built-in ones and those of installed packages.

    Packages that cannot be used are in `broken` and in the log. Loads their code: call it once, at the start.
    """
    ours = built_in(site)
    others = find_plugins(taken=ours)
    for each in others.broken:
        log.error("target.plugin_unusable", plugin=each.name, package=each.package, detail=each.error)
    return Plugins({**ours, **others.kinds}, others.broken)
