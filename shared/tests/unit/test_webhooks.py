"""Which addresses a webhook may call."""

from __future__ import annotations

import pytest

from shared.webhooks import is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::10.0.0.1",
        "2002:a00:1::",
        "64:ff9b::10.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::1",
    ],
)
def test_addresses_inside_are_not_public_however_they_are_written(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["193.166.3.2", "2001:708:10:8::2", "::ffff:193.166.3.2", "64:ff9b::193.166.3.2"])
def test_addresses_outside_are_public(address: str) -> None:
    assert is_public(address)
