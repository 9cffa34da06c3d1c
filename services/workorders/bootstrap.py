"""The composition root: what the workorders service is made of."""

from __future__ import annotations

from services.workorders.api import orders, rows, settings, steps
from services.workorders.config import Settings, read_settings
from services.workorders.messaging.inbound import CONSUMERS
from services.workorders.models import Base
from shared.service import Runtime, ServiceDefinition


def _settings(runtime: Runtime) -> Settings:
    return read_settings(runtime.config.environment)


SERVICE = ServiceDefinition(
    name="workorders",
    title="Urakka work orders",
    description="Work orders from plan, integration or field to approval.",
    blueprints=(orders.blp, steps.blp, rows.blp, settings.blp),
    metadata=Base.metadata,
    consumers=lambda _runtime: CONSUMERS,
    extend=_settings,
)
