"""Settings of connections, and what never shows."""

import pickle

import pytest
from marshmallow import ValidationError

from services.billing.adapters.registry import TARGETS
from services.billing.adapters.secret import Secret, without_secrets

NETVISOR = {
    "url": "https://integration.netvisor.fi",
    "customer_id": "Cust_1",
    "partner_id": "Part_1",
    "organisation_id": "1234567-8",
}
PROCOUNTOR = {"url": "https://api.procountor.com/api", "iban": "FI3715903000000776"}
MINIMAL = {"netvisor": NETVISOR, "procountor": PROCOUNTOR}


@pytest.mark.parametrize("name", sorted(MINIMAL))
def test_the_fewest_settings_make_a_connection(name: str) -> None:
    kind = TARGETS[name]
    built = kind.build(kind.settings().load(MINIMAL[name]), dict.fromkeys(kind.secrets, "x"))
    assert built.name == name == kind.name


@pytest.mark.parametrize("name", sorted(MINIMAL))
def test_loaded_settings_load_again(name: str) -> None:
    schema = TARGETS[name].settings()
    loaded = schema.load(MINIMAL[name])
    assert schema.load(schema.dump(loaded)) == loaded


@pytest.mark.parametrize("name", sorted(MINIMAL))
def test_no_secret_is_a_setting_and_every_setting_is_described(name: str) -> None:
    declared = TARGETS[name].settings().fields
    assert not set(declared) & set(TARGETS[name].secrets)
    assert all(field.metadata.get("description") for field in declared.values())


@pytest.mark.parametrize(
    ("name", "changes", "wrong"),
    [
        ("netvisor", {"url": "http://integration.netvisor.fi"}, "url"),
        ("netvisor", {"url": "ftp://x"}, "url"),
        ("netvisor", {"url": "https://user:pw@x.fi"}, "url"),
        ("netvisor", {"url": "https://x.fi/?a=b"}, "url"),
        ("netvisor", {"url": "https://x.fi:port"}, "url"),
        ("netvisor", {"sender": "Työ"}, "sender"),
        ("netvisor", {"sender": "a\r\nX: b"}, "sender"),
        ("netvisor", {"organisation_id": "12345678"}, "organisation_id"),
        ("netvisor", {"language": "fi"}, "language"),
        ("netvisor", {"algorithm": "MD5"}, "algorithm"),
        ("netvisor", {"invoice_type": "offer"}, "invoice_type"),
        ("netvisor", {"vat_codes": {"s": "KOMY"}}, "vat_codes"),
        ("netvisor", {"customer_key": "shown by mistake"}, "customer_key"),
        ("procountor", {"iban": "FI3715903000000777"}, "iban"),
        ("procountor", {"vat_statuses": {"S": "one"}}, "vat_statuses"),
        ("procountor", {"invoice_channel": "fax"}, "invoice_channel"),
        ("procountor", {"requests_per_second": 0}, "requests_per_second"),
    ],
)
def test_senseless_settings_are_refused(name: str, changes: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        TARGETS[name].settings().load({**MINIMAL[name], **changes})
    assert set(refusal.value.messages_dict) == {wrong}


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8090", "http://localhost:1/x", "http://sandbox:8090", "http://[::1]:1"]
)
def test_a_sandbox_beside_us_may_be_without_tls(url: str) -> None:
    assert TARGETS["netvisor"].settings().load({**NETVISOR, "url": url})["url"] == url


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret("PLANTED")
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r}",
        repr([secret]),
        without_secrets("a PLANTED b", secret),
    ]
    assert not [text for text in shown if "PLANTED" in text]
    with pytest.raises(TypeError):
        pickle.dumps(secret)
