"""What is built holds our packages and nothing else, and its metadata names what is there."""

import ast
import tarfile
import zipfile
from pathlib import Path

import pytest
from hatchling import build

from tests.house import ENTRY_POINTS, EXTRAS, INTEGRATIONS, PACKAGES, PYPROJECT, ROOT, SOURCES

SELECTIONS = {"dashboard", "server", "clickhouse", "parquet", "demo", "all"}
"""Extras that are no integration: parts of this project, and choices of other extras."""


def _build(kind: str, source: Path, target: Path) -> Path:
    target.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(source)
        return target / getattr(build, f"build_{kind}")(str(target))


def _files(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


def _extra(integration: str) -> str:
    return integration.removeprefix("agentops_").replace("_", "-")


def test_wheel_has_our_packages_at_its_top_level_and_nothing_else(wheel: Path) -> None:
    """Installing agentops puts no other name into site-packages, and none of ours is left out."""
    with zipfile.ZipFile(wheel) as archive:
        top = {name.split("/")[0] for name in archive.namelist()}
    version = PYPROJECT["project"]["version"]
    assert top == {package.name for package in PACKAGES} | {f"agentops-{version}.dist-info"}


def test_wheel_has_every_file_of_every_package(wheel: Path) -> None:
    """Templates, SQL, icons and py.typed are files of a package as much as its modules are."""
    on_disk = {
        path.relative_to(ROOT / source).as_posix()
        for source in SOURCES
        for path in (ROOT / source).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert _files(wheel) == on_disk


def test_every_package_says_that_it_is_typed(wheel: Path) -> None:
    """A type checker ignores the annotations of a package without py.typed."""
    assert {f"{package.name}/py.typed" for package in PACKAGES} <= _files(wheel)


def test_sdist_builds_the_same_wheel(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    """Who builds from the source distribution gets what who installs the wheel gets."""
    with tarfile.open(sdist) as archive:
        names = archive.getnames()
        # The filter came with Python 3.11.4; Debian 12's is older.
        is_safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(tmp_path / "source", **is_safe)
    root = names[0].split("/")[0]
    rebuilt = _build("wheel", tmp_path / "source" / root, tmp_path / "rebuilt")
    assert _files(rebuilt) == _files(wheel)


def test_sdist_leaves_out_what_a_checkout_collects(sdist: Path) -> None:
    """Environments, caches and reports are nobody's source."""
    with tarfile.open(sdist) as archive:
        top = {name.split("/")[1] for name in archive.getnames() if "/" in name}
    assert not {name for name in top if name in {".nox", ".venv", ".git", "node_modules", ".mypy_cache", ".ruff_cache"}}
    assert {"LICENSE", "README.md", "pyproject.toml", "tests", *SOURCES} <= top


def test_bare_install_needs_pluggy_and_requests_only() -> None:
    """What records must not fight with a program over versions."""
    names = {requirement.split(">")[0] for requirement in PYPROJECT["project"]["dependencies"]}
    assert names == {"pluggy", "requests"}


def test_every_integration_has_an_extra() -> None:
    """``pip install 'agentops[x]'`` brings the framework of ``agentops_x``, and no extra brings one that we lack."""
    assert {_extra(name) for name in INTEGRATIONS} == set(EXTRAS) - SELECTIONS


def test_every_integration_has_an_entry_point() -> None:
    """An integration is found by its entry point alone, as a stranger's is."""
    ours = {name: module for name, module in ENTRY_POINTS["agentops"].items() if not module.startswith("agentops.")}
    assert ours == {_extra(name): f"{name}.plugin" for name in INTEGRATIONS}


@pytest.mark.parametrize(
    "target",
    sorted({*PYPROJECT["project"]["scripts"].values(), *(t for g in ENTRY_POINTS.values() for t in g.values())}),
)
def test_entry_points_lead_somewhere(target: str) -> None:
    """A command or plugin that is announced exists."""
    module, _, attribute = target.partition(":")
    bases = [root / module.replace(".", "/") for root in map(ROOT.joinpath, SOURCES)]
    files = [file for base in bases for file in (base.with_suffix(".py"), base / "__init__.py")]
    source = next(filter(Path.exists, files), None)
    assert source is not None, f"{target}: there is no module {module}"
    if attribute:
        tree = ast.parse(source.read_text())
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        names |= {a.asname or a.name for node in tree.body if isinstance(node, ast.ImportFrom) for a in node.names}
        assert attribute in names
