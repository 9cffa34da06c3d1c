"""Cheap checks on the project itself: what must not be in the repository, and what every module owes its reader."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PARTS = ("identity", "customers", "catalog", "workorders", "billing", "sandbox", "all")
LARGEST_FILE = 1024 * 1024
MANY_LINES = 450
MAY_SKIP = {"tests/contract/test_einvoice_rules.py"}
"""Asks the official validator, which is no part of the product and not on every machine; in CI it must be there."""
BINARY = {".xlsx", ".png", ".ico"}


def files() -> list[Path]:
    """Return what is in the repository, or would be with the next `git add`."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def texts() -> Iterator[tuple[Path, str]]:
    for path in files():
        if path.suffix not in BINARY and path != Path(__file__):
            yield path, path.read_text(encoding="utf-8")


def modules(*patterns: str) -> list[Path]:
    found = [path for pattern in patterns for path in sorted(ROOT.glob(pattern)) if "tests" not in path.parts]
    assert found, f"no module matches {patterns}"
    return found


def places(pattern: str, *, only: str = "") -> list[str]:
    """Return `file:line` of every match in a text file whose path ends with `only`."""
    expression = re.compile(pattern)
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path, content in texts()
        if str(path).endswith(only)
        for number, line in enumerate(content.splitlines(), 1)
        if expression.search(line)
    ]


@pytest.mark.parametrize(
    "pattern",
    [
        r"(^|[^\w.])/work/",
        r"/home/[a-z]",
        r"/Users/[A-Za-z]",
        r"\b(TODO|FIXME|XXX|HACK)\b",
        r"^<<<<<<< |^>>>>>>> ",
        r"files\.pythonhosted\.org|pypi\.org/simple|test\.pypi\.org",
        r"^\s*(--)?(extra-)?index-url\b|--trusted-host|--find-links",
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    ],
)
def test_what_does_not_belong_into_the_repository(pattern: str) -> None:
    assert places(pattern) == []


@pytest.mark.parametrize(
    "pattern",
    [r"pytest\.(mark\.)?(skip|skipif|xfail|importorskip)\b", r"@unittest\.skip", r"\btime\.sleep\("],
    ids=["skip", "unittest", "sleep"],
)
def test_no_test_is_skipped_or_waits_blindly(pattern: str) -> None:
    found = [place for place in places(pattern, only=".py") if "/tests/" in f"/{place}" or "/test_" in f"/{place}"]

    assert [place for place in found if place.rpartition(":")[0] not in MAY_SKIP] == []


def test_what_runs_alone_is_where_make_test_looks_for_it() -> None:
    found = places(r"\bmark\.alone\b", only=".py")

    assert found
    assert [place for place in found if not place.startswith("tests/")] == []


def test_no_lock_file_with_index_addresses_and_no_waste() -> None:
    names = [str(path.relative_to(ROOT)) for path in files()]
    waste = re.compile(r"(^|/)(uv\.lock|poetry\.lock|Pipfile\.lock|\.DS_Store|.*\.(pyc|sqlite|log|orig|rej))$")

    assert [name for name in names if waste.search(name) or name.startswith(("var/", ".venv/"))] == []


def test_no_file_is_large() -> None:
    assert [str(path) for path in files() if path.stat().st_size > LARGEST_FILE] == []


def test_no_secret_stands_in_the_compose_file() -> None:
    content = (ROOT / "docker-compose.yml").read_text()
    given = re.findall(r"^\s*(\w*(?:KEY|TOKEN|PASSWORD|SECRET)\w*):\s*(\S.*)$", content, re.MULTILINE)

    assert [name for name, value in given if not value.startswith(("${", '"${', "/run/secrets"))] == []


# --- requirements ---------------------------------------------------------------------------------------------------


def project() -> dict[str, list[str]]:
    """Return the extras of pyproject.toml with the common dependencies under ``."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {"": settings["dependencies"], **settings["optional-dependencies"]}


def wanted(extra: str) -> set[str]:
    """Return the names that `extra` asks for, with those of the extras that it includes."""
    found: set[str] = set()
    for text in [*project()[""], *project()[extra]]:
        requirement = Requirement(text)
        if requirement.name == "urakka":
            found |= {name for inner in requirement.extras for name in wanted(inner)}
        else:
            found.add(canonicalize_name(requirement.name))
    return found


def pinned(part: str) -> dict[str, str]:
    """Return name → block of lines of `requirements/<part>.txt`."""
    content = (ROOT / "requirements" / f"{part}.txt").read_text()
    blocks = re.split(r"^(?=[A-Za-z0-9])", content, flags=re.MULTILINE)[1:]
    return {canonicalize_name(re.split(r"[=\[ ;]", block, maxsplit=1)[0]): block for block in blocks}


@pytest.mark.parametrize("part", [*PARTS, "test", "clients"])
def test_every_requirement_is_pinned_with_hashes(part: str) -> None:
    loose = [
        name
        for name, block in pinned(part).items()
        if not re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+", block) or "--hash=sha256:" not in block
    ]

    assert loose == []


def test_the_clients_are_those_that_are_asked_for_and_no_others() -> None:
    lines = (ROOT / "requirements" / "clients.in").read_text().splitlines()
    asked = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    direct = {
        name: re.match(r"[\w.-]+==(\S+)", block)[1]  # type: ignore[index]
        for name, block in pinned("clients").items()
        if "-r requirements/clients.in" in block
    }

    assert direct == {canonicalize_name(name): version for name, version in asked.items()}, "run `make requirements`"


@pytest.mark.parametrize("part", [*PARTS, "test"])
def test_requirements_have_what_pyproject_asks_for_and_nothing_of_their_own(part: str) -> None:
    extras = ("all", "test") if part == "test" else (part,)
    asked = {name for extra in extras for name in wanted(extra)}
    found = pinned(part)
    direct = {name for name, block in found.items() if re.search(r"via[\s#]*(\n\s*#\s*)?urakka", block)}

    assert asked - found.keys() == set(), "run `make requirements`"
    assert direct - asked == set(), "run `make requirements`"


@pytest.mark.parametrize("part", PARTS)
def test_tests_run_on_the_versions_that_are_shipped(part: str) -> None:
    def version(block: str) -> str:
        return block.split("==", 1)[1].split()[0]

    tested = {name: version(block) for name, block in pinned("test").items()}
    shipped = {name: version(block) for name, block in pinned(part).items()}

    assert {name: found for name, found in shipped.items() if tested.get(name) != found} == {}


# --- modules --------------------------------------------------------------------------------------------------------


def public_without_docstring(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    if path.name != "__init__.py" and ast.get_docstring(tree) is None:
        yield f"{path.relative_to(ROOT)}: module"
    yield from _without_docstring(tree, path)


def _without_docstring(node: ast.AST, path: Path) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if (
            not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            or child.name.startswith("_")
            or child.name == "Meta"
        ):
            continue
        if ast.get_docstring(child) is None and not _is_overload(child):
            yield f"{path.relative_to(ROOT)}:{child.lineno} {child.name}"
        if isinstance(child, ast.ClassDef):
            yield from _without_docstring(child, path)


def _is_overload(node: ast.AST) -> bool:
    return any("overload" in ast.unparse(decorator) for decorator in getattr(node, "decorator_list", []))


def test_public_functions_and_classes_say_what_they_are() -> None:
    paths = modules("shared/**/*.py", "services/*/domain/**/*.py", "services/*/app/**/*.py")
    silent = [line for path in paths for line in public_without_docstring(path)]

    assert silent == [], "\n".join(silent)


def test_every_module_says_what_it_is() -> None:
    paths = modules("services/**/*.py", "deploy/**/*.py", "shared/**/*.py")
    silent = [
        str(path.relative_to(ROOT))
        for path in paths
        if path.stat().st_size and ast.get_docstring(ast.parse(path.read_text())) is None
    ]

    assert silent == []


def test_no_broad_except_away_from_the_outer_edges() -> None:
    """The edges: a request, an event, a job, a thread. Each has its reason written beside it."""
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in modules("services/*/domain/**/*.py", "services/*/app/**/*.py", "services/*/adapters/**/*.py")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"except\s*(Exception|BaseException)?\s*:|except (Exception|BaseException) as", line)
        and "#" not in line
    ]

    assert found == []


def test_ignored_findings_name_their_code() -> None:
    bare = places(r"#\s*noqa(?!:)|#\s*type:\s*ignore(?!\[)", only=".py")

    assert bare == []


def test_long_modules_are_listed(record_property: pytest.RecordProperty) -> None:
    """A list to look at, not a limit: a module is split when it has two reasons to change."""
    counted = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in modules("shared/**/*.py", "services/**/*.py", "deploy/**/*.py")
    }
    long = {name: lines for name, lines in counted.items() if lines > MANY_LINES}
    for name, lines in sorted(long.items()):
        print(f"{name}: {lines} lines")
        record_property(name, lines)

    assert sum(counted.values()) / len(counted) < MANY_LINES / 2
