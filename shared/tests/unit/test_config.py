"""A service does not start on nonsense, and never shows what is secret."""

from __future__ import annotations

import pytest

from shared.config import BadConfiguration, Config, read_config
from shared.crypto import new_key_text

SECRETS = {
    "URAKKA_DATABASE_URL": "postgresql+psycopg://urakka:hunter2@db/urakka",
    "URAKKA_AMQP_URL": "amqp://urakka:hunter2@mq/",
    "URAKKA_SECRET_KEY": "hunter2",
    "URAKKA_OLD_SECRET_KEY": "hunter2",
    "URAKKA_SERVICE_TOKEN": "hunter2",
    "URAKKA_PROVISIONING_KEY": "hunter2",
    "URAKKA_DEMO_NETVISOR_CUSTOMER_KEY": "hunter2",
}


def test_without_an_environment_it_is_one_box() -> None:
    config = read_config("billing", {})

    assert config.database_url == "sqlite:///var/billing.sqlite"
    assert config.amqp_url is None
    assert config.log_level == "INFO"
    assert config.consumer_lanes == 4


def test_each_service_gets_a_database_of_its_own() -> None:
    config = read_config("billing", {"URAKKA_DATABASE_URL": "postgresql+psycopg://u@db/urakka_{service}"})

    assert config.database_url == "postgresql+psycopg://u@db/urakka_billing"


def test_empty_variables_are_as_good_as_none() -> None:
    names = (
        "AMQP_URL",
        "SECRET_KEY",
        "OLD_SECRET_KEY",
        "SERVICE_TOKEN",
        "SNAPSHOT_URL",
        "PROVISIONING_KEY",
        "JWKS_URL",
    )
    config = read_config("billing", {f"URAKKA_{name}": "" for name in names})

    assert [getattr(config, name.lower()) for name in names] == [None] * len(names)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("URAKKA_DATABASE_URL", "hunter2"),
        ("URAKKA_AMQP_URL", "http://hunter2"),
        ("URAKKA_LOG_LEVEL", "hunter2"),
        ("URAKKA_CONSUMER_LANES", "hunter2"),
        ("URAKKA_CONSUMER_LANES", "0"),
        ("URAKKA_CONSUMER_LANES", "-1"),
        ("URAKKA_CONSUMER_LANES", "2.5"),
        ("URAKKA_CONSUMER_LANES", "²"),
        ("URAKKA_CONSUMER_LANES", "9" * 5000),
    ],
)
def test_nonsense_is_refused_by_name_and_without_its_value(name: str, value: str) -> None:
    with pytest.raises(BadConfiguration, match=name) as refusal:
        read_config("billing", {name: value})

    assert value not in str(refusal.value).replace("from 1", "")


@pytest.mark.parametrize("key", [None, "hunter2", "aHVudGVyMg=="])
def test_a_missing_or_wrong_secret_key_is_said_when_it_is_needed(key: str | None) -> None:
    with pytest.raises(BadConfiguration, match="URAKKA_SECRET_KEY") as refusal:
        _ = Config("billing", "sqlite://", secret_key=key).secret_box

    assert "hunter2" not in str(refusal.value)


def test_a_right_secret_key_opens_the_box() -> None:
    box = Config("billing", "sqlite://", secret_key=new_key_text()).secret_box

    assert box.open(box.seal(b"x", b"p"), b"p") == b"x"


def test_no_secret_is_shown_when_the_configuration_is_printed() -> None:
    config = read_config("billing", SECRETS)

    assert "hunter2" not in repr(config)
    assert "hunter2" not in str(config)


def test_only_our_own_variables_are_kept() -> None:
    config = read_config("billing", {"PATH": "/bin", "URAKKA_BIND": "0.0.0.0:1"})

    assert dict(config.environment) == {"URAKKA_BIND": "0.0.0.0:1"}


def test_the_level_may_be_written_in_small_letters() -> None:
    assert read_config("billing", {"URAKKA_LOG_LEVEL": "debug"}).log_level == "DEBUG"
