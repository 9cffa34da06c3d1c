"""Another key for the secrets of sites and webhooks, while they are in use; on both databases."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import delete, event, update

from services.customers.bootstrap import SERVICE
from services.customers.models import Site, Webhook
from shared.context import system_context
from shared.crypto import SecretBox, UnreadableSecret, new_key_text
from shared.db import get_or_404, sealed
from shared.db.sealed import seal_anew
from shared.http import create_app
from shared.runtime import main
from shared.testing.service import Caller, ServiceUnderTest

SITES = ("customers.read", "customers.write", "sites.secrets.read")
SECRET = "s" * 40


class Died(BaseException):
    """Stands for the end of a process."""


@dataclass
class Firm:
    """A firm with sites that have door codes, and a webhook, on a database that holds no other secrets."""

    service: ServiceUnderTest
    sites: list[str]
    webhook: str
    new: str

    @property
    def old(self) -> str:
        key = self.service.runtime.config.secret_key
        assert key is not None
        return key

    def caller(self, key: str, *older: str) -> Caller:
        """Somebody at a process that has these keys."""
        config = replace(self.service.runtime.config, secret_key=key, old_secret_key=(older or (None,))[0])
        app = create_app(SERVICE, replace(self.service.runtime, config=config))
        return replace(self.service.caller(*SITES), client=app.test_client())

    def codes(self, key: str, *older: str) -> list[str]:
        caller = self.caller(key, *older)
        return [caller.get(f"/sites/{site}/door-code").json["door_code"] for site in self.sites]

    def secret(self, box: SecretBox) -> bytes:
        with self.service.begin() as uow:
            return box.open(get_or_404(uow.session, Webhook, self.webhook).secret, self.webhook.encode())

    def rotate(self) -> sealed.Rotated:
        return seal_anew(self.service.database, SERVICE.sealed, SecretBox.from_text(self.new, self.old))


@pytest.fixture
def firm(service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch) -> Firm:
    with service.database.begin(system_context("test")) as uow:
        uow.session.execute(delete(Webhook))
        uow.session.execute(update(Site).values(door_code=None))
        uow.commit()
    monkeypatch.setattr(sealed, "ROWS_AT_ONCE", 2)
    caller = service.caller(*SITES, "tenant.manage")
    sites = []
    for number in range(5):
        site = caller.post("/sites", {"name": f"Kohde {number}", "type": "building"}).json
        code = {"door_code": f"code {number}"}
        assert caller.call("PUT", f"/sites/{site['id']}/door-code", json=code, if_match=1).status_code < 300
        sites.append(site["id"])
    webhook = caller.post("/webhooks", {"url": "https://example.fi/urakka", "secret": SECRET}).json["id"]
    return Firm(service, sites, webhook, new_key_text())


CODES = [f"code {number}" for number in range(5)]


def test_after_the_rotation_the_old_key_can_go(firm: Firm) -> None:
    assert firm.codes(firm.new, firm.old) == CODES
    rotated = firm.rotate()
    assert (rotated.sealed, rotated.already, rotated.unreadable) == (6, 0, [])
    assert firm.codes(firm.new) == CODES
    assert firm.secret(SecretBox.from_text(firm.new)) == SECRET.encode()
    with pytest.raises(UnreadableSecret):
        firm.secret(SecretBox.from_text(firm.old))
    again = firm.rotate()
    assert (again.sealed, again.already) == (0, 6)


def test_a_rotation_that_died_leaves_everything_readable_and_is_gone_on_with(firm: Firm) -> None:
    updates = 0

    def die_at_the_fourth(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal updates
        updates += statement.startswith("UPDATE sites")
        if updates == 4:
            raise Died

    event.listen(firm.service.engine, "before_cursor_execute", die_at_the_fourth)
    try:
        with pytest.raises(Died):
            firm.rotate()
    finally:
        event.remove(firm.service.engine, "before_cursor_execute", die_at_the_fourth)
    assert firm.codes(firm.new, firm.old) == CODES
    rest = firm.rotate()
    assert (rest.sealed, rest.already) == (4, 2)
    assert firm.codes(firm.new) == CODES


def test_what_changes_meanwhile_is_sealed_with_the_new_key_and_no_version_moves(firm: Firm) -> None:
    during, changed = firm.caller(firm.new, firm.old), firm.sites[0]
    before = [during.get(f"/sites/{site}").headers["ETag"] for site in firm.sites[1:]]
    put = during.call("PUT", f"/sites/{changed}/door-code", json={"door_code": "new code"}, if_match=2)
    assert put.status_code < 300
    rotated = firm.rotate()
    assert (rotated.sealed, rotated.already) == (5, 1)
    assert firm.codes(firm.new) == ["new code", *CODES[1:]]
    assert [during.get(f"/sites/{site}").headers["ETag"] for site in firm.sites[1:]] == before


def test_the_command_says_what_was_done_and_what_no_key_opens(
    firm: Firm, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("URAKKA_DATABASE_URL", firm.service.runtime.config.database_url)
    monkeypatch.setenv("URAKKA_SECRET_KEY", firm.new)

    def run(old: str) -> tuple[object, str]:
        monkeypatch.setenv("URAKKA_OLD_SECRET_KEY", old)
        monkeypatch.setattr(sys, "argv", ["customers", "rotate-secrets"])
        with pytest.raises(SystemExit) as ended:
            main(SERVICE)
        told = capsys.readouterr()
        return ended.value.code, told.out + told.err

    status, told = run("")
    assert (status, told.count("set URAKKA_OLD_SECRET_KEY")) == (1, 6)
    status, told = run(firm.old)
    assert (status, "6 sealed anew, 0 had the new key" in told) == (0, True)
    status, told = run("")
    assert (status, "0 sealed anew, 6 had the new key" in told) == (0, True)
    with firm.service.begin() as uow:
        get_or_404(uow.session, Webhook, firm.webhook).secret = b"sealed by somebody else"
        uow.commit()
    status, told = run(firm.old)
    assert (status, f"webhook {firm.webhook} opens with neither key" in told) == (1, True)
    status, told = run(firm.old[:-5])
    assert (status, "URAKKA_OLD_SECRET_KEY" in told, firm.old[:-5] in told) == (2, True, False)
