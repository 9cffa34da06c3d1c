"""Only tokens that identity signed, for us, now, are believed; and nobody can make us hammer identity."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Mapping
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from shared.errors import NotAuthenticated, TemporarilyUnavailable
from shared.http import tokens
from shared.http.tokens import KeySetVerifier
from shared.testing.waiting import eventually

KEY, OTHER_KEY = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
_IN_TIME_S = 20


def public_jwk(key: Ed25519PrivateKey, key_id: str) -> dict[str, Any]:
    entry: dict[str, Any] = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**entry, "kid": key_id, "alg": "EdDSA", "use": "sig"}


class Identity:
    """Identity's key set: counts how often it is asked, can be down, can change its keys."""

    def __init__(self) -> None:
        self.asked = 0
        self.keys: list[dict[str, Any]] = [public_jwk(KEY, "k1")]
        self.failure: Exception | None = None
        self.held = threading.Event()
        self.held.set()

    def fetch(self) -> Mapping[str, Any]:
        """Give the key set."""
        self.asked += 1
        assert self.held.wait(_IN_TIME_S)
        if self.failure is not None:
            raise self.failure
        return {"keys": self.keys}


class Clock:
    """Monotonic time that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        """Stand in for `time.monotonic`."""
        return self.now


@pytest.fixture
def identity() -> Identity:
    return Identity()


@pytest.fixture
def verifier(identity: Identity) -> KeySetVerifier:
    return KeySetVerifier(identity.fetch)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(tokens, "time", clock)
    return clock


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    found = {
        "iss": "urakka",
        "aud": "urakka",
        "sub": "user-1",
        "tid": "firm-1",
        "iat": now,
        "exp": now + 600,
        "perms": ["customers.read"],
        **changes,
    }
    return {name: value for name, value in found.items() if value is not None}


def a_token(key: Any = KEY, algorithm: str = "EdDSA", key_id: str | None = "k1", **changes: Any) -> str:
    headers = {} if key_id is None else {"kid": key_id}
    return jwt.encode(claims(**changes), key, algorithm=algorithm, headers=headers)


def test_a_good_token_says_who_where_and_what(verifier: KeySetVerifier) -> None:
    found = verifier.verify(a_token())

    assert (found.subject, found.tenant_id, found.permissions) == ("user-1", "firm-1", {"customers.read"})
    assert abs(found.expires_at - time.time() - 600) < 30


def test_a_token_without_permissions_may_nothing(verifier: KeySetVerifier) -> None:
    assert verifier.verify(a_token(perms=None)).permissions == frozenset()


def unsigned() -> str:
    def part(content: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none', 'kid': 'k1', 'typ': 'JWT'})}.{part(claims())}."


def signed_with_the_public_key() -> str:
    """HMAC with what everybody knows: works where a verifier lets the token choose the algorithm."""
    return jwt.encode(claims(), public_jwk(KEY, "k1")["x"], algorithm="HS256", headers={"kid": "k1"})


def tampered() -> str:
    head, _, signature = a_token().split(".")
    body = base64.urlsafe_b64encode(json.dumps(claims(perms=["users.manage"])).encode()).decode().rstrip("=")
    return f"{head}.{body}.{signature}"


BAD_TOKENS = {
    "signed by somebody else": lambda: a_token(OTHER_KEY),
    "without a signature": unsigned,
    "signed with the public key": signed_with_the_public_key,
    "of another algorithm": lambda: a_token(generate_private_key(SECP256R1()), "ES256"),
    "changed after signing": tampered,
    "without its signature": lambda: a_token().rsplit(".", 1)[0] + ".",
    "expired": lambda: a_token(exp=int(time.time()) - 60),
    "not yet in force": lambda: a_token(nbf=int(time.time()) + 600),
    "of another issuer": lambda: a_token(iss="somebody"),
    "for another audience": lambda: a_token(aud="somebody"),
    "without an issuer": lambda: a_token(iss=None),
    "without an audience": lambda: a_token(aud=None),
    "without an end": lambda: a_token(exp=None),
    "without a beginning": lambda: a_token(iat=None),
    "without a tenant": lambda: a_token(tid=None),
    "without a subject": lambda: a_token(sub=None),
    "without a key id": lambda: a_token(key_id=None),
    "of an unknown key": lambda: a_token(OTHER_KEY, key_id="k9"),
    "empty": lambda: "",
    "no token": lambda: "nonsense",
    "three dots": lambda: "a.b.c",
    "not ASCII": lambda: "ääkkösiä.ä.ä",
    "far too long": lambda: "x" * 200_000,
}


@pytest.mark.parametrize("make", BAD_TOKENS.values(), ids=BAD_TOKENS.keys())
def test_a_bad_token_is_refused(verifier: KeySetVerifier, make: Any) -> None:
    with pytest.raises(NotAuthenticated):
        verifier.verify(make())

    assert verifier.verify(a_token()).subject == "user-1"


def test_clocks_may_differ_by_a_few_seconds(verifier: KeySetVerifier) -> None:
    assert verifier.verify(a_token(exp=int(time.time()) - 2)).subject == "user-1"
    assert verifier.verify(a_token(iat=int(time.time()) + 3)).subject == "user-1"


def test_the_key_set_is_fetched_once_for_many_tokens(verifier: KeySetVerifier, identity: Identity) -> None:
    for _ in range(20):
        verifier.verify(a_token())

    assert identity.asked == 1


def test_unknown_keys_make_us_ask_at_most_once_in_five_seconds(
    verifier: KeySetVerifier, identity: Identity, clock: Clock
) -> None:
    verifier.verify(a_token())
    for number in range(50):
        clock.now += 0.2  # ten seconds in all
        with pytest.raises(NotAuthenticated):
            verifier.verify(a_token(OTHER_KEY, key_id=f"made up {number}"))

    assert identity.asked <= 3


def test_a_new_key_is_taken_over_after_the_pause(verifier: KeySetVerifier, identity: Identity, clock: Clock) -> None:
    verifier.verify(a_token())
    identity.keys = [public_jwk(KEY, "k1"), public_jwk(OTHER_KEY, "k2")]
    clock.now += 5.1

    assert verifier.verify(a_token(OTHER_KEY, key_id="k2")).subject == "user-1"


def test_a_key_that_was_withdrawn_is_no_longer_believed(
    verifier: KeySetVerifier, identity: Identity, clock: Clock
) -> None:
    verifier.verify(a_token())
    identity.keys = [public_jwk(OTHER_KEY, "k2")]
    clock.now += 5.1
    verifier.verify(a_token(OTHER_KEY, key_id="k2"))

    with pytest.raises(NotAuthenticated):
        verifier.verify(a_token())


def test_a_key_that_was_taken_back_is_believed_for_five_minutes_at_most(
    verifier: KeySetVerifier, identity: Identity, clock: Clock
) -> None:
    verifier.verify(a_token())
    identity.keys = [public_jwk(OTHER_KEY, "k2")]
    clock.now += 301
    assert verifier.verify(a_token()).subject == "user-1"
    eventually(lambda: _is_refused(verifier, a_token()))
    assert identity.asked == 2


def test_whoever_looks_again_holds_nobody_up_and_without_an_answer_the_known_keys_stay(
    verifier: KeySetVerifier, identity: Identity, clock: Clock
) -> None:
    verifier.verify(a_token())
    identity.failure = RuntimeError("the database of identity is gone")
    identity.held.clear()
    clock.now += 301
    for _ in range(5):
        assert verifier.verify(a_token()).subject == "user-1"
    eventually(lambda: identity.asked == 2)
    identity.held.set()
    eventually(lambda: not any(thread.name == "key-set" for thread in threading.enumerate()))
    assert verifier.verify(a_token()).subject == "user-1"
    assert identity.asked == 2
    clock.now += 5.1
    identity.failure, identity.keys = None, [public_jwk(OTHER_KEY, "k2")]
    verifier.verify(a_token())
    eventually(lambda: _is_refused(verifier, a_token()))


def _is_refused(verifier: KeySetVerifier, token: str) -> bool:
    try:
        verifier.verify(token)
    except NotAuthenticated:
        return True
    return False


FAILURES = [requests.ConnectionError("down"), requests.Timeout("slow"), ConnectionRefusedError("down")]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_without_any_key_the_answer_is_try_again(
    verifier: KeySetVerifier, identity: Identity, failure: Exception
) -> None:
    identity.failure = failure
    with pytest.raises(TemporarilyUnavailable) as refusal:
        verifier.verify(a_token())

    assert refusal.value.retry_after_s > 0


def test_identity_is_not_hammered_while_it_is_down(verifier: KeySetVerifier, identity: Identity, clock: Clock) -> None:
    identity.failure = requests.ConnectionError("down")
    for _ in range(50):
        clock.now += 0.2
        with pytest.raises(TemporarilyUnavailable):
            verifier.verify(a_token())
    asked = identity.asked
    identity.failure = None
    clock.now += 5.1

    assert asked <= 3
    assert verifier.verify(a_token()).subject == "user-1"


def test_known_keys_stay_good_while_identity_is_down(
    verifier: KeySetVerifier, identity: Identity, clock: Clock
) -> None:
    verifier.verify(a_token())
    identity.failure = requests.ConnectionError("down")
    clock.now += 60
    with pytest.raises(NotAuthenticated):
        verifier.verify(a_token(OTHER_KEY, key_id="made up"))

    assert verifier.verify(a_token()).subject == "user-1"


@pytest.mark.parametrize(
    "answer",
    [{}, {"keys": None}, {"keys": [{}]}, {"keys": [{"kid": "k1", "kty": "OKP", "crv": "Ed25519", "x": "??"}]}, []],
    ids=["no keys", "null", "empty key", "broken key", "a list"],
)
def test_a_key_set_that_is_none_is_as_bad_as_no_answer(answer: Any) -> None:
    with pytest.raises(TemporarilyUnavailable):
        KeySetVerifier(lambda: answer).verify(a_token())


def test_keys_that_we_cannot_use_do_not_hide_those_we_can(verifier: KeySetVerifier, identity: Identity) -> None:
    identity.keys.insert(0, {"kid": "future", "kty": "ML-DSA", "x": "…"})

    assert verifier.verify(a_token()).subject == "user-1"


def test_a_slow_key_set_does_not_hold_up_those_whose_key_is_known(
    verifier: KeySetVerifier, identity: Identity, clock: Clock
) -> None:
    """Else anybody could stop everybody's requests with made-up key ids while identity hangs."""
    verifier.verify(a_token())
    clock.now += 60
    identity.held.clear()
    stranger = threading.Thread(target=_verify_quietly, args=(verifier, a_token(OTHER_KEY, key_id="made up")))
    stranger.start()
    known = threading.Thread(target=_verify_quietly, args=(verifier, a_token()))
    try:
        while identity.asked < 2:
            stranger.join(0.01)
        known.start()
        known.join(5)
        assert not known.is_alive()
    finally:
        identity.held.set()
        stranger.join(_IN_TIME_S)
        known.join(_IN_TIME_S)


def _verify_quietly(verifier: KeySetVerifier, token: str) -> None:
    try:
        verifier.verify(token)
    except NotAuthenticated:
        return
