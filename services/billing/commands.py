"""Commands of billing beside those that every service has."""

import sys
from collections.abc import Mapping

from services.billing.app.rotation import Rotated, rotate_secrets
from services.billing.bootstrap import SERVICE
from shared.config import BadConfiguration, read_config
from shared.crypto import SecretBox
from shared.runtime.build import build_runtime

OLD_KEY = "URAKKA_OLD_SECRET_KEY"


def rotate(environment: Mapping[str, str]) -> int:
    """Seal all secrets with the key of URAKKA_SECRET_KEY; URAKKA_OLD_SECRET_KEY has the key until now.

    Prints what was done; returns the exit status: 1 if secrets of a connection open with neither key. Raises
    BadConfiguration, which never shows a key.
    """
    text = environment.get(OLD_KEY)
    if not text:
        raise BadConfiguration(f"{OLD_KEY} is not set: it must hold the key that the secrets are sealed with now")
    try:
        old = SecretBox.from_text(text)
    except ValueError as error:
        raise BadConfiguration(f"{OLD_KEY}: {error}") from None
    runtime = build_runtime(SERVICE, read_config(SERVICE.name))
    return _told(rotate_secrets(runtime.database, old, runtime.config.secret_box))


def _told(rotated: Rotated) -> int:
    sys.stdout.write(f"billing: {rotated.sealed} sealed anew, {rotated.already} had the new key already\n")
    for connection_id in rotated.unreadable:
        sys.stdout.write(f"billing: connection {connection_id} opens with neither key, enter its secrets again\n")
    return 1 if rotated.unreadable else 0
