"""The signature that proves who calls Netvisor.

Source: netvisor interface sheet §3 (its test vector is in the tests). The body is not covered. New
integrations must use HMACSHA256; SHA256 is for older agreements.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

ALGORITHMS = ("HMACSHA256", "SHA256")
_ENCODING = "iso-8859-1"


@dataclass(frozen=True, slots=True)
class Signed:
    """What is signed besides the keys; every text exactly as it goes into its header.

    url             as on the wire, with query and percent escapes
    timestamp       "YYYY-MM-DD HH:MM:SS.mmm", UTC
    timestamp_unix  whole seconds; signed by HMACSHA256 only
    """

    url: str
    sender: str
    customer_id: str
    timestamp: str
    language: str
    organisation_id: str
    transaction_id: str
    timestamp_unix: str


def timestamp(moment: datetime) -> str:
    """The header's form of an aware UTC moment."""
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}"


def mac(signed: Signed, customer_key: str, partner_key: str, algorithm: str = "HMACSHA256") -> str:
    """Lower-case hex digest.

    Raises ValueError for an unknown algorithm and UnicodeEncodeError for characters outside ISO 8859-1.
    """
    parts = [
        signed.url,
        signed.sender,
        signed.customer_id,
        signed.timestamp,
        signed.language,
        signed.organisation_id,
        signed.transaction_id,
    ]
    if algorithm == "SHA256":
        text = "&".join([*parts, customer_key, partner_key])
        return hashlib.sha256(text.encode(_ENCODING)).hexdigest()
    if algorithm != "HMACSHA256":
        raise ValueError("unknown MAC algorithm")
    text = "&".join([*parts, signed.timestamp_unix, customer_key, partner_key])
    key = f"{customer_key}&{partner_key}"
    return hmac.new(key.encode(_ENCODING), text.encode(_ENCODING), hashlib.sha256).hexdigest()
