"""Files that may go with a document."""

import pytest

from services.billing.domain import attachments as rules
from services.billing.domain.errors import InvalidAttachment

PDF = b"%PDF-1.7\n..."


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PDF, "application/pdf"),
        (b"\xff\xd8\xff\xe0....JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
    ],
)
def test_the_content_tells_the_kind(content: bytes, media_type: str) -> None:
    assert rules.media_type_of(content) == media_type


@pytest.mark.parametrize(
    "content",
    [b"", b"MZ\x90", b"PK\x03\x04", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", b"\n%PDF-1.7", b"<html>"],
)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidAttachment) as refused:
        rules.media_type_of(content)
    assert refused.value.errors[0].pointer == "/file"


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("pöytäkirja.pdf", "pöytäkirja.pdf"),
        ("Kuva 1.PDF", "Kuva 1.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\temp\\raportti.pdf", "raportti.pdf"),
        ("lasku.exe", "lasku.exe.pdf"),
        ("a\x00b\r\n.pdf", "a_b.pdf"),
        ('<img src="x">.pdf', "img src=_x.pdf"),
        ("laskufdp\u202e.exe", "laskufdp_.exe.pdf"),
        ("...", "liite.pdf"),
        (".pdf", "liite.pdf"),
        ("", "liite.pdf"),
        ("a" * 300 + ".pdf", "a" * 96 + ".pdf"),
    ],
)
def test_names_are_made_safe(given: str, safe: str) -> None:
    assert rules.safe_name(given, rules.PDF) == safe


def test_a_jpeg_keeps_either_ending() -> None:
    assert rules.safe_name("kuva.jpeg", rules.JPEG) == "kuva.jpeg"
    assert rules.safe_name("kuva", rules.JPEG) == "kuva.jpg"


@pytest.mark.parametrize(
    ("new", "others", "count", "code"),
    [
        (0, 0, 0, "empty"),
        (rules.LARGEST + 1, 0, 0, "too_large"),
        (1, rules.LARGEST_TOGETHER, 2, "too_large"),
        (1, 10, rules.MOST, "too_many"),
    ],
)
def test_sizes_have_limits(new: int, others: int, count: int, code: str) -> None:
    with pytest.raises(InvalidAttachment) as refused:
        rules.check_sizes(new, others, count)
    assert refused.value.errors[0].code == code


def test_the_largest_is_still_taken() -> None:
    rules.check_sizes(rules.LARGEST, rules.LARGEST_TOGETHER - rules.LARGEST, rules.MOST - 1)
