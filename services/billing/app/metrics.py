"""What the dispatcher tells its operator."""

from datetime import datetime
from typing import Any

from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy import func, select

from services.billing.models import ConnectionRun, Dispatch
from shared.context import system_context
from shared.db import Database

dispatch_seconds = Histogram("dispatch_seconds", "Time of one call that sends a document", ["target"])
dispatch_outcomes_total = Counter(
    "dispatch_outcomes_total", "Outcomes of calls that send a document", ["target", "outcome"]
)
dispatch_totals_differ_total = Counter(
    "dispatch_totals_differ_total", "Accepted documents for which the target shows other totals than ours", ["target"]
)
dispatch_state = Gauge(
    "dispatch_state", "Unfinished dispatches in each state", ["target", "state"], multiprocess_mode="mostrecent"
)
dispatch_oldest_unclear_seconds = Gauge(
    "dispatch_oldest_unclear_seconds", "Age of the oldest unclear dispatch", multiprocess_mode="mostrecent"
)

connections_paused = Gauge(
    "connections_paused",
    "Connections whose credentials were refused: nothing is sent over them until a person acts",
    multiprocess_mode="mostrecent",
)

_UNFINISHED = ("waiting", "sending", "rejected", "unclear")


def observe_states(database: Database, now: datetime) -> None:
    """Count unfinished dispatches by target and state, and paused connections, of all tenants."""
    table: Any = Dispatch.__table__
    statement = (
        select(table.c.target, table.c.state, func.count(), func.min(table.c.unclear_since))
        .where(table.c.state.in_(_UNFINISHED))
        .group_by(table.c.target, table.c.state)
    )
    runs: Any = ConnectionRun.__table__
    paused = select(func.count()).select_from(runs).where(runs.c.paused_at.is_not(None))
    with database.read(system_context("dispatcher")) as uow:
        rows = uow.session.connection().execute(statement).all()
        connections_paused.set(uow.session.connection().scalar(paused) or 0)
    dispatch_state.clear()
    for target, state, count, _ in rows:
        dispatch_state.labels(target, state).set(count)
    since = [oldest for *_, oldest in rows if oldest is not None]
    dispatch_oldest_unclear_seconds.set((now - min(since)).total_seconds() if since else 0)
