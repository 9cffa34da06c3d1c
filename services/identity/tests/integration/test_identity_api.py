"""Identity through its HTTP API, on both databases, with real tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from services.identity.bootstrap import SERVICE
from shared.bus.wakeup import LocalWakeup
from shared.config import read_config
from shared.crypto import new_key_text
from shared.db import migrate
from shared.http import create_app
from shared.ids import new_id
from shared.runtime.build import build_runtime
from shared.service import Runtime

API = "/api/identity/v1"
PROVISIONING = {"X-Provisioning-Key": "operator"}
ADMIN = {"email": "admin@firma.example", "password": "correct horse 1"}


@pytest.fixture
def runtime(any_database_url: str) -> Iterator[Runtime]:
    config = read_config(
        "identity",
        {
            "URAKKA_DATABASE_URL": any_database_url,
            "URAKKA_SECRET_KEY": new_key_text(),
            "URAKKA_PROVISIONING_KEY": "operator",
        },
    )
    runtime = build_runtime(SERVICE, config, wakeup=LocalWakeup())
    migrate.upgrade(runtime.database.engine, "identity")
    yield runtime
    runtime.database.engine.dispose()


@pytest.fixture
def client(runtime: Runtime) -> FlaskClient:
    return create_app(SERVICE, runtime).test_client()


def tenant_body(email: str = ADMIN["email"], **changes: Any) -> dict[str, Any]:
    body = {"name": "Huolto Oy", "admin_name": "Anna", "admin_email": email, "admin_password": ADMIN["password"]}
    return {**body, **changes}


def found_tenant(client: FlaskClient, email: str = ADMIN["email"]) -> dict[str, Any]:
    answer = client.post(f"{API}/tenants", json=tenant_body(email), headers=PROVISIONING)
    assert answer.status_code == 201, answer.json
    return answer.json


def log_in(client: FlaskClient, email: str = ADMIN["email"], password: str = ADMIN["password"]) -> dict[str, str]:
    answer = client.post(f"{API}/tokens", json={"email": email, "password": password})
    assert answer.status_code == 200, answer.json
    return {"Authorization": f"Bearer {answer.json['access_token']}"}


def new_worker(client: FlaskClient, admin: dict[str, str], **changes: Any) -> dict[str, Any]:
    body = {"name": "Ville", "email": "ville@firma.example", "password": "correct horse 2", "roles": ["worker"]}
    answer = client.post(f"{API}/users", json={**body, **changes}, headers=admin)
    assert answer.status_code == 201, answer.json
    return answer.json


def test_only_the_operator_founds_tenants(client: FlaskClient) -> None:
    without = client.post(f"{API}/tenants", json=tenant_body())
    wrong = client.post(f"{API}/tenants", json=tenant_body(), headers={"X-Provisioning-Key": "guess"})

    assert without.status_code == wrong.status_code == 403
    assert without.json["code"] == "identity.wrong_provisioning_key"


def test_a_tenant_founded_twice_with_one_key_is_one_tenant(client: FlaskClient) -> None:
    headers = {**PROVISIONING, "Idempotency-Key": "first-try"}
    first = client.post(f"{API}/tenants", json=tenant_body(), headers=headers)
    second = client.post(f"{API}/tenants", json=tenant_body(), headers=headers)
    other = client.post(f"{API}/tenants", json=tenant_body(name="Other Oy"), headers=headers)

    assert first.status_code == 201
    assert second.json["id"] == first.json["id"]
    assert other.status_code == 409
    assert other.json["code"] == "key_reused"


def test_a_tenants_wrong_business_id_is_refused_with_a_pointer(client: FlaskClient) -> None:
    answer = client.post(f"{API}/tenants", json=tenant_body(business_id="9000011-7"), headers=PROVISIONING)

    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/business_id"


def test_all_wrong_fields_come_at_once(client: FlaskClient) -> None:
    found_tenant(client)
    body = {"name": "", "email": "nobody", "roles": ["king"], "surprise": 1}
    answer = client.post(f"{API}/users", json=body, headers=log_in(client))

    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    pointers = {error["pointer"] for error in answer.json["errors"]}
    assert pointers == {"/name", "/email", "/password", "/roles/0", "/surprise"}


def test_a_number_with_too_many_digits_is_malformed(client: FlaskClient) -> None:
    body = '{"email": 1' + "0" * 5000 + "}"
    answer = client.post(f"{API}/tokens", data=body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json["code"] == "malformed"


def test_a_weak_password_is_refused(client: FlaskClient) -> None:
    found_tenant(client)
    body = {"name": "V", "email": "v@firma.example", "password": "aaaaaaaaaaaa", "roles": []}
    answer = client.post(f"{API}/users", json=body, headers=log_in(client))

    assert answer.json["code"] == "identity.weak_password"


def test_a_worker_may_not_handle_customers_unless_it_is_granted(client: FlaskClient) -> None:
    found_tenant(client)
    admin = log_in(client)
    worker = new_worker(client, admin)
    before = client.post(f"{API}/tokens", json={"email": worker["email"], "password": "correct horse 2"}).json
    client.patch(
        f"{API}/users/{worker['id']}",
        json={"granted": ["customers.create_minimal"]},
        headers={**admin, "If-Match": '"1"'},
    )
    after = client.post(f"{API}/tokens", json={"email": worker["email"], "password": "correct horse 2"}).json

    assert "customers.create_minimal" not in before["permissions"]
    assert "customers.write" not in before["permissions"]
    assert "prices.read" not in before["permissions"]
    assert set(after["permissions"]) - set(before["permissions"]) == {"customers.create_minimal"}


def test_wrong_password_unknown_address_and_inactive_user_look_the_same(client: FlaskClient) -> None:
    found_tenant(client)
    admin = log_in(client)
    worker = new_worker(client, admin)
    client.patch(f"{API}/users/{worker['id']}", json={"active": False}, headers={**admin, "If-Match": '"1"'})
    answers = [
        client.post(f"{API}/tokens", json=body)
        for body in (
            {"email": ADMIN["email"], "password": "wrong password"},
            {"email": "nobody@firma.example", "password": "wrong password"},
            {"email": worker["email"], "password": "correct horse 2"},
        )
    ]

    assert [a.status_code for a in answers] == [401, 401, 401]
    assert len({(a.json["code"], a.json["detail"]) for a in answers}) == 1


def test_guessing_is_slowed_down(client: FlaskClient) -> None:
    found_tenant(client)
    for _ in range(5):
        client.post(f"{API}/tokens", json={"email": ADMIN["email"], "password": "wrong password"})
    answer = client.post(f"{API}/tokens", json=ADMIN)

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1


def test_a_refresh_token_is_good_once_and_a_copy_ends_the_session(client: FlaskClient) -> None:
    found_tenant(client)
    first = client.post(f"{API}/tokens", json=ADMIN).json["refresh_token"]
    second = client.post(f"{API}/tokens/refresh", json={"refresh_token": first})
    again = client.post(f"{API}/tokens/refresh", json={"refresh_token": first})
    after = client.post(f"{API}/tokens/refresh", json={"refresh_token": second.json["refresh_token"]})

    assert second.status_code == 200
    assert again.status_code == 401
    assert after.status_code == 401, "the thief's or the owner's chain must end, nobody knows which it is"


def test_log_out_ends_the_session(client: FlaskClient) -> None:
    found_tenant(client)
    token = client.post(f"{API}/tokens", json=ADMIN).json["refresh_token"]

    assert client.post(f"{API}/tokens/revoke", json={"refresh_token": token}).status_code == 204
    assert client.post(f"{API}/tokens/refresh", json={"refresh_token": token}).status_code == 401


def test_a_change_of_roles_ends_the_users_sessions(client: FlaskClient) -> None:
    found_tenant(client)
    admin = log_in(client)
    worker = new_worker(client, admin)
    body = {"email": worker["email"], "password": "correct horse 2"}
    token = client.post(f"{API}/tokens", json=body).json["refresh_token"]
    client.patch(f"{API}/users/{worker['id']}", json={"roles": ["viewer"]}, headers={**admin, "If-Match": '"1"'})

    assert client.post(f"{API}/tokens/refresh", json={"refresh_token": token}).status_code == 401


def test_an_api_key_is_shown_once_and_can_be_revoked(client: FlaskClient) -> None:
    found_tenant(client)
    admin = log_in(client)
    made = client.post(f"{API}/api-keys", json={"name": "CRM", "roles": ["integration"]}, headers=admin).json
    listed = client.get(f"{API}/api-keys", headers=admin)
    good = client.post(f"{API}/tokens/api-key", json={"api_key": made["api_key"]})
    client.delete(f"{API}/api-keys/{made['id']}", headers=admin)
    revoked = client.post(f"{API}/tokens/api-key", json={"api_key": made["api_key"]})

    assert "workorders.integrate" in good.json["permissions"]
    assert made["api_key"] not in listed.text
    assert revoked.status_code == 401


def test_the_last_administrator_stays(client: FlaskClient) -> None:
    found_tenant(client)
    admin = log_in(client)
    own = client.get(f"{API}/users", headers=admin).json["items"][0]
    answer = client.patch(f"{API}/users/{own['id']}", json={"roles": ["worker"]}, headers={**admin, "If-Match": '"1"'})

    assert answer.status_code == 409
    assert answer.json["code"] == "identity.last_administrator"


@pytest.mark.parametrize(
    ("headers", "status"), [({}, 428), ({"If-Match": '"9"'}, 412), ({"If-Match": "nonsense"}, 400)]
)
def test_a_change_names_the_version_it_was_made_for(client: FlaskClient, headers: dict[str, str], status: int) -> None:
    found_tenant(client)
    admin = log_in(client)
    worker = new_worker(client, admin)
    answer = client.patch(f"{API}/users/{worker['id']}", json={"name": "V"}, headers={**admin, **headers})

    assert answer.status_code == status


def test_another_tenants_user_is_not_found_and_not_listed(client: FlaskClient) -> None:
    found_tenant(client)
    found_tenant(client, "boss@toinen.example")
    first, second = log_in(client), log_in(client, "boss@toinen.example")
    worker = new_worker(client, first)

    assert client.get(f"{API}/users/{worker['id']}", headers=second).status_code == 404
    assert len(client.get(f"{API}/users", headers=second).json["items"]) == 1
    taken = client.post(
        f"{API}/users",
        json={"name": "X", "email": worker["email"], "password": "correct horse 3", "roles": []},
        headers=second,
    )
    assert taken.json["code"] == "identity.email_taken"


@pytest.mark.parametrize("token", ["", "Bearer nonsense", "Bearer a.b.c", "Basic abc"])
def test_a_request_without_a_good_token_is_refused(client: FlaskClient, token: str) -> None:
    answer = client.get(f"{API}/users", headers={"Authorization": token})

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_of_another_installation_is_refused(client: FlaskClient, runtime: Runtime) -> None:
    found_tenant(client)
    headers = log_in(client)
    foreign = headers["Authorization"][:-12] + "AAAAAAAAAAAA"

    assert client.get(f"{API}/users", headers={"Authorization": foreign}).status_code == 401
    assert client.get(f"{API}/users", headers=headers).status_code == 200


def test_a_token_stays_good_when_the_signing_key_is_replaced(client: FlaskClient, runtime: Runtime) -> None:
    found_tenant(client)
    headers = log_in(client)
    assert client.get(f"{API}/users", headers=headers).status_code == 200
    runtime.own.signer.rotate()

    assert client.get(f"{API}/users", headers=headers).status_code == 200
    assert len(client.get("/.well-known/jwks.json").json["keys"]) == 2


def test_no_password_hash_is_in_an_answer_or_the_audit_log(client: FlaskClient) -> None:
    found_tenant(client)
    admin = log_in(client)
    new_worker(client, admin)
    audit = client.get(f"{API}/audit", headers=admin)

    assert audit.status_code == 200
    assert {entry["entity"] for entry in audit.json["items"]} == {"tenants", "users"}
    assert "argon2" not in audit.text
    assert "argon2" not in client.get(f"{API}/users", headers=admin).text


def test_every_change_leaves_its_event_in_the_outbox(client: FlaskClient, runtime: Runtime) -> None:
    found_tenant(client)
    new_worker(client, log_in(client))
    with runtime.database.engine.connect() as connection:
        types = list(connection.execute(text("SELECT routing_key FROM outbox ORDER BY seq")).scalars())

    assert types == ["tenant.changed.v1", "user.changed.v1", "user.changed.v1"]


def test_a_user_may_be_limited_to_sites(client: FlaskClient) -> None:
    found_tenant(client)
    admin = log_in(client)
    sites = sorted([new_id(), new_id()])
    body = {"name": "Aija", "email": "aija@firma.example", "password": "correct horse 2", "roles": ["administrator"]}
    made = client.post(f"{API}/users", json={**body, "site_ids": [*sites, sites[0]]}, headers=admin)
    assert (made.status_code, made.json["site_ids"]) == (201, sites)
    login = client.post(f"{API}/tokens", json={"email": body["email"], "password": body["password"]}).json
    assert login["site_ids"] == sites
    assert claims_of(login["access_token"])["sites"] == sites
    limited = {"Authorization": f"Bearer {login['access_token']}"}
    path = f"{API}/users/{made.json['id']}"
    lifting = client.patch(path, json={"site_ids": []}, headers={**limited, "If-Match": '"1"'})
    assert (lifting.status_code, lifting.json["code"]) == (403, "outside_scope")
    assert client.get(f"{API}/audit", headers=limited).status_code == 403
    freed = client.patch(path, json={"site_ids": []}, headers={**admin, "If-Match": '"1"'})
    assert (freed.status_code, freed.json["site_ids"]) == (200, [])
    again = client.post(f"{API}/tokens/refresh", json={"refresh_token": login["refresh_token"]})
    assert again.status_code == 401
    assert "sites" not in claims_of(admin["Authorization"].split()[1])
    changed = client.get(f"{API}/audit?entity_id={made.json['id']}", headers=admin).json["items"][0]["changes"]
    assert changed["site_ids"] == {"from": sites, "to": []}


def test_the_last_administrator_of_everything_cannot_be_limited(client: FlaskClient) -> None:
    found_tenant(client)
    admin = log_in(client)
    own = client.get(f"{API}/users", headers=admin).json["items"][0]
    headers = {**admin, "If-Match": f'"{own["version"]}"'}
    answer = client.patch(f"{API}/users/{own['id']}", json={"site_ids": [new_id()]}, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (409, "identity.last_administrator")


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})
