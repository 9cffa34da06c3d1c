"""The service catalog, wired: the only module that knows all its parts."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial

from services.catalog.api import categories, imports, prices, products, vat
from services.catalog.app.days import turn_day
from services.catalog.messaging.outbound import SNAPSHOTS
from services.catalog.models import Base
from shared.clock import utc_now
from shared.day_turn import run_day_turns
from shared.service import Job, Runtime, ServiceDefinition


def _jobs(runtime: Runtime) -> Sequence[Job]:
    def run(stop: threading.Event) -> None:
        run_day_turns(partial(turn_day, runtime.database), utc_now, stop)

    return [Job("days", run)]


SERVICE = ServiceDefinition(
    name="catalog",
    title="Urakka: catalog",
    description="Everything that can be charged, and what it costs.",
    blueprints=[products.blp, prices.blp, categories.blp, vat.blp, imports.blp],
    metadata=Base.metadata,
    jobs=_jobs,
    snapshots=SNAPSHOTS,
)
