"""Which services there are."""

from __future__ import annotations

import importlib
from functools import cache

from shared.service import ServiceDefinition

SERVICES = ("identity", "customers", "catalog", "workorders", "billing")


@cache
def definition_of(service: str) -> ServiceDefinition:
    """Return the definition of a service by its name; raises KeyError for an unknown one."""
    if service not in SERVICES:
        raise KeyError(service)
    definition: ServiceDefinition = importlib.import_module(f"services.{service}.bootstrap").SERVICE
    return definition
