"""The signature of a webhook: that it comes from us, that nobody changed it, and when it was made.

    Urakka-Timestamp: 1795280400
    Urakka-Signature: v1=<hex>            or, while the secret is being changed, v1=<hex>,v1=<hex>

Each <hex> is HMAC-SHA256 with one secret over the timestamp, a full stop and the content: the body of a POST, the
key that is asked for in a GET. A receiver takes the call if one of them is right and the timestamp is not more than
five minutes from its own clock: without that limit, who once saw a call could repeat it for ever.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from services.billing.adapters.secret import Secret

TIMESTAMP: Final = "Urakka-Timestamp"
SIGNATURE: Final = "Urakka-Signature"
TOLERANCE_S: Final = 300
"""What receivers are told to allow."""


def signature(secret: Secret, timestamp: str, content: bytes) -> str:
    """Lower-case hex of the HMAC-SHA256 over `timestamp.content`."""
    signed = timestamp.encode("ascii") + b"." + content
    return hmac.new(secret.reveal().encode(), signed, hashlib.sha256).hexdigest()


def signing_headers(secrets: Sequence[Secret], moment: datetime, content: bytes) -> dict[str, str]:
    """The two headers for a call at an aware moment; one signature for each secret, in their order."""
    timestamp = str(int(moment.timestamp()))
    made = ",".join(f"v1={signature(secret, timestamp, content)}" for secret in secrets)
    return {TIMESTAMP: timestamp, SIGNATURE: made}
