"""The message authentication code of a Netvisor request. Source: netvisor sheet 3.

Pure: bytes in, hex out. Which bytes to try is decided here too, because clients disagree about them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote, unquote_plus, unquote_to_bytes

HMACSHA256 = "HMACSHA256"
SHA256 = "SHA256"
MD5 = "MD5"
ALGORITHMS = (HMACSHA256, SHA256, MD5)
CHARSETS = ("iso-8859-1", "iso-8859-15", "utf-8")


def digest(algorithm: str, parts: Sequence[bytes], customer_key: bytes, partner_key: bytes) -> str:
    """The code over `parts` and both keys, lower-case hex.

    parts   URL, sender, customer id, timestamp, language, organisation id, transaction id and, for HMACSHA256
            only, the unix timestamp; as raw bytes.
    The keys stand at the end of the text; for HMACSHA256 they are also the key.
    """
    text = b"&".join([*parts, customer_key, partner_key])
    if algorithm == HMACSHA256:
        return hmac.new(customer_key + b"&" + partner_key, text, "sha256").hexdigest()
    if algorithm == SHA256:
        return hashlib.sha256(text).hexdigest()
    return hashlib.md5(text).hexdigest()  # noqa: S324 - the legacy algorithm of the protocol, off by default


def url_forms(urls: Iterable[str]) -> Iterator[bytes]:
    """Every byte form in which a client may have signed one of the addresses, likeliest first, each once.

    The percent-encoded form as it went over the wire, then the decoded one in the charsets seen in clients.
    """
    seen: set[bytes] = set()
    for url in urls:
        forms = [url.encode("utf-8"), unquote_to_bytes(url)]
        for decoded in (unquote(url), unquote_plus(url)):
            forms += [decoded.encode(charset, "replace") for charset in CHARSETS]
        for form in forms:
            if form not in seen:
                seen.add(form)
                yield form


def matches(given: str, algorithm: str, parts: Sequence[bytes], customer_key: str, partner_key: str) -> bool:
    """Whether a code sent by a client is right; letter case does not matter."""
    expected = {
        digest(algorithm, parts, customer_key.encode(charset, "replace"), partner_key.encode(charset, "replace"))
        for charset in CHARSETS
    }
    return any(hmac.compare_digest(given.strip().lower(), code) for code in expected)
