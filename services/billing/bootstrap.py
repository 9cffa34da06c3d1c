"""The service billing, wired: the only module that knows all its parts."""

import os
import socket
import threading
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

from services.billing.adapters.registry import installed
from services.billing.api import (
    attachments,
    batches,
    connections,
    customers,
    dispatches,
    documents,
    overrides,
    pool,
    refusals,
    settings,
)
from services.billing.app.connections import Vault, purpose_of
from services.billing.app.dispatcher import Dispatcher
from services.billing.app.ledger_check import check_ledger
from services.billing.app.pausing import take_over
from services.billing.app.payments import PaymentPoller
from services.billing.app.traces import forget_traces
from services.billing.config import adapter_site, dispatcher_settings, payment_settings, trace_days
from services.billing.messaging.inbound import COPIES, WORKORDERS
from services.billing.models import Base, Connection
from shared.bus.consumer import Consumer
from shared.clock import utc_now
from shared.day_turn import run_day_turns
from shared.db.sealed import SealedColumn
from shared.ids import new_id
from shared.service import Job, Runtime, ServiceDefinition


def _extend(runtime: Runtime) -> Vault:
    targets = installed(adapter_site(runtime.config.environment))
    return Vault(targets.kinds, runtime.config.secret_box, targets.broken)


def _consumers(_runtime: Runtime) -> Sequence[Consumer]:
    return (COPIES, WORKORDERS)


def _jobs(runtime: Runtime) -> Sequence[Job]:
    environment = runtime.config.environment
    owner = f"{socket.gethostname()[:30]}/{os.getpid()}/{new_id()[-8:]}"
    dispatcher = Dispatcher(
        runtime.database,
        runtime.wakeup,
        runtime.own.open_leased,
        dispatcher_settings(environment),
        owner=owner,
        secrets_of=runtime.own.secrets_of,
        books_of=runtime.own.books_of,
    )
    poller = PaymentPoller(
        runtime.database,
        runtime.wakeup,
        runtime.own.open_leased,
        payment_settings(environment),
        owner=f"{owner}/payments",
        books_of=runtime.own.books_of,
    )
    return (
        Job("dispatcher", dispatcher.run),
        Job("payments", poller.run),
        Job("traces", partial(_forget_traces, runtime)),
    )


def _forget_traces(runtime: Runtime, stop: threading.Event) -> None:
    kept = timedelta(days=trace_days(runtime.config.environment))

    def turn(_day: date, stop: threading.Event) -> int:
        return forget_traces(runtime.database, utc_now() - kept, stop)

    run_day_turns(turn, utc_now, stop)


def _take_over(runtime: Runtime) -> None:
    take_over(runtime.database, utc_now())


def _check(runtime: Runtime) -> Sequence[str]:
    return check_ledger(runtime.database)


SERVICE = ServiceDefinition(
    name="billing",
    title="Urakka: billing",
    description=(
        "What is approved becomes documents, each exactly once in the accounting system. Refusals carry an "
        "`explanation` in Finnish, Swedish or English (query `lang`, else Accept-Language), with who owns the data "
        "to correct."
    ),
    blueprints=refusals.explained(
        pool.blp,
        batches.blp,
        documents.blp,
        attachments.blp,
        dispatches.blp,
        connections.blp,
        overrides.blp,
        customers.blp,
        settings.blp,
    ),
    metadata=Base.metadata,
    consumers=_consumers,
    jobs=_jobs,
    extend=_extend,
    take_over=_take_over,
    check=_check,
    sealed=[SealedColumn(Connection.secrets, "connection", purpose_of)],
)
