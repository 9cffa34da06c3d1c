"""Workorders: work orders from plan to approval."""
