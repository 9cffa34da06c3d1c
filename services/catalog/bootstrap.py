"""The service catalog, wired: the only module that knows all its parts."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import date
from functools import partial

from services.catalog.api import categories, charging_rules, imports, prices, products, sets, units, vat
from services.catalog.app.days import turn_day
from services.catalog.messaging.inbound import CONSUMERS
from services.catalog.messaging.outbound import SNAPSHOTS
from services.catalog.models import PRODUCT_SEARCH, Base
from shared.clock import utc_now
from shared.day_turn import run_day_turns
from shared.db import Database
from shared.imports.jobs import run_import_jobs
from shared.service import Job, Runtime, ServiceDefinition


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
    return [Job("days", run), Job("imports", importing)]


def _turn(database: Database, day: date, stop: threading.Event) -> int:
    return turn_day(database, day, stop) + PRODUCT_SEARCH.pack_all(database, stop)


SERVICE = ServiceDefinition(
    name="catalog",
    title="Urakka: catalog",
    description="Everything that can be charged, and what it costs.",
    blueprints=[
        products.blp,
        sets.blp,
        prices.blp,
        categories.blp,
        charging_rules.blp,
        vat.blp,
        units.blp,
        imports.blp,
    ],
    metadata=Base.metadata,
    jobs=_jobs,
    consumers=lambda _runtime: CONSUMERS,
    snapshots=SNAPSHOTS,
)
