"""What the bus measures (messaging.md 14), in one place. Labels are small and never hold ids or personal
data."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

outbox_pending = Gauge("outbox_pending", "Events stored and not yet published", ["service"])
outbox_oldest_pending_seconds = Gauge(
    "outbox_oldest_pending_seconds", "Age of the oldest event not yet published", ["service"]
)
outbox_published_total = Counter(
    "outbox_published_total", "Outcomes of publishing, one for each attempt", ["service", "outcome"]
)
outbox_unroutable = Gauge("outbox_unroutable", "Pending events that a required queue did not take", ["service"])
outbox_batch_size = Histogram(
    "outbox_batch_size", "Events in one batch", ["service"], buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500)
)
outbox_confirm_seconds = Histogram(
    "outbox_confirm_seconds", "Time from handing over a batch to its last outcome", ["service"]
)
outbox_leader = Gauge("outbox_leader", "1 while this process leads the relay of the service", ["service"])

broker_connected = Gauge("broker_connected", "1 while connected to the broker", ["role"])
broker_blocked = Gauge("broker_blocked", "1 while the broker does not take publishes", ["role"])
broker_reconnects_total = Counter("broker_reconnects_total", "Connections made anew", ["role"])
consumer_active = Gauge("consumer_active", "1 while the queue is being consumed", ["consumer"])

inbox_handled_total = Counter("inbox_handled_total", "Events taken, by what became of them", ["type", "outcome"])
inbox_waiting = Gauge("inbox_waiting", "Events that will be tried again", ["consumer"])
inbox_parked = Gauge("inbox_parked", "Events that need a person", ["consumer"])
inbox_oldest_waiting_seconds = Gauge(
    "inbox_oldest_waiting_seconds", "Age of the oldest event that will be tried again", ["consumer"]
)
handler_seconds = Histogram("handler_seconds", "Time of one attempt, transaction included", ["type"])
event_age_seconds = Histogram(
    "event_age_seconds",
    "Age of an event when its effect was committed",
    ["type"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86400),
)
copy_stale_total = Counter("copy_stale_total", "Events that came after a newer one of their aggregate", ["copy"])
copy_filled_total = Counter("copy_filled_total", "Items taken from owners' snapshots", ["copy"])
