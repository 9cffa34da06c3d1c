"""Tokens, version paths, rate limit. Source: procountor sheet 1 to 3."""

from __future__ import annotations

import pytest
from flask import Flask

from deploy.sandbox.tests.builders import procountor_invoice
from deploy.sandbox.tests.conftest import procountor_company
from deploy.sandbox.tests.procountor_client import ProcountorClient


@pytest.mark.parametrize("base", ["api", "latest/api", "supported/api", "v2604/api"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_a_token_is_given_on_every_version_path(procountor: ProcountorClient, base: str, slash: str) -> None:
    procountor.base = f"/procountor/{base}"
    answer = procountor.fetch_token(slash, redirect_uri="https://example.com/cb")
    assert answer.status_code == 200
    assert answer.json.keys() == {"access_token", "token_type", "expires_in"}
    assert answer.json["expires_in"] == 3600
    assert procountor.get("sessioninfo").status_code == 200


@pytest.mark.parametrize("base", ["v26/api", "oldest/api", "v26.04/api"])
def test_an_unknown_version_path_is_404(procountor: ProcountorClient, base: str) -> None:
    procountor.base = f"/procountor/{base}"
    assert procountor.fetch_token().status_code == 404


@pytest.mark.parametrize("wrong", ["client_id", "client_secret", "api_key"])
def test_wrong_credentials_are_401(procountor: ProcountorClient, wrong: str) -> None:
    assert procountor.fetch_token(**{wrong: "wrong"}).status_code == 401


def test_secrets_in_the_address_another_grant_and_a_charset_are_400(
    sandbox: Flask, procountor: ProcountorClient
) -> None:
    form = {"grant_type": "client_credentials", **procountor.credentials}
    http = sandbox.test_client()
    address = "/procountor/api/oauth/token"
    assert http.post(f"{address}?api_key=x", data=form).status_code == 400
    assert procountor.fetch_token(grant_type="password").status_code == 400
    charset = "application/x-www-form-urlencoded; charset=utf-8"
    assert http.post(address, data=form, content_type=charset).status_code == 400


@pytest.mark.parametrize("header", ["", "Bearer nonsense", "Basic abc"])
def test_a_call_without_a_valid_token_is_401(sandbox: Flask, header: str) -> None:
    answer = sandbox.test_client().get("/procountor/api/invoices", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json["errors"][0]["status"] == 401


def test_tokens_expire(sandbox: Flask) -> None:
    client = procountor_company(sandbox, settings={"token_lifetime_s": 0})
    client.fetch_token()
    assert client.get("sessioninfo").status_code == 401


@pytest.mark.parametrize("address", ["/procountor/logout", "/procountor/api/logout"])
def test_logging_out_revokes_the_token(sandbox: Flask, procountor: ProcountorClient, address: str) -> None:
    procountor.fetch_token()
    sandbox.test_client().post(address, headers={"Authorization": f"Bearer {procountor.token}"})
    assert procountor.get("sessioninfo").status_code == 401


def test_status_needs_no_token(sandbox: Flask) -> None:
    answer = sandbox.test_client().get("/procountor/api/status")
    assert answer.json["status"] == "OK"


@pytest.mark.parametrize("retry_after", [True, False])
def test_the_rate_limit_answers_429_with_or_without_retry_after(sandbox: Flask, retry_after: bool) -> None:
    client = procountor_company(sandbox, settings={"rate_limit_per_s": 2, "retry_after": retry_after})
    answers = [client.get("sessioninfo") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert ("Retry-After" in answers[2].headers) is retry_after


def test_companies_never_meet(sandbox: Flask, procountor: ProcountorClient) -> None:
    made = procountor.post("invoices", procountor_invoice()).json
    other = procountor_company(sandbox)
    assert other.get(f"invoices/{made['id']}").status_code == 404
    assert other.get("invoices").json["results"] == []


def test_paths_and_methods_that_do_not_exist(procountor: ProcountorClient) -> None:
    assert procountor.get("nothing").status_code == 404
    assert procountor.call("DELETE", "invoices/1").status_code == 405
