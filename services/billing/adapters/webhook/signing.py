"""The signature of a webhook (`shared.webhooks`), made with secrets that do not show themselves."""

from collections.abc import Sequence
from datetime import datetime

from services.billing.adapters.secret import Secret
from shared import webhooks
from shared.webhooks import SIGNATURE, TIMESTAMP, TOLERANCE_S

__all__ = ["SIGNATURE", "TIMESTAMP", "TOLERANCE_S", "signature", "signing_headers"]


def signature(secret: Secret, timestamp: str, content: bytes) -> str:
    """Lower-case hex of the HMAC-SHA256 over `timestamp.content`."""
    return webhooks.signature(secret.reveal(), timestamp, content)


def signing_headers(secrets: Sequence[Secret], moment: datetime, content: bytes) -> dict[str, str]:
    """The two headers for a call at an aware moment; one signature for each secret, in their order."""
    return webhooks.signing_headers([secret.reveal() for secret in secrets], moment, content)
