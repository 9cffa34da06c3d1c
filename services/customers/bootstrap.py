"""The service customers, wired: the only module that knows all its parts."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial

from services.customers.api import contacts, customers, imports, merges, sites
from services.customers.app.days import turn_day
from services.customers.messaging.outbound import SNAPSHOTS
from services.customers.models import Base
from shared.clock import utc_now
from shared.day_turn import run_day_turns
from shared.service import Job, Runtime, ServiceDefinition


def _jobs(runtime: Runtime) -> Sequence[Job]:
    def run(stop: threading.Event) -> None:
        run_day_turns(partial(turn_day, runtime.database), utc_now, stop)

    return [Job("days", run)]


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
    ],
    metadata=Base.metadata,
    jobs=_jobs,
    snapshots=SNAPSHOTS,
)
