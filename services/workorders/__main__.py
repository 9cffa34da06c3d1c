"""Runs one process of the workorders service: api, worker, relay, consume, jobs, migrate, replay or check."""

from services.workorders.bootstrap import SERVICE
from shared.runtime import main

main(SERVICE)
