"""The composition root: what the workorders service is made of."""

from __future__ import annotations

from collections.abc import Sequence

from services.workorders.api import charging, orders, packages, reports, rows, settings, steps
from services.workorders.app.invariants import broken_invariants
from services.workorders.config import Settings, read_settings
from services.workorders.messaging.inbound import CONSUMERS
from services.workorders.models import Base
from services.workorders.models.scope import only_in_scope
from shared.context import system_context
from shared.service import Runtime, ServiceDefinition


def _settings(runtime: Runtime) -> Settings:
    return read_settings(runtime.config.environment)


def _check(runtime: Runtime) -> Sequence[str]:
    return broken_invariants(runtime.database.read(system_context("check")))


SERVICE = ServiceDefinition(
    name="workorders",
    title="Urakka work orders",
    description="Work orders from plan, integration or field to approval.",
    blueprints=(orders.blp, steps.blp, rows.blp, charging.blp, packages.blp, reports.blp, settings.blp),
    metadata=Base.metadata,
    consumers=lambda _runtime: CONSUMERS,
    extend=_settings,
    check=_check,
    site_scope=only_in_scope,
)
