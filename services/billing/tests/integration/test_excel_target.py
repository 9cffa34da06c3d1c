"""Files in a folder: each document once, whatever happens to the writer or the folder."""

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from services.billing.adapters.excel import folder as folders
from services.billing.adapters.excel.build import excel_kind
from services.billing.adapters.kind import Site
from services.billing.domain.document import Document
from services.billing.domain.outcomes import Absent, Accepted, CannotAsk, Found, NotSent, Rejected, Unclear
from services.billing.domain.target import AccountingTarget, ConnectionProblem, Prepared
from services.billing.tests.targets import MemoryLinks, a_document, a_payer
from shared.ids import new_id

FILES = [("xlsx", "document"), ("csv", "document"), ("xlsx", "day"), ("csv", "month"), ("xlsx", "batch")]


class Killed(BaseException):
    """The process died here."""


def connect(root: Path, **settings: Any) -> AccountingTarget:
    kind = excel_kind(Site(export_root=root))
    return kind.build(kind.settings().load({"folder": "laskutus", **settings}), {})


def prepared_of(target: AccountingTarget, document: Document) -> Prepared:
    prepared = target.prepare(document, MemoryLinks())
    assert isinstance(prepared, Prepared)
    return prepared


def send(target: AccountingTarget, document: Document) -> Any:
    return target.send(prepared_of(target, document))


def keys_in(root: Path) -> list[str]:
    """The keys of all rows in all files."""
    found = []
    for path in sorted((root / "laskutus").glob("[!.]*.*")):
        if path.suffix == ".csv":
            found += [line.split(";")[0] for line in path.read_text("utf-8-sig").splitlines()[1:]]
        else:
            sheet = load_workbook(path).worksheets[0]
            found += [str(row[0]) for row in sheet.iter_rows(min_row=2, values_only=True)]
    return found


@pytest.fixture(params=FILES, ids=[" by ".join(each) for each in FILES])
def settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"file_type": request.param[0], "files": request.param[1]}


def test_documents_appear_once_each_with_a_repeat(tmp_path: Path, settings: dict[str, Any]) -> None:
    target = connect(tmp_path, **settings)
    documents = [a_document() for _ in range(3)]
    for document in documents:
        first = send(target, document)
        assert isinstance(first, Accepted)
        assert send(connect(tmp_path, **settings), document) == first
        assert target.find(document.key, document) == Found(first.target_id)
    assert sorted(keys_in(tmp_path)) == sorted(document.key for document in documents)
    assert target.find(a_document().key, a_document()) == Absent()


def test_a_file_for_each_document_is_named_by_date_customer_and_key(tmp_path: Path) -> None:
    document = a_document(payer=a_payer(number="../10 42"))
    assert send(connect(tmp_path), document) == Accepted(f"2026-03-02_10-42_{document.key}.xlsx")


def test_the_documents_of_a_batch_share_a_file(tmp_path: Path) -> None:
    target = connect(tmp_path, files="batch")
    first, second = new_id(), new_id()
    documents = [a_document(batch_id=first), a_document(batch_id=first), a_document(batch_id=second), a_document()]
    written = [send(target, document).target_id for document in documents]
    assert written[:3] == [f"laskutus-2026-03-02-{batch[-12:]}.xlsx" for batch in (first, first, second)]
    assert len(set(written)) == 3
    assert sorted(keys_in(tmp_path)) == sorted(document.key for document in documents)


def test_other_columns_begin_another_file_of_the_day(tmp_path: Path) -> None:
    one, two = a_document(), a_document()
    columns = [{"header": "Avain", "field": "document.key"}]
    assert send(connect(tmp_path, files="day"), one) == Accepted("laskutus-2026-03-02.xlsx")
    changed = connect(tmp_path, files="day", columns=columns)
    assert send(changed, two) == Accepted("laskutus-2026-03-02-2.xlsx")
    assert changed.find(two.key, two) == Found("laskutus-2026-03-02-2.xlsx")


def test_what_was_taken_away_is_still_known(tmp_path: Path, settings: dict[str, Any]) -> None:
    target, document = connect(tmp_path, **settings), a_document()
    accepted = send(target, document)
    (tmp_path / "laskutus" / accepted.target_id).unlink()
    assert target.find(document.key, document) == Found(accepted.target_id)
    assert send(target, document) == accepted
    assert keys_in(tmp_path) == []


def test_without_markers_the_files_are_searched(tmp_path: Path, settings: dict[str, Any]) -> None:
    target, document = connect(tmp_path, **settings), a_document()
    accepted = send(target, document)
    for marker in (tmp_path / "laskutus" / ".urakka").glob("*.json"):
        marker.unlink()
    assert target.find(document.key, document) == Found(accepted.target_id)
    near = f"{document.key[:-1]}x"
    assert target.find(near, document) == Absent()
    assert send(target, document) == accepted
    assert keys_in(tmp_path) == [document.key]


STEPS = ("part written", "part synced", "marker written", "marker renamed", "file renamed", "done written", "done")


def kill_at(monkeypatch: pytest.MonkeyPatch, number: int, error: Callable[[], BaseException], *, after: bool) -> None:
    """Die before (or after) the n-th step that touches the disk."""
    count = 0

    def wrap(real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count == number and not after:
                raise error()
            result = real(*args, **kwargs)
            if count == number and after:
                raise error()
            return result

        return step

    monkeypatch.setattr(folders, "_write", wrap(folders._write))
    monkeypatch.setattr(folders.os, "replace", wrap(os.replace))
    monkeypatch.setattr(folders, "_sync_folder", wrap(folders._sync_folder))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(1, 8))
def test_a_writer_that_dies_leaves_a_sure_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], number: int, after: bool
) -> None:
    target, document = connect(tmp_path, **settings), a_document()
    send(target, a_document())
    prepared = prepared_of(target, document)
    with monkeypatch.context() as patch:
        kill_at(patch, number, Killed, after=after)
        with contextlib.suppress(Killed):
            target.send(prepared)
    there = document.key in keys_in(tmp_path)
    finding = connect(tmp_path, **settings).find(document.key, document)
    assert isinstance(finding, Found if there else Absent)
    assert isinstance(target.send(prepared), Accepted)
    assert keys_in(tmp_path).count(document.key) == 1
    assert len(keys_in(tmp_path)) == 2


@pytest.mark.parametrize("number", range(1, 8))
def test_a_disk_that_fails_is_never_called_anything_false(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], number: int
) -> None:
    target, document = connect(tmp_path, **settings), a_document()
    prepared = prepared_of(target, document)
    with monkeypatch.context() as patch:
        kill_at(patch, number, lambda: OSError(28, "No space left on device"), after=False)
        outcome = target.send(prepared)
    there = document.key in keys_in(tmp_path)
    assert isinstance(outcome, Accepted if there else NotSent), outcome
    assert isinstance(target.send(prepared), Accepted)
    assert keys_in(tmp_path) == [document.key]


def test_a_folder_that_goes_away_in_the_middle_is_unclear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target, document = connect(tmp_path), a_document()
    prepared = prepared_of(target, document)

    def gone(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        real = os.replace
        patch.setattr(folders.os, "replace", lambda a, b: gone() if str(b).endswith(".xlsx") else real(a, b))
        patch.setattr(folders.Path, "exists", gone)
        # `.exists` is asked for the spreadsheet programs' lock files first
        patch.setattr(folders.ExportFolder, "_refuse_if_open", gone_quietly)
        outcome = target.send(prepared)
    assert isinstance(outcome, Unclear)


def gone_quietly(*_: object) -> None:
    """Nobody has the file open."""


@pytest.mark.parametrize("lock", ["~${}", ".~lock.{}#"])
def test_a_file_that_somebody_has_open_waits(tmp_path: Path, lock: str) -> None:
    target = connect(tmp_path, files="day")
    name = send(target, a_document()).target_id
    held = tmp_path / "laskutus" / lock.format(name)
    held.touch()
    document = a_document()
    outcome = send(target, document)
    assert isinstance(outcome, NotSent)
    assert "open in somebody's spreadsheet program" in outcome.reason
    held.unlink()
    assert isinstance(send(target, document), Accepted)


def test_a_growing_file_that_cannot_be_read_needs_a_person(tmp_path: Path) -> None:
    target = connect(tmp_path, files="day")
    name = send(target, a_document()).target_id
    (tmp_path / "laskutus" / name).write_bytes(b"not a workbook")
    document = a_document()
    outcome = send(target, document)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "excel.unreadable_file"
    assert isinstance(target.find(document.key, document), CannotAsk)


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "laskutus").write_text("")
    target, document = connect(tmp_path), a_document()
    assert isinstance(send(target, document), NotSent)
    assert isinstance(target.find(document.key, document), CannotAsk)
    with pytest.raises(ConnectionProblem, match="cannot be reached"):
        target.check()


def test_a_link_out_of_the_export_root_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    root = tmp_path / "root"
    root.mkdir()
    (root / "laskutus").symlink_to(outside)
    target = connect(root)
    outcome = send(target, a_document())
    assert isinstance(outcome, NotSent)
    assert "leads out" in outcome.reason
    assert list(outside.iterdir()) == []


def test_the_check_leaves_nothing_behind(tmp_path: Path) -> None:
    connect(tmp_path).check()
    assert [path.name for path in (tmp_path / "laskutus").rglob("*") if path.is_file()] == ["lock"]


def test_writers_in_many_threads_lose_nothing(tmp_path: Path) -> None:
    documents = [a_document() for _ in range(12)]
    outcomes: list[Any] = []

    def work(part: list[Document]) -> None:
        target = connect(tmp_path, files="day", file_type="csv")
        outcomes.extend(send(target, document) for document in part)

    threads = [threading.Thread(target=work, args=(documents[i::3],)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert sorted(keys_in(tmp_path)) == sorted(document.key for document in documents)


def test_a_key_that_could_be_a_path_is_refused(tmp_path: Path) -> None:
    document = a_document(key="../../etc/passwd")
    outcome = connect(tmp_path).prepare(document, MemoryLinks())
    assert isinstance(outcome, Rejected)
    assert isinstance(connect(tmp_path).find(document.key, document), CannotAsk)
