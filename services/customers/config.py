"""The customers service's own settings, from the variables that `shared.config` collected."""

from __future__ import annotations

from collections.abc import Mapping

from shared.config import BadConfiguration


def private_webhooks(environment: Mapping[str, str]) -> bool:
    """Say whether webhooks may go to private addresses: URAKKA_WEBHOOK_PRIVATE is yes. Raises BadConfiguration."""
    allowed = environment.get("URAKKA_WEBHOOK_PRIVATE") or "no"
    if allowed not in ("yes", "no"):
        raise BadConfiguration("URAKKA_WEBHOOK_PRIVATE: expected yes or no")
    return allowed == "yes"
