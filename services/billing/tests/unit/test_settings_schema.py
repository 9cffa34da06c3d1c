"""What an integrator's form is built from says the same as what checks the settings."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from services.billing.adapters.registry import TARGETS
from services.billing.api.settings_schema import settings_schema
from services.billing.app.connections import checked_settings
from services.billing.domain.errors import InvalidSettings
from services.billing.tests.einvoices import FINVOICE_SETTINGS, SETTINGS

NETVISOR = {
    "url": "https://integration.netvisor.fi",
    "customer_id": "c",
    "partner_id": "p",
    "organisation_id": "9000122-5",
}
GOOD: dict[str, dict[str, Any]] = {
    "netvisor": NETVISOR,
    "procountor": {"url": "https://api.procountor.com/api", "iban": "FI2112345600000785"},
    "finvoice": {**FINVOICE_SETTINGS, "late_interest_percent": None},
    "peppol": SETTINGS,
    "excel": {"columns": [{"header": "Tunniste", "field": "document.key"}]},
    "webhook": {"url": "https://example.fi/in"},
}
WRONG = [
    pytest.param(target, {**GOOD[target], **changes}, id=f"{target}-{'-'.join(changes)}")
    for target, changes in (
        ("netvisor", {"invoice_type": "receipt"}),
        ("netvisor", {"organisation_id": "900012-25"}),
        ("netvisor", {"read_timeout_s": 121}),
        ("netvisor", {"vat_codes": {"S": "NO SUCH"}}),
        ("netvisor", {"vat_codes": {"standard": "KOMY"}}),
        ("netvisor", {"read_back": "perhaps"}),
        ("netvisor", {"misspelt": 1}),
        ("procountor", {"invoice_channel": "fax"}),
        ("finvoice", {"bank_accounts": []}),
        ("finvoice", {"bank_accounts": [{"iban": "FI2112345600000785"}]}),
        ("finvoice", {"delivery": "sftp"}),
        ("peppol", {"first_number": 99}),
        ("peppol", {"http_headers": {"not a header": "x"}}),
        ("excel", {"columns": [{"header": "x", "field": "no.such"}]}),
        ("webhook", {"acceptance": "never"}),
        ("webhook", {"url": None}),
    )
]


def validator(target: str) -> Draft202012Validator:
    return Draft202012Validator(settings_schema(TARGETS[target].settings))


@pytest.mark.parametrize("target", TARGETS)
def test_settings_that_are_right_are_right_for_both(target: str) -> None:
    Draft202012Validator.check_schema(settings_schema(TARGETS[target].settings))
    checked_settings(TARGETS[target], GOOD[target])
    assert list(validator(target).iter_errors(GOOD[target])) == []


@pytest.mark.parametrize(("target", "settings"), WRONG)
def test_settings_that_are_wrong_are_wrong_for_both(target: str, settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidSettings):
        checked_settings(TARGETS[target], settings)
    assert list(validator(target).iter_errors(settings))


@pytest.mark.parametrize("target", TARGETS)
def test_each_setting_tells_a_form_what_it_is(target: str) -> None:
    schema = settings_schema(TARGETS[target].settings)
    loaded = checked_settings(TARGETS[target], GOOD[target])
    for name, setting in schema["properties"].items():
        assert {"description", "type"} <= setting.keys(), name
        if name not in GOOD[target] and name in loaded:
            assert setting["default"] == loaded[name], name
    assert "$ref" not in str(schema)
