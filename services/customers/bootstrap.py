"""The service customers, wired: the only module that knows all its parts."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

from services.customers.adapters.webhook_call import WebhookCaller
from services.customers.api import contacts, customers, external, imports, merges, own_lists, sites, webhooks
from services.customers.app.days import turn_day
from services.customers.app.webhooks import WebhookDispatcher, forget_old_deliveries
from services.customers.config import private_webhooks
from services.customers.messaging.inbound import CONSUMERS
from services.customers.messaging.outbound import SNAPSHOTS
from services.customers.models import CONTACT_SEARCH, CUSTOMER_SEARCH, SITE_SEARCH, Base, Site, Webhook
from services.customers.models.scope import only_in_scope
from shared.clock import utc_now
from shared.day_turn import run_day_turns
from shared.db import Database
from shared.db.sealed import SealedColumn
from shared.db.search_pages import SearchPages
from shared.imports.jobs import run_import_jobs
from shared.service import Job, Runtime, ServiceDefinition

_DAY_S = 86_400.0


def _jobs(runtime: Runtime) -> Sequence[Job]:
    def run(stop: threading.Event) -> None:
        run_day_turns(partial(_turn, runtime.database), utc_now, stop)

    importing = partial(
        run_import_jobs,
        database=runtime.database,
        wakeup=runtime.wakeup,
        tables=imports.TABLES,
        targets=imports.TARGETS,
    )

    def forget(stop: threading.Event) -> None:
        while not stop.is_set():
            forget_old_deliveries(runtime.database, utc_now())
            stop.wait(_DAY_S)

    return [
        Job("days", run),
        Job("imports", importing),
        Job("webhooks", runtime.own.run),
        Job("webhook-journal", forget),
    ]


def _turn(database: Database, day: date, stop: threading.Event) -> int:
    registers: Sequence[SearchPages[Any]] = (CUSTOMER_SEARCH, CONTACT_SEARCH, SITE_SEARCH)
    return turn_day(database, day, stop) + sum(register.pack_all(database, stop) for register in registers)


def _dispatcher(runtime: Runtime) -> WebhookDispatcher:
    caller = WebhookCaller(private_webhooks(runtime.config.environment))
    return WebhookDispatcher(runtime.database, lambda: runtime.config.secret_box, caller, runtime.wakeup, utc_now)


SERVICE = ServiceDefinition(
    name="customers",
    title="Urakka: customers",
    description="Customers, contact persons, and the sites where work is done.",
    blueprints=[
        customers.blp,
        merges.blp,
        contacts.blp,
        contacts.of_customer,
        contacts.of_site,
        sites.blp,
        imports.blp,
        external.blp,
        own_lists.extra_fields,
        own_lists.einvoice_operators,
        own_lists.settings,
        webhooks.blp,
    ],
    metadata=Base.metadata,
    jobs=_jobs,
    consumers=lambda _runtime: CONSUMERS,
    extend=_dispatcher,
    snapshots=SNAPSHOTS,
    site_scope=only_in_scope,
    sealed=[SealedColumn(Site.door_code, "door code of site"), SealedColumn(Webhook.secret, "webhook")],
)
