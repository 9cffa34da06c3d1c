"""Files that may go with a document: which kinds, how large, under which name."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from services.billing.domain.errors import InvalidAttachment
from shared.errors import FieldError

MOST: Final = 10
"""Files of one document."""
LARGEST: Final = 5 * 1024 * 1024
"""Bytes of one file."""
LARGEST_TOGETHER: Final = 10 * 1024 * 1024
"""Bytes of all files of one document."""
_LONGEST_NAME: Final = 100

PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
_ENDINGS: Final[Mapping[str, tuple[str, ...]]] = {PDF: (".pdf",), JPEG: (".jpg", ".jpeg"), PNG: (".png",)}
_BEGINNINGS: Final = ((b"%PDF-", PDF), (b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG))
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+')


def media_type_of(content: bytes) -> str:
    """The kind of file, by its first bytes: what its sender calls it does not count. Raises InvalidAttachment."""
    for beginning, media_type in _BEGINNINGS:
        if content.startswith(beginning):
            return media_type
    raise _refused("kind", "Only PDF, JPEG and PNG files can go with an invoice.")


def safe_name(name: str, media_type: str) -> str:
    """A name without paths and characters that file systems or mail programs stumble over, with the right ending.

    At most 100 characters; "liite" if nothing is left of it.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    clean = _UNSAFE.sub("_", last).strip()
    endings = _ENDINGS[media_type]
    stem, ending = clean, endings[0]
    for each in endings:
        if clean.lower().endswith(each):
            stem, ending = clean[: -len(each)], each
            break
    return (stem.strip(" ._")[: _LONGEST_NAME - len(ending)] or "liite") + ending


def check_sizes(new: int, others: int, count: int) -> None:
    """Refuse a file of `new` bytes beside `count` files of `others` bytes together; raises InvalidAttachment."""
    if not new:
        raise _refused("empty", "The file is empty.")
    if new > LARGEST:
        raise _refused("too_large", f"A file has at most {LARGEST // 1024 // 1024} MB.")
    if count >= MOST:
        raise _refused("too_many", f"A document has at most {MOST} files.")
    if new + others > LARGEST_TOGETHER:
        raise _refused("too_large", f"The files of a document have at most {LARGEST_TOGETHER // 1024 // 1024} MB.")


def _refused(code: str, detail: str) -> InvalidAttachment:
    return InvalidAttachment(detail, errors=[FieldError("/file", code, detail)])
