"""Billing reads every golden sample of the events that it consumes, old ones too."""

import json
from pathlib import Path

import pytest

import shared.bus.catalogue
from services.billing.messaging.inbound import COPIES, WORKORDERS, approval_of
from services.billing.models import CustomerCopy, ProductCopy
from shared.bus.envelope import decode

CATALOGUE = Path(shared.bus.catalogue.__file__).parent


OPTIONAL = {"construction_seller_to", "invoice_grouping", "late_interest_percent", "list_prices", "merged_into"}
"""Came later than their event, so older events lack them."""


def samples(kind: str) -> list[object]:
    paths = sorted((CATALOGUE / kind / "samples").glob("*.json"))
    return [pytest.param(path.read_bytes(), id=path.stem) for path in paths]


@pytest.mark.parametrize("body", samples("workorder.approved.v1"))
def test_every_sample_of_an_approval_can_be_read(body: bytes) -> None:
    event = decode(body)
    approval = approval_of(event.data)
    assert approval.workorder_id == event.aggregate_id
    assert len(approval.rows) == len(event.data["rows"])
    assert None not in approval.references.values()


@pytest.mark.parametrize(
    ("kind", "model"), [("customer.changed.v1", CustomerCopy), ("product.changed.v1", ProductCopy)]
)
def test_every_field_of_a_copy_comes_with_its_event(kind: str, model: type) -> None:
    kept = set(model.__table__.columns.keys())  # type: ignore[attr-defined]
    own = kept - {"id", "tenant_id", "version", "source_time", "seen_at", "deleted"}
    schema = json.loads((CATALOGUE / kind / "schema.json").read_text())
    assert own - OPTIONAL <= set(schema["required"])
    assert own <= set(schema["properties"])


def test_the_consumers_handle_exactly_what_their_queues_are_bound_to() -> None:
    from shared.bus.topology import QUEUES

    bound = {queue.name: set(queue.types) for queue in QUEUES}
    for consumer in (COPIES, WORKORDERS):
        assert set(consumer.types) == bound[consumer.name]
