"""The signature against the published test vector."""

from datetime import UTC, datetime

import pytest

from services.billing.adapters.netvisor.mac import Signed, mac, timestamp

VECTOR = Signed(
    url="https://isvapi.netvisor.fi/salesinvoice.nv?method=add",
    sender="FieldSuite",
    customer_id="Cust_1",
    timestamp="2025-06-01 12:00:00.000",
    language="FI",
    organisation_id="1234567-8",
    transaction_id="tx-0001",
    timestamp_unix="1748779200",
)


@pytest.mark.parametrize(
    ("algorithm", "digest"),
    [
        ("HMACSHA256", "2898124fd7174b74bd45b9dd5092190a644df4b6235834c33b1fdc4f9d42a9ea"),
        ("SHA256", "903aef992223ae083b9890fe420b288d20b78a7de6afcb8fb51324088651e8bb"),
    ],
)
def test_the_digest_is_that_of_the_published_vector(algorithm: str, digest: str) -> None:
    assert mac(VECTOR, "ckey1", "pkey2", algorithm) == digest


def test_an_unknown_algorithm_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown MAC algorithm"):
        mac(VECTOR, "a", "b", "MD5")


def test_the_timestamp_has_three_decimals() -> None:
    assert timestamp(datetime(2025, 6, 1, 12, 0, 0, 7_900, UTC)) == "2025-06-01 12:00:00.007"
