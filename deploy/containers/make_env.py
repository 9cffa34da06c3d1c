"""Write `.env` for docker-compose.yml: a fresh random secret for everything that needs one.

`python deploy/containers/make_env.py [FILE]`. What the file already has is kept, so that it can be run again
after an update brought a new secret; nothing is printed but the names. Standard library only.
"""

import argparse
import base64
import hashlib
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

SERVICES = ("identity", "customers", "catalog", "workorders", "billing")
_HEADER = (
    "# Secrets of docker-compose.yml, made by deploy/containers/make_env.py. Keep it to yourself; never commit it.\n"
)


def main() -> int:
    """Complete the file; returns the exit status."""
    parser = argparse.ArgumentParser(description="Write .env with random secrets for docker-compose.yml")
    default = Path(__file__).resolve().parents[2] / ".env"
    parser.add_argument("file", nargs="?", type=Path, default=default, help="default: .env beside docker-compose.yml")
    file: Path = parser.parse_args().file
    kept = read(file)
    values = complete(kept)
    write(file, values)
    added = [name for name in values if name not in kept]
    print(f"{file}: {', '.join(added)} made" if added else f"{file}: complete, nothing changed")
    return 0


def complete(kept: Mapping[str, str]) -> dict[str, str]:
    """All variables that the compose file demands, with new values for those that are missing.

    kept  variable → value; unknown ones stay.
    """
    values = dict(kept)
    for name in ("POSTGRES_PASSWORD", "SERVICE_TOKEN", "PROVISIONING_KEY"):
        values.setdefault(name, secrets.token_urlsafe(24))
    for service in SERVICES:
        prefix = service.upper()
        for name in ("DB_PASSWORD", "AMQP_PASSWORD"):
            values.setdefault(f"{prefix}_{name}", secrets.token_urlsafe(24))
        values.setdefault(f"{prefix}_SECRET_KEY", base64.b64encode(secrets.token_bytes(32)).decode())
        if not _is_hash_of(values.get(f"{prefix}_AMQP_HASH", ""), values[f"{prefix}_AMQP_PASSWORD"]):
            values[f"{prefix}_AMQP_HASH"] = rabbitmq_hash(values[f"{prefix}_AMQP_PASSWORD"], secrets.token_bytes(4))
    return values


def rabbitmq_hash(password: str, salt: bytes) -> str:
    """The password as RabbitMQ's definitions file has it: base64 of the salt and SHA-256 of salt + password.

    salt    4 bytes.
    Source: RabbitMQ, "Credentials and Passwords", rabbit_password_hashing_sha256.
    """
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _is_hash_of(text: str, password: str) -> bool:
    return bool(text) and rabbitmq_hash(password, base64.b64decode(text)[:4]) == text


def read(file: Path) -> dict[str, str]:
    """The variables of a file of NAME=VALUE lines; none if there is no file."""
    if not file.exists():
        return {}
    lines = (line.strip() for line in file.read_text().splitlines())
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, value in pairs}


def write(file: Path, values: Mapping[str, str]) -> None:
    """Replace the file in one step; only its owner may read it."""
    draft = file.with_name(f"{file.name}.new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(_HEADER + "".join(f"{name}={value}\n" for name, value in values.items()))
    os.replace(draft, file)


if __name__ == "__main__":
    sys.exit(main())
