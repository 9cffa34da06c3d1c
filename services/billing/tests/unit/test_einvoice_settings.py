"""Settings of e-invoice connections: complete, checked, without secrets."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from marshmallow import ValidationError

from services.billing.adapters.delivery.endpoint import EndpointDelivery
from services.billing.adapters.delivery.files import FileDelivery
from services.billing.adapters.delivery.settings import SECRETS, build_delivery
from services.billing.adapters.einvoice.seller import BankAccount
from services.billing.adapters.einvoice.settings import seller_of
from services.billing.adapters.kind import Site
from services.billing.adapters.registry import TARGETS
from services.billing.tests.einvoices import FINVOICE_SETTINGS, SETTINGS

MINIMAL: dict[str, dict[str, Any]] = {"finvoice": FINVOICE_SETTINGS, "peppol": SETTINGS}
names = pytest.mark.parametrize("name", sorted(MINIMAL))
WAYS: dict[str, dict[str, Any]] = {
    "folder": {"folder": "finvoice/out"},
    "http": {"http_url": "https://invoices.example.fi/in"},
    "sftp": {"sftp_host": "sftp.example.fi", "sftp_user": "u", "sftp_host_key": "ssh-ed25519 AAAA"},
}


@names
@pytest.mark.parametrize("way", sorted(WAYS))
@pytest.mark.parametrize("secrets", [{}, dict.fromkeys(SECRETS, "x")], ids=["without secrets", "with secrets"])
def test_every_way_of_delivery_makes_a_connection(name: str, way: str, secrets: dict[str, str]) -> None:
    kind = TARGETS[name]
    settings = {key: value for key, value in MINIMAL[name].items() if key != "folder"}
    assert kind.build(kind.settings().load({**settings, "delivery": way, **WAYS[way]}), secrets).name == name


@names
def test_loaded_settings_load_again(name: str) -> None:
    schema = TARGETS[name].settings()
    loaded = schema.load(MINIMAL[name])
    assert schema.load(schema.dump(loaded)) == loaded


@names
def test_no_secret_is_a_setting_and_every_setting_is_described(name: str) -> None:
    declared = TARGETS[name].settings().fields
    assert not set(declared) & set(TARGETS[name].optional_secrets)
    assert all(field.metadata.get("description") for field in declared.values())


def test_the_documented_example_is_complete() -> None:
    text = (Path(__file__).parents[4] / "docs" / "einvoices.md").read_text(encoding="utf-8")
    example = json.loads(text.partition("```json")[2].partition("```")[0])
    assert TARGETS["finvoice"].settings().load(example)["first_number"] == 1000


def test_the_seller_is_what_the_settings_say() -> None:
    seller = seller_of(TARGETS["finvoice"].settings().load(FINVOICE_SETTINGS))
    assert seller.vat_number == "FI90001225"
    assert seller.accounts == (BankAccount("FI2112345600000785", "NDEAFIHH"),)
    assert seller.late_interest_percent == Decimal("10.5")
    assert seller.first_number == 1000


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"business_id": "9000122-6"}, "business_id"),
        ({"vat_number": "FI90001226"}, "vat_number"),
        ({"seller_name": "K"}, "seller_name"),
        ({"seller_name": "Kenttähuolto\nOy"}, "seller_name"),
        ({"seller_name": "Kenttä\x07huolto"}, "seller_name"),
        ({"ovt": "9000122-5"}, "ovt"),
        ({"ovt": "003790001225ABCDEF"}, "ovt"),
        ({"bank_accounts": []}, "bank_accounts"),
        ({"bank_accounts": [{"iban": "FI2112345600000786", "bic": "NDEAFIHH"}]}, "bank_accounts"),
        ({"bank_accounts": [{"iban": "FI2112345600000785", "bic": "Nordea"}]}, "bank_accounts"),
        ({"bank_accounts": [{"iban": "FI2112345600000785"}]}, "bank_accounts"),
        ({"late_interest_percent": "-1"}, "late_interest_percent"),
        ({"reference_type": "RF"}, "reference_type"),
        ({"first_number": 99}, "first_number"),
        ({"operator": "apix välittäjä"}, "operator"),
        ({"encoding": "ASCII"}, "encoding"),
        ({"delivery": "fax"}, "delivery"),
        ({"folder": "/etc"}, "folder"),
        ({"folder": "a/../../b"}, "folder"),
        ({"folder": ".hidden"}, "folder"),
        ({"delivery": "http", "http_url": "ftp://x.fi"}, "http_url"),
        ({"delivery": "http", "http_url": "https://u:p@x.fi"}, "http_url"),
        ({"delivery": "http"}, "http_url"),
        ({"http_headers": {"Content-Type": "text/plain"}}, "http_headers"),
        ({"http_headers": {"X": "a\r\nY: b"}}, "http_headers"),
        ({"http_token_header": "X: Y"}, "http_token_header"),
        ({"sftp_host_key": "AAAA"}, "sftp_host_key"),
        ({"password": "shown by mistake"}, "password"),
    ],
)
def test_senseless_settings_are_refused(changes: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        TARGETS["finvoice"].settings().load({**FINVOICE_SETTINGS, **changes})
    assert set(refusal.value.messages_dict) == {wrong}


@pytest.mark.parametrize(
    ("way", "kind"), [("folder", FileDelivery), ("sftp", FileDelivery), ("http", EndpointDelivery)]
)
def test_no_secret_shows_in_what_is_built(way: str, kind: type, tmp_path: Path) -> None:
    loaded = TARGETS["peppol"].settings().load({**SETTINGS, "delivery": way, **WAYS[way]})
    built = build_delivery(loaded, dict.fromkeys(SECRETS, "PLANTED"), Site(export_root=tmp_path))
    assert isinstance(built, kind)
    assert "PLANTED" not in repr(vars(built))
