"""Accounting systems that the demo is told of by variables: what is wrong is said of the variables."""

from __future__ import annotations

import pytest

from deploy.demo.client import Refused
from deploy.demo.targets import IncompleteTarget, procountor_target, unusable

VARIABLES = {
    "URAKKA_DEMO_PROCOUNTOR_URL": "http://example.com/api",
    "URAKKA_DEMO_PROCOUNTOR_CLIENT_ID": "a",
    "URAKKA_DEMO_PROCOUNTOR_CLIENT_SECRET": "b",
    "URAKKA_DEMO_PROCOUNTOR_API_KEY": "c",
    "URAKKA_DEMO_PROCOUNTOR_IBAN": "FI00",
}


def test_missing_variables_are_named() -> None:
    with pytest.raises(IncompleteTarget, match=r"URAKKA_DEMO_PROCOUNTOR_IBAN$"):
        procountor_target({**VARIABLES, "URAKKA_DEMO_PROCOUNTOR_IBAN": ""}, "", "")


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (
            {
                "detail": "The settings are not in order.",
                "errors": [
                    {"pointer": "/settings/url", "detail": "Only https is allowed to other machines."},
                    {"pointer": "/settings/iban", "detail": "Not a valid IBAN."},
                ],
            },
            "URAKKA_DEMO_PROCOUNTOR_URL: Only https is allowed to other machines.; "
            "URAKKA_DEMO_PROCOUNTOR_IBAN: Not a valid IBAN.",
        ),
        (
            {"detail": "Procountor did not accept the credentials of the connection."},
            "URAKKA_DEMO_PROCOUNTOR_*: Procountor did not accept the credentials of the connection.",
        ),
    ],
)
def test_what_the_api_refuses_is_told_of_the_variables(problem: dict[str, object], told: str) -> None:
    refused = Refused("POST", "/api/billing/v1/connections", 422, problem)
    target = procountor_target(VARIABLES, "", "")
    assert str(unusable(target, refused.sentence, refused.errors)) == told
