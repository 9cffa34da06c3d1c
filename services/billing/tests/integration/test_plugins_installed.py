"""Adapters of others, found by what a package installer leaves on the path."""

import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.billing.adapters import plugins
from services.billing.adapters.kind import Site
from services.billing.adapters.registry import TARGETS, installed
from services.billing.domain.outcomes import Accepted
from services.billing.domain.target import Prepared
from services.billing.tests.targets import MemoryLinks, a_document

EXAMPLE = Path(__file__).parents[4] / "docs" / "examples" / "jsonl_adapter"

GOOD = """
from marshmallow import RAISE, Schema
from services.billing.adapters.kind import TargetKind

class Settings(Schema):
    class Meta:
        unknown = RAISE

KIND = TargetKind("NAME", Settings, (), lambda settings, secrets: None)
"""

Install = Callable[[str, str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Put (entry point name, module name, source) on the path as an installed distribution would be."""
    monkeypatch.syspath_prepend(tmp_path)
    made: list[str] = []

    def put(name: str, module: str, source: str) -> None:
        (tmp_path / f"{module}.py").write_text(source.replace("NAME", name))
        info = tmp_path / f"{module}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[{plugins.GROUP}]\n{name} = {module}:KIND\n")
        made.append(module)

    yield put
    for module in made:
        sys.modules.pop(module, None)


def test_an_installed_package_is_a_target_beside_the_built_in_ones(install: Install) -> None:
    install("ledgerly", "fake_ledgerly", GOOD)
    found = installed(Site())
    assert found.kinds["ledgerly"].name == "ledgerly"
    assert set(found.kinds) == {*TARGETS, "ledgerly"}
    assert found.broken == ()


@pytest.mark.parametrize(
    ("name", "source", "told"),
    [
        ("ledgerly", "import no_such_module_at_all", "cannot be loaded: ModuleNotFoundError"),
        ("ledgerly", "raise RuntimeError('PLANTED')", "cannot be loaded: RuntimeError"),
        ("ledgerly", "raise SystemExit(1)", "cannot be loaded: SystemExit"),
        ("ledgerly", "KINDS = 1", "cannot be loaded: AttributeError"),
        ("ledgerly", "KIND = 'a text'", "gives a str, not a TargetKind"),
        ("ledgerly", GOOD.replace('"NAME"', '"another"'), "calls itself 'another'"),
        ("ledgerly", GOOD.replace("unknown = RAISE", "unknown = 'exclude'"), "must refuse unknown fields"),
        ("ledgerly", GOOD.replace("Settings, ()", "dict, ()"), "not a marshmallow Schema"),
        ("ledgerly", GOOD.replace("Settings, ()", "Settings, ['key']"), "not a tuple"),
        ("ledgerly", GOOD.replace("lambda settings, secrets: None", "None"), "cannot be called"),
        ("netvisor", GOOD, "Another target has this name"),
        ("Ledger-ly", GOOD, "must be 2 to 30 characters"),
    ],
)
def test_a_broken_package_is_told_and_stops_nothing(install: Install, name: str, source: str, told: str) -> None:
    install(name, "fake_ledgerly", source)
    install("sound", "fake_sound", GOOD)
    found = installed(Site())
    (broken,) = found.broken
    assert (broken.name, broken.package) == (name, "fake_ledgerly 1.2")
    assert told in broken.error
    assert "PLANTED" not in broken.error
    assert set(found.kinds) == {*TARGETS, "sound"}


def test_of_two_packages_with_one_name_the_second_is_told(install: Install) -> None:
    install("ledgerly", "fake_one", GOOD)
    install("ledgerly", "fake_two", GOOD)
    found = installed(Site())
    assert "ledgerly" in found.kinds
    assert [each.error for each in found.broken] == ["Another target has this name already."]


def test_secrets_that_are_settings_too_are_refused(install: Install) -> None:
    source = GOOD.replace(
        "    class Meta", "    from marshmallow import fields\n    key = fields.String()\n    class Meta"
    )
    install("ledgerly", "fake_ledgerly", source.replace("Settings, ()", "Settings, ('key',)"))
    assert "Secrets cannot be settings too: key" in installed(Site()).broken[0].error


def test_the_example_of_the_documentation_is_such_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    declared = project["entry-points"][plugins.GROUP]
    info = tmp_path / f"urakka_jsonl-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    lines = "".join(f"{name} = {place}\n" for name, place in declared.items())
    (info / "entry_points.txt").write_text(f"[{plugins.GROUP}]\n{lines}")
    monkeypatch.syspath_prepend(EXAMPLE)
    monkeypatch.syspath_prepend(tmp_path)
    found = installed(Site())
    assert found.broken == ()
    kind = found.kinds["jsonl"]
    target = kind.build(kind.settings().load({"folder": str(tmp_path)}), {})
    document = a_document()
    prepared = target.prepare(document, MemoryLinks())
    assert isinstance(prepared, Prepared)
    assert target.send(prepared) == Accepted(document.key)
    assert len((EXAMPLE / "urakka_jsonl.py").read_text().splitlines()) < 150
