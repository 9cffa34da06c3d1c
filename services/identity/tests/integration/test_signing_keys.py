"""Other keys for access tokens: nobody is logged out, nothing is restarted, and the old key goes; on both databases."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import timedelta

import jwt
import pytest

from services.identity.adapters.signing import LEAD, Signer
from services.identity.bootstrap import SERVICE
from services.identity.commands import rotate_signing_key
from shared.clock import utc_now
from shared.config import read_config
from shared.crypto import SecretBox, UnreadableSecret, new_key_text
from shared.db import Database, migrate
from shared.db.sealed import seal_anew
from shared.errors import NotAuthenticated
from shared.http.tokens import KeySetVerifier
from shared.runtime import main
from shared.runtime.build import build_runtime
from shared.testing.waiting import ManualClock

LIFETIME = timedelta(minutes=10)
KEY, NEW_KEY = new_key_text(), new_key_text()


@pytest.fixture
def database(any_database_url: str) -> Iterator[Database]:
    config = read_config("identity", {"URAKKA_DATABASE_URL": any_database_url, "URAKKA_SECRET_KEY": KEY})
    runtime = build_runtime(SERVICE, config)
    migrate.upgrade(runtime.database.engine, "identity")
    yield runtime.database
    runtime.database.engine.dispose()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(utc_now())


@pytest.fixture
def process(database: Database, clock: ManualClock) -> Callable[[], Signer]:
    """Start another process of identity."""
    return lambda: Signer(database, SecretBox.from_text(KEY), LIFETIME, clock)


def token(signer: Signer) -> str:
    """A token that is good by the real clock, however far the test has moved the signer's."""
    return signer.sign(subject="user", tenant_id="firm", permissions=(), now=utc_now(), lifetime_s=600)


def key_of(signed: str) -> str:
    return str(jwt.get_unverified_header(signed)["kid"])


def shown(signer: Signer) -> list[str]:
    return [key["kid"] for key in signer.key_set()["keys"]]


def test_all_processes_sign_with_the_new_key_and_the_old_one_goes_after_its_last_token(
    process: Callable[[], Signer], clock: ManualClock
) -> None:
    one, other = process(), process()
    elsewhere = KeySetVerifier(other.key_set)
    before = token(other)
    elsewhere.verify(before)
    old = key_of(before)
    new = one.rotate()
    assert shown(other) == [old, new]
    clock.now += LEAD - timedelta(seconds=1)
    assert [key_of(token(each)) for each in (one, other, process())] == [old] * 3
    last = token(other)
    clock.now += timedelta(seconds=1)
    assert [key_of(token(each)) for each in (one, other, process())] == [new] * 3
    for signed in (before, last, token(one)):
        assert KeySetVerifier(other.key_set).verify(signed).subject == "user"
    clock.now += LIFETIME
    assert shown(other) == [old, new]
    clock.now += timedelta(minutes=1, seconds=1)
    assert shown(other) == [new]
    with pytest.raises(NotAuthenticated):
        KeySetVerifier(other.key_set).verify(last)
    newest = one.rotate()
    assert shown(other) == [new, newest]


def test_whoever_knows_only_the_old_key_takes_a_token_of_the_new_one(
    process: Callable[[], Signer], clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = process()
    elsewhere = KeySetVerifier(signer.key_set)
    elsewhere.verify(token(signer))
    monkeypatch.setattr("shared.http.tokens._LEAST_PAUSE_S", 0.0)
    signer.rotate()
    clock.now += LEAD
    assert elsewhere.verify(token(signer)).subject == "user"


def test_a_key_that_got_about_is_refused_at_once(process: Callable[[], Signer]) -> None:
    one, other = process(), process()
    stolen = token(other)
    new = one.rotate(at_once=True)
    assert shown(other) == [new]
    assert key_of(token(other)) == new
    with pytest.raises(NotAuthenticated):
        KeySetVerifier(other.key_set).verify(stolen)


def test_two_rotations_in_a_row_sign_with_no_key_before_its_time(
    process: Callable[[], Signer], clock: ManualClock
) -> None:
    signer = process()
    first = key_of(token(signer))
    clock.now += timedelta(hours=1)
    second = signer.rotate()
    clock.now += LEAD / 2
    third = signer.rotate()
    signing = []
    for _ in range(3):
        signing.append(key_of(token(signer)))
        clock.now += LEAD / 2
    assert signing == [first, second, third]
    assert shown(signer) == [first, second, third]


def test_the_keys_are_sealed_anew_and_the_old_secret_key_can_go(
    process: Callable[[], Signer], database: Database, clock: ManualClock
) -> None:
    signer = process()
    before = token(signer)
    rotated = seal_anew(database, SERVICE.sealed, SecretBox.from_text(NEW_KEY, KEY))
    assert (rotated.sealed, rotated.unreadable) == (1, [])
    after = Signer(database, SecretBox.from_text(NEW_KEY), LIFETIME, clock)
    assert key_of(token(after)) == key_of(before)
    assert KeySetVerifier(after.key_set).verify(before).subject == "user"
    with pytest.raises(UnreadableSecret):
        token(process())


def test_the_command_makes_a_key_that_running_processes_find(
    process: Callable[[], Signer],
    any_database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    running = process()
    old = key_of(token(running))
    monkeypatch.setenv("URAKKA_DATABASE_URL", any_database_url)
    monkeypatch.setenv("URAKKA_SECRET_KEY", KEY)
    for words, told in (([], "in 2 minutes"), (["--at-once"], "now; all others are taken back")):
        monkeypatch.setattr(sys, "argv", ["identity", "rotate-signing-key", *words])
        with pytest.raises(SystemExit) as ended:
            main(SERVICE, rotate_signing_key)
        assert not ended.value.code
        assert told in capsys.readouterr().out
        assert shown(running)[0] == old or words
    assert len(shown(running)) == 1
    assert key_of(token(running)) != old
