"""Secrets at rest can be opened only with the key, for their purpose, and undamaged."""

from __future__ import annotations

import base64

import pytest

from shared.crypto import SecretBox, UnreadableSecret, new_key_text

SECRET = "avain-äö-1".encode()


@pytest.fixture
def box() -> SecretBox:
    return SecretBox.from_text(new_key_text())


def test_what_was_sealed_can_be_opened(box: SecretBox) -> None:
    assert box.open(box.seal(SECRET, b"connection-1"), b"connection-1") == SECRET
    assert box.open(box.seal(b"", b"p"), b"p") == b""


def test_the_sealed_bytes_hide_the_secret_and_differ_each_time(box: SecretBox) -> None:
    sealed = [box.seal(SECRET, b"p") for _ in range(50)]

    assert len(set(sealed)) == 50
    assert not any(SECRET in one for one in sealed)


def test_another_key_or_purpose_opens_nothing(box: SecretBox) -> None:
    sealed = box.seal(SECRET, b"connection-1")
    with pytest.raises(UnreadableSecret):
        box.open(sealed, b"connection-2")
    with pytest.raises(UnreadableSecret):
        SecretBox.from_text(new_key_text()).open(sealed, b"connection-1")


@pytest.mark.parametrize("position", [0, 11, 12, 20, -1])
def test_a_single_flipped_bit_is_noticed(box: SecretBox, position: int) -> None:
    damaged = bytearray(box.seal(SECRET, b"p"))
    damaged[position] ^= 1
    with pytest.raises(UnreadableSecret):
        box.open(bytes(damaged), b"p")


@pytest.mark.parametrize("damaged", [b"", b"short", b"0" * 12, b"0" * 27])
def test_bytes_that_are_too_short_are_unreadable(box: SecretBox, damaged: bytes) -> None:
    with pytest.raises(UnreadableSecret):
        box.open(damaged, b"p")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hunter2!",
        base64.b64encode(b"hunter2 is too short").decode(),
        base64.b64encode(b"x" * 33).decode(),
        "ä" * 44,
    ],
)
def test_a_key_that_is_none_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(ValueError, match="secret key|ASCII") as refusal:
        SecretBox.from_text(text)

    assert not text or text not in str(refusal.value)


def test_what_an_older_key_sealed_opens_until_that_key_is_gone_and_is_sealed_with_the_newest() -> None:
    old, new = new_key_text(), new_key_text()
    sealed = SecretBox.from_text(old).seal(b"secret", b"purpose")
    both = SecretBox.from_text(new, old)
    assert both.open(sealed, b"purpose") == b"secret"
    assert not both.is_newest(sealed, b"purpose")
    again = both.seal(both.open(sealed, b"purpose"), b"purpose")
    assert both.is_newest(again, b"purpose")
    assert SecretBox.from_text(new).open(again, b"purpose") == b"secret"
    for opener, content in ((SecretBox.from_text(new), sealed), (SecretBox.from_text(old), again)):
        with pytest.raises(UnreadableSecret):
            opener.open(content, b"purpose")
    with pytest.raises(UnreadableSecret):
        both.open(sealed, b"another purpose")
