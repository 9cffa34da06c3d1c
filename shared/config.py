"""Configuration that every service has. The only reader of the environment besides a service's own config.py."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from shared.crypto import SecretBox

DEFAULT_DATABASE_URL = "sqlite:///var/{service}.sqlite"


class BadConfiguration(Exception):
    """The environment is not usable; the text names the variable and says what is expected, never its value."""


@dataclass(frozen=True, slots=True)
class Config:
    """What a service's processes need to know. Addresses and secrets are never shown by `repr`."""

    service: str
    database_url: str = field(repr=False)
    amqp_url: str | None = field(repr=False, default=None)
    bus_prefix: str = ""
    secret_key: str | None = field(repr=False, default=None)
    old_secret_key: str | None = field(repr=False, default=None)
    public_url: str = "http://127.0.0.1:8000"
    jwks_url: str | None = None
    service_token: str | None = field(repr=False, default=None)
    snapshot_url: str | None = None
    provisioning_key: str | None = field(repr=False, default=None)
    log_level: str = "INFO"
    otlp_endpoint: str | None = None
    consumer_lanes: int = 4
    environment: Mapping[str, str] = field(repr=False, default_factory=dict)
    """All variables that begin with `URAKKA_`, for a service's own config.py."""

    @property
    def secret_box(self) -> SecretBox:
        """The box that seals secrets at rest, and opens what the old key sealed if there is one.

        Raises BadConfiguration if no key is set.
        """
        if self.secret_key is None:
            raise BadConfiguration("URAKKA_SECRET_KEY is not set: base64 of 32 random bytes")
        keys = {"URAKKA_SECRET_KEY": self.secret_key}
        if self.old_secret_key is not None:
            keys["URAKKA_OLD_SECRET_KEY"] = self.old_secret_key
        for name, text in keys.items():
            try:
                SecretBox.from_text(text)
            except ValueError as error:
                raise BadConfiguration(f"{name}: {error}") from None
        return SecretBox.from_text(*keys.values())


def read_config(service: str, environment: Mapping[str, str] | None = None) -> Config:
    """Read the configuration of `service` from the environment (or the given mapping).

    Raises BadConfiguration for an unknown `URAKKA_` level or an address that is none.
    """
    env = dict(os.environ if environment is None else environment)
    database_url = env.get("URAKKA_DATABASE_URL", DEFAULT_DATABASE_URL).replace("{service}", service)
    if "://" not in database_url:
        raise BadConfiguration("URAKKA_DATABASE_URL: expected sqlite:///… or postgresql+psycopg://…")
    amqp_url = env.get("URAKKA_AMQP_URL") or None
    if amqp_url is not None and urlsplit(amqp_url).scheme not in ("amqp", "amqps"):
        raise BadConfiguration("URAKKA_AMQP_URL: expected amqp://… or amqps://…")
    level = env.get("URAKKA_LOG_LEVEL", "INFO").upper()
    if level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise BadConfiguration("URAKKA_LOG_LEVEL: expected DEBUG, INFO, WARNING or ERROR")
    return Config(
        service=service,
        database_url=database_url,
        amqp_url=amqp_url,
        bus_prefix=env.get("URAKKA_BUS_PREFIX", ""),
        secret_key=env.get("URAKKA_SECRET_KEY") or None,
        old_secret_key=env.get("URAKKA_OLD_SECRET_KEY") or None,
        public_url=env.get("URAKKA_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/"),
        jwks_url=env.get("URAKKA_JWKS_URL") or None,
        service_token=env.get("URAKKA_SERVICE_TOKEN") or None,
        snapshot_url=env.get("URAKKA_SNAPSHOT_URL") or None,
        provisioning_key=env.get("URAKKA_PROVISIONING_KEY") or None,
        log_level=level,
        otlp_endpoint=env.get("OTEL_EXPORTER_OTLP_ENDPOINT") or None,
        consumer_lanes=_whole_number(env, "URAKKA_CONSUMER_LANES", 4),
        environment={name: value for name, value in env.items() if name.startswith("URAKKA_")},
    )


def _whole_number(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, str(default))
    if not re.fullmatch("[0-9]{1,9}", text) or int(text) < 1:
        raise BadConfiguration(f"{name}: expected a whole number from 1")
    return int(text)
