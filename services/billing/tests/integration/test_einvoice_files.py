"""Files into a folder and onto an SFTP server: a repeat is never a second file, and what happened can be told."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import pytest

from services.billing.adapters.delivery.files import HIDDEN, FileDelivery, StoreFault
from services.billing.adapters.delivery.folder import Folder, folder_opener
from services.billing.adapters.delivery.parcel import Parcel
from services.billing.adapters.delivery.sftp import SftpSettings, sftp_opener
from services.billing.adapters.secret import Secret
from services.billing.domain.outcomes import Absent, Accepted, CannotAsk, Found, NotSent, Unclear
from services.billing.domain.target import ConnectionProblem
from services.billing.tests.sftp_server import PASSWORD, USER, SftpServer, sftp_server

KEY = "URK-00000000-0000-4000-8000-000000000001"
PARCEL = Parcel(KEY, b"<Finvoice/>", "application/xml", "10023", Decimal("619.76"))
FOUND = Found(f"{KEY}.xml", "10023", Decimal("619.76"))


def _settings(server: SftpServer, **changes: object) -> SftpSettings:
    settings = SftpSettings(
        host="127.0.0.1",
        port=server.port,
        user=USER,
        folder="out",
        host_key=server.host_key,
        password=Secret(PASSWORD),
        private_key=Secret(""),
        timeout_s=5.0,
        public_only=False,
    )
    return replace(settings, **changes)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SftpServer]:
    (tmp_path / "out").mkdir()
    with sftp_server(tmp_path) as running:
        yield running


@pytest.fixture(params=["folder", "sftp"])
def delivery(request: pytest.FixtureRequest, tmp_path: Path) -> FileDelivery:
    """A delivery into tmp_path / "out", either way."""
    if request.param == "folder":
        return FileDelivery(folder_opener(tmp_path, "out"))
    return FileDelivery(sftp_opener(_settings(request.getfixturevalue("server"))))


def visible(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "out").iterdir() if not path.name.startswith("."))


def test_a_file_arrives_whole_and_a_repeat_replaces_it(delivery: FileDelivery, tmp_path: Path) -> None:
    delivery.check()
    assert delivery.find(KEY) == Absent()
    assert delivery.deliver(PARCEL) == Accepted(f"{KEY}.xml")
    assert delivery.deliver(replace(PARCEL, payload=b"<Finvoice>2</Finvoice>")) == Accepted(f"{KEY}.xml")
    assert visible(tmp_path) == [f"{KEY}.xml"]
    assert (tmp_path / "out" / f"{KEY}.xml").read_bytes() == b"<Finvoice>2</Finvoice>"
    assert delivery.find(KEY) == FOUND


def test_a_file_that_was_collected_is_still_found(delivery: FileDelivery, tmp_path: Path) -> None:
    delivery.deliver(PARCEL)
    (tmp_path / "out" / f"{KEY}.xml").unlink()
    assert delivery.find(KEY) == FOUND


def test_a_directory_without_records_answers_nothing(delivery: FileDelivery, tmp_path: Path) -> None:
    """A share that is not mounted is an empty directory too: taking it for "not there" would send a second file."""
    delivery.deliver(PARCEL)
    (tmp_path / "out").rename(tmp_path / "unmounted")
    (tmp_path / "out").mkdir()
    assert isinstance(delivery.find(KEY), CannotAsk)


def test_a_death_before_the_hand_over_leaves_nothing_found(delivery: FileDelivery, tmp_path: Path) -> None:
    """The receipt is written, the rename did not happen: the part file tells."""
    delivery.deliver(PARCEL)
    (tmp_path / "out" / f"{KEY}.xml").rename(tmp_path / "out" / HIDDEN / f"{KEY}.xml.part")
    assert delivery.find(KEY) == Absent()
    assert delivery.deliver(PARCEL) == Accepted(f"{KEY}.xml")
    assert delivery.find(KEY) == FOUND
    assert visible(tmp_path) == [f"{KEY}.xml"]


def test_a_receipt_that_cannot_be_read_takes_nothing_away(delivery: FileDelivery, tmp_path: Path) -> None:
    delivery.deliver(PARCEL)
    (tmp_path / "out" / HIDDEN / f"{KEY}.json").write_bytes(b"\xff")
    assert delivery.find(KEY) == Found(f"{KEY}.xml")


def test_the_check_leaves_nothing_behind(delivery: FileDelivery, tmp_path: Path) -> None:
    delivery.check()
    assert visible(tmp_path) == []
    assert list((tmp_path / "out" / HIDDEN).iterdir()) == []


@pytest.mark.parametrize("key", ["../x", "a/b", "", ".hidden", "x" * 61])
def test_a_key_that_is_no_key_becomes_no_path(delivery: FileDelivery, key: str) -> None:
    with pytest.raises(ValueError, match="not a document key"):
        delivery.deliver(replace(PARCEL, key=key))


# --- what fails when ---


@dataclass
class Failing:
    """A folder whose operations fail as told, before or after they took effect."""

    folder: Folder
    before: set[str] = field(default_factory=set)
    after: set[str] = field(default_factory=set)

    def __getattr__(self, name: str) -> Callable[..., object]:
        real = getattr(self.folder, name)

        def act(*given: object) -> object:
            if name in self.before:
                raise StoreFault("broken")
            done = real(*given)
            if name in self.after:
                raise StoreFault("broken")
            return done

        return act


@pytest.mark.parametrize(
    ("before", "after", "outcome", "finding"),
    [
        ({"make_directory"}, set(), NotSent("broken"), Absent()),
        ({"write"}, set(), NotSent("broken"), Absent()),
        (set(), {"write"}, NotSent("broken"), Absent()),
        ({"rename"}, set(), NotSent("broken"), Absent()),
        (set(), {"rename"}, Unclear("broken"), FOUND),
        ({"rename", "exists"}, set(), Unclear("broken"), Absent()),
    ],
)
def test_what_fails_decides_what_is_known(
    tmp_path: Path, before: set[str], after: set[str], outcome: NotSent | Unclear, finding: Found | Absent
) -> None:
    FileDelivery(lambda: Folder(tmp_path)).check()
    broken = FileDelivery(lambda: Failing(Folder(tmp_path), before, after))
    assert broken.deliver(PARCEL) == outcome
    assert FileDelivery(lambda: Folder(tmp_path)).find(KEY) == finding


def test_a_look_that_fails_says_nothing(tmp_path: Path) -> None:
    broken = FileDelivery(lambda: Failing(Folder(tmp_path), {"exists"}))
    assert broken.find(KEY) == CannotAsk("broken")


# --- folders ---


def test_a_link_out_of_the_allowed_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "allowed").mkdir()
    (tmp_path / "allowed" / "out").symlink_to(tmp_path / "elsewhere")
    delivery = FileDelivery(folder_opener(tmp_path / "allowed", "out"))
    outcome = delivery.deliver(PARCEL)
    assert isinstance(outcome, NotSent)
    assert "outside" in outcome.reason
    assert list((tmp_path / "elsewhere").iterdir()) == []
    with pytest.raises(ConnectionProblem):
        delivery.check()


def test_a_folder_that_cannot_be_made_is_told_without_its_path(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    outcome = FileDelivery(folder_opener(tmp_path, "out")).deliver(PARCEL)
    assert isinstance(outcome, NotSent)
    assert str(tmp_path) not in outcome.reason


# --- SFTP ---


def test_a_private_key_logs_in(server: SftpServer) -> None:
    text = io.StringIO()
    server.user_key.write_private_key(text)
    by_key = _settings(server, password=Secret(""), private_key=Secret(text.getvalue()))
    FileDelivery(sftp_opener(by_key)).check()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": Secret("PLANTED-wrong")}, "credentials"),
        ({"private_key": Secret("PLANTED-no-key")}, "private key"),
        ({"host_key": "ecdsa-sha2-nistp256 AAAA"}, "another host key"),
        ({"host_key": "ssh-ed25519 AAAA"}, "secure connection"),
        ({"host_key": "ssh-unknown AAAA"}, "secure connection"),
        ({"public_only": True}, "private network"),
        ({"port": 1}, "could not be reached"),
        ({"folder": "missing"}, "directory"),
    ],
)
def test_what_is_wrong_with_a_connection_is_told_without_secrets(
    server: SftpServer, changes: dict[str, object], words: str
) -> None:
    delivery = FileDelivery(sftp_opener(_settings(server, **changes)))
    with pytest.raises(ConnectionProblem) as problem:
        delivery.check()
    assert words in problem.value.detail
    assert "PLANTED" not in problem.value.detail
    assert isinstance(delivery.deliver(PARCEL), NotSent)
    assert isinstance(delivery.find(KEY), CannotAsk)


def test_a_server_without_atomic_replacing_is_served_too(server: SftpServer, tmp_path: Path) -> None:
    server.has_posix_rename = False
    delivery = FileDelivery(sftp_opener(_settings(server)))
    assert delivery.deliver(PARCEL) == delivery.deliver(PARCEL) == Accepted(f"{KEY}.xml")
    assert visible(tmp_path) == [f"{KEY}.xml"]


def test_a_rename_that_the_server_refuses_was_no_hand_over(server: SftpServer, tmp_path: Path) -> None:
    server.fails = {"posix_rename", "rename"}
    delivery = FileDelivery(sftp_opener(_settings(server)))
    assert isinstance(delivery.deliver(PARCEL), NotSent)
    assert delivery.find(KEY) == Absent()
    server.fails = {"stat"}
    assert isinstance(delivery.find(KEY), CannotAsk)
