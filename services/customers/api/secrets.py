"""The box in which this service keeps secrets."""

from __future__ import annotations

from shared.config import BadConfiguration
from shared.crypto import SecretBox
from shared.errors import TemporarilyUnavailable
from shared.http import app_runtime


def secret_box() -> SecretBox:
    """Return the box of the installation's key. Raises TemporarilyUnavailable if it has none."""
    try:
        return app_runtime().config.secret_box
    except BadConfiguration as error:
        raise TemporarilyUnavailable("Secrets cannot be kept: the installation has no key.") from error
