"""Rules of this code base that no linter knows."""

import ast
import itertools
import re
from pathlib import Path

import pytest

from tests.house import INTEGRATIONS, PACKAGES, PYPROJECT, ROOT, dotted, modules

RECORDING = ["agentops", *INTEGRATIONS]
LIMIT_LINES = {"module": 600, "function": 50}
ATTRIBUTE = re.compile(
    r"gen_ai\.|agentops\.(span|session|tags|agent|tool|llm)\b|(user\.id|(input|output)\.value|error\.type)$|exception\.[a-z]+$"
)
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
DECORATORS = {"session", "agent", "tool", "trace", "task", "operation", "workflow", "guardrail"}


def _every(*packages: str) -> list[object]:
    return [pytest.param(path, id=dotted(path)) for path in modules(*packages)]


def _tests() -> list[object]:
    paths = sorted((ROOT / "tests").rglob("test_*.py"))
    return [pytest.param(path, id=path.relative_to(ROOT).as_posix()) for path in paths]


def _docstrings(tree: ast.Module) -> set[int]:
    """Return the identities of the constants that stand alone as a statement: docstrings, in any place."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def _strings(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    skipped = _docstrings(tree)
    return [
        f"{path.name}:{node.lineno} {node.value!r}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in skipped
        and ATTRIBUTE.match(node.value)
    ]


@pytest.mark.parametrize("path", _every(*RECORDING))
def test_attribute_names_are_spelled_in_semconv_only(path: Path) -> None:
    """A name that is spelled twice is spelled differently one day, and then nothing is found under it."""
    if dotted(path) == "agentops.semconv":
        return
    assert _strings(path) == []


def test_every_name_of_semconv_says_what_it_means() -> None:
    """Each kind, status, state and attribute has a sentence under it; those of others only have their source."""
    silent = [
        f"{node.name}.{field.target.id}"
        for node in ast.parse((ROOT / "core/agentops/semconv.py").read_text()).body
        if isinstance(node, ast.ClassDef) and node.name != "Foreign"
        for field, after in itertools.pairwise([*node.body, ast.Pass()])
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and not isinstance(after, ast.Expr)
    ]
    assert silent == []


@pytest.mark.parametrize("path", _every())
def test_public_modules_say_what_is_public(path: Path) -> None:
    """A module without a leading underscore has ``__all__``, sorted by ruff, unless it defines no public name."""
    if path.name.startswith("_") and path.name != "__init__.py":
        return
    tree = ast.parse(path.read_text())
    defined = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_")
    }
    assigned = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert not defined or "__all__" in assigned, f"{dotted(path)} defines {sorted(defined)} and has no __all__"


@pytest.mark.parametrize("path", _every())
def test_init_modules_hold_names_only(path: Path) -> None:
    """A package's ``__init__`` says what there is; what it does stands in a module with a name."""
    if path.name != "__init__.py":
        return
    tree = ast.parse(path.read_text())
    logic = [
        node
        for node in tree.body
        if not isinstance(node, ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign | ast.Expr | ast.If)
        and not (isinstance(node, ast.FunctionDef) and node.name in {"__getattr__", "__dir__"})
    ]
    assert not logic, f"{dotted(path)} does something in line {logic[0].lineno}"


@pytest.mark.parametrize("path", _every())
def test_modules_and_functions_fit_on_a_screen_or_a_few(path: Path) -> None:
    """A module has one subject and a function one screen; beyond that there are two of them."""
    text = path.read_text()
    assert len(text.splitlines()) <= LIMIT_LINES["module"]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            lines = (node.end_lineno or 0) - first.lineno + 1
            assert lines <= LIMIT_LINES["function"], f"{node.name} has {lines} lines"


@pytest.mark.parametrize("path", _every())
def test_modules_are_named_after_their_subject(path: Path) -> None:
    """Nobody can say what does not belong in a ``utils.py``."""
    assert path.stem.lstrip("_") not in FORBIDDEN_NAMES


def test_no_module_hides_a_decorator() -> None:
    """``import agentops.session`` would put the module in the place of ``agentops.session``, the decorator."""
    assert not {path.stem for path in (ROOT / "core" / "agentops").iterdir()} & DECORATORS


def _swallows(handler: ast.ExceptHandler) -> bool:
    caught = (
        {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)} if handler.type else {"Exception"}
    )
    return "Exception" in caught and not any(isinstance(node, ast.Raise) and not node.exc for node in ast.walk(handler))


@pytest.mark.parametrize("path", _every())
def test_broad_excepts_stand_in_the_guard_only(path: Path) -> None:
    """One place may catch everything, because one place counts it, logs it and is loud under test.

    Ruff's BLE001 says the same, but can be told to be quiet. ``BaseException`` is ruff's alone: a generator has to hand
    on whatever its consumer throws into it.
    """
    handlers = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ExceptHandler)]
    broad = [handler.lineno for handler in handlers if _swallows(handler)]
    assert not broad or dotted(path) == "agentops.sdk.guard"


def _silent(tree: ast.Module) -> list[int]:
    """Return the lines of skips and expected failures that give no reason."""
    spoken = {
        id(node.func)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and (node.args or node.keywords)
        if ast.unparse(node.func) in {"pytest.skip", "pytest.xfail"} or any(k.arg == "reason" for k in node.keywords)
    }
    marks = re.compile(r"pytest\.(mark\.)?(skip|skipif|xfail)")
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and marks.fullmatch(ast.unparse(node)) and id(node) not in spoken
    ]


@pytest.mark.parametrize("path", _tests())
def test_what_is_skipped_says_why(path: Path) -> None:
    """A test that does not run says what is missing."""
    assert _silent(ast.parse(path.read_text())) == []


@pytest.mark.parametrize("path", _tests())
def test_every_test_states_its_fact(path: Path) -> None:
    """A test's docstring says what is true when it passes; its name cannot hold that."""
    tests = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]
    assert [node.name for node in tests if not ast.get_docstring(node)] == []


def test_changelog_fragments_are_named_for_the_release() -> None:
    """A fragment with another name would not be gathered, and its sentence would be lost."""
    name = re.compile(r"(\d+|\+[a-z0-9-]+)\.(added|changed|fixed|removed)(\.\d+)?\.md")
    fragments = [path for path in (ROOT / "changelog").iterdir() if path.name != "README.md"]
    assert [path.name for path in fragments if not name.fullmatch(path.name)] == []
    assert [path.name for path in fragments if not path.read_text().rstrip().endswith(".")] == []


def test_every_package_is_known_to_import_linter() -> None:
    """A package that import-linter is not told of may import anything."""
    settings = PYPROJECT["tool"]["importlinter"]
    assert sorted(settings["root_packages"]) == sorted(package.name for package in PACKAGES)
    independent = [sorted(c["modules"]) for c in settings["contracts"] if c["type"] == "independence"]
    assert independent == [INTEGRATIONS]
