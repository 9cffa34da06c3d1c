"""The service billing, wired: the only module that knows all its parts."""

import os
import socket
from collections.abc import Sequence

from services.billing.adapters.registry import installed
from services.billing.api import batches, connections, dispatches, documents, overrides, pool, settings
from services.billing.app.connections import Vault
from services.billing.app.dispatcher import Dispatcher
from services.billing.app.ledger_check import check_ledger
from services.billing.app.payments import PaymentPoller
from services.billing.config import adapter_site, dispatcher_settings, payment_settings
from services.billing.messaging.inbound import COPIES, WORKORDERS
from services.billing.models import Base
from shared.bus.consumer import Consumer
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
    )
    poller = PaymentPoller(
        runtime.database,
        runtime.wakeup,
        runtime.own.open_leased,
        payment_settings(environment),
        owner=f"{owner}/payments",
    )
    return (Job("dispatcher", dispatcher.run), Job("payments", poller.run))


def _check(runtime: Runtime) -> Sequence[str]:
    return check_ledger(runtime.database)


SERVICE = ServiceDefinition(
    name="billing",
    title="Urakka: billing",
    description="What is approved becomes documents, each exactly once in the accounting system.",
    blueprints=[pool.blp, batches.blp, documents.blp, dispatches.blp, connections.blp, overrides.blp, settings.blp],
    metadata=Base.metadata,
    consumers=_consumers,
    jobs=_jobs,
    extend=_extend,
    check=_check,
)
