"""The service customers, wired: the only module that knows all its parts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from services.customers.api import contacts, customers, imports, sites
from services.customers.app.days import turn_days
from services.customers.messaging.outbound import SNAPSHOTS
from services.customers.models import Base
from shared.clock import utc_now
from shared.service import Job, Runtime, ServiceDefinition


def _jobs(runtime: Runtime) -> Sequence[Job]:
    return [Job("days", partial(turn_days, runtime.database, utc_now))]


SERVICE = ServiceDefinition(
    name="customers",
    title="Urakka: customers",
    description="Customers, contact persons, and the sites where work is done.",
    blueprints=[customers.blp, contacts.blp, contacts.of_customer, contacts.of_site, sites.blp, imports.blp],
    metadata=Base.metadata,
    jobs=_jobs,
    snapshots=SNAPSHOTS,
)
