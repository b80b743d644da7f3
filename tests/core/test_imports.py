"""Importing agentops brings in nothing but agentops: no framework, no HTTP client, no OpenTelemetry."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import EXTRAS, INTEGRATIONS, dotted, modules

LATE = {"agentops": {"requests"}}
"""What a package may import, but only when it is needed."""

EARLY = {"agentops": {"pluggy"}, "agentops.testing": {"pytest"}}
"""What it needs to be imported at all; its test kit is for suites that have pytest."""

_SNIPPET = """
import importlib, json, sys
before = set(sys.modules)
importlib.import_module(sys.argv[1])
print(json.dumps(sorted({name.split(".")[0] for name in set(sys.modules) - before} - sys.stdlib_module_names)))
"""


INSIDE = ("agentops.cli", "agentops.commands", "agentops.plugins", "agentops.sdk")
"""What a stranger's plugin has no business with. ``agentops`` itself has the names that are for everyone."""


def _imported_by(module: str) -> set[str]:
    """Import a module in a fresh process, and return the top levels beyond the standard library that this loaded."""
    done = subprocess.run([sys.executable, "-c", _SNIPPET, module], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def _imports(path: Path) -> dict[str, bool]:
    """Return the top-level names that a source file imports, each with whether importing the file imports them."""
    found: dict[str, bool] = {}
    for name, at_import in _modules_imported(path):
        top = name.split(".", maxsplit=1)[0]
        found[top] = found.get(top, False) or at_import
    return found


def _modules_imported(path: Path) -> list[tuple[str, bool]]:
    tree = ast.parse(path.read_text())
    found: list[tuple[str, bool]] = []

    def visit(node: ast.AST, at_import: bool) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            at_import = False
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        found.extend((name, at_import) for name in names)
        for child in ast.iter_child_nodes(node):
            visit(child, at_import)

    visit(tree, True)
    return found


@pytest.mark.parametrize("module", ["agentops", "agentops.sdk.decorators", "agentops.wire"])
def test_importing_agentops_loads_the_standard_library_only(module: str) -> None:
    """``import agentops`` costs what agentops costs: requests alone would add 150 ms, a framework seconds."""
    assert _imported_by(module) == {"agentops"}


@pytest.mark.parametrize("part", ["dataclasses", "pathlib", "agentops.sdk.assembly", "agentops.sdk.setup"])
def test_importing_agentops_loads_nothing_that_only_set_up_needs(part: str) -> None:
    """These come with ``init()``: they would double the time that every program pays for the import.

    What the standard library's ``logging`` brings by itself (in Python 3.14, dataclasses) is not our doing.
    """
    code = f"import logging; was = {part!r} in sys.modules; import agentops; print({part!r} in sys.modules and not was)"
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"


@pytest.mark.parametrize("path", [pytest.param(path, id=dotted(path)) for path in modules("agentops")])
def test_core_is_made_of_the_standard_library_and_pluggy(path: Path) -> None:
    """A core module imports the standard library, pluggy and agentops; requests only inside a function."""
    imports = {name: early for name, early in _imports(path).items() if name not in sys.stdlib_module_names}
    allowed = {"agentops"}.union(*(names for part, names in EARLY.items() if dotted(path).startswith(part)))
    assert {name for name, early in imports.items() if early} <= allowed
    assert set(imports) <= allowed | LATE["agentops"]


@pytest.mark.parametrize("name", [f"{name}{part}" for name in INTEGRATIONS for part in ("", ".plugin")])
def test_describing_an_integration_loads_no_framework(name: str) -> None:
    """Every plugin is described at start-up; only one whose framework the program uses may load it."""
    assert _imported_by(name) <= {"agentops", name.removesuffix(".plugin")} | EARLY["agentops"]


BRIDGE = "agentops_opentelemetry"
"""The integrations of frameworks that emit OpenTelemetry spans of their own are made of it."""


@pytest.mark.parametrize("name", INTEGRATIONS)
def test_an_integration_imports_no_other(name: str) -> None:
    """An integration can be taken out, or installed alone, without the others noticing."""
    others = set(INTEGRATIONS) - {name, BRIDGE}
    for path in modules(name):
        assert not others & set(_imports(path)), dotted(path)


@pytest.mark.parametrize("path", [pytest.param(path, id=dotted(path)) for path in modules(*INTEGRATIONS)])
def test_an_integration_uses_what_a_strangers_plugin_could(path: Path) -> None:
    """Whatever our own integrations need is public, so that others can be as good."""
    assert [name for name, _ in _modules_imported(path) if name.startswith(INSIDE)] == []


OWN_EXTRAS = {
    "agentops_dashboard.accounts": "server",
    "agentops_dashboard.door": "server",
    "agentops_dashboard.observe": "server",
    "agentops_dashboard.pages.login_page": "server",
    "agentops_dashboard.store.clickhouse": "clickhouse",
}
"""Parts of the dashboard that are imported where they are asked for only."""


def test_dashboard_is_made_of_its_extra() -> None:
    """What the dashboard imports at once is in ``agentops[dashboard]``, but for parts with an extra of their own."""
    for path in modules("agentops_dashboard"):
        extra = next((OWN_EXTRAS[part] for part in OWN_EXTRAS if dotted(path).startswith(part)), "dashboard")
        early = {name for name, at_import in _imports(path).items() if at_import} - sys.stdlib_module_names
        assert early - {"agentops", "agentops_dashboard"} <= _names_in("dashboard") | _names_in(extra), dotted(path)


def _names_in(extra: str) -> set[str]:
    names = {requirement.split(">")[0].replace("-", "_") for requirement in EXTRAS[extra]}
    aliases = {
        "argon2_cffi": "argon2",
        "markdown_it_py": "markdown_it",
        "opentelemetry_proto": "opentelemetry",
    }
    # Parts of fastapi, jinja2 and opentelemetry-proto, which say that they are to be imported as themselves.
    return {aliases.get(name, name) for name in names} | {"google", "markupsafe", "pydantic", "starlette"}
