"""The tables of the reference pages, made from the code that they describe. ``nox -s reference`` writes them again."""

import ast
import inspect
import itertools
import json
import re
import sys
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

from agentops import hookspecs, semconv
from agentops.sdk.config import Config

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_ROOT = Path(__file__).parent.parent.parent


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines
    )


def _markdown(docstring: str) -> str:
    return re.sub(r"``(.+?)``", r"`\1`", inspect.cleandoc(docstring))


def _default(value: object) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:,}".replace(",", " ") if isinstance(value, int) else f"`{value}`"


def settings() -> str:
    """Return a row for each setting: argument, environment variable, default, meaning."""
    rows = []
    for item in fields(Config):
        variable = item.metadata["variable"]
        rows.append(
            (f"`{item.name}`", f"`{variable}`" if variable else "", _default(item.default), str(item.metadata["doc"]))
        )
    return _table(("`init()` argument", "environment variable", "default", "meaning"), rows)


def hooks() -> str:
    """Return a section for each hook: its signature, and when it runs."""
    sections = []
    for name, function in vars(hookspecs).items():
        if name.startswith("agentops_"):
            signature = str(inspect.signature(function)).replace("'", "")
            text = _markdown(function.__doc__ or "")
            sections.append(f"### `{name}`\n\n```text\n{name}{signature}\n```\n\n{text}")
    return "\n\n".join(sections)


def integration() -> str:
    """Return a row for each field of ``agentops.Integration``."""
    texts = _field_texts(hookspecs, "Integration")
    rows = [(f"`{item.name}`", texts.get(item.name, "")) for item in fields(hookspecs.Integration)]
    return _table(("field", "meaning"), rows)


def attributes(group: str) -> str:
    """Return a row for each attribute of one class of ``agentops.semconv``."""
    texts = _field_texts(semconv, group)
    names = {key: value for key, value in vars(getattr(semconv, group)).items() if key.isupper()}
    return _table(
        ("attribute", "in `agentops.semconv`", "notes"),
        [(f"`{value}`", f"`{group}.{key}`", texts.get(key, "")) for key, value in names.items()],
    )


def extras() -> str:
    """Return a row for each extra of the distribution."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    found = project["optional-dependencies"].items()
    rows = [(f"`pip install 'agentops[{name}]'`", ", ".join(f"`{item}`" for item in items)) for name, items in found]
    return _table(("command", "brings"), rows)


def versions() -> str:
    """Return a row for each integration: what it was tested with, when, and what came of it."""
    rows = []
    for name, facts in _facts().items():
        oldest, latest = facts["oldest"], facts["latest"]
        both = [_span(oldest[key], latest[key]) for key in ("python", "date")]
        rows.append((f"[{name}](integrations/{name}.md)", _point(oldest), _point(latest), _came(oldest, latest), *both))
    return _table(("integration", "oldest", "latest", "tests passed", "Python", "day"), rows)


def lacks() -> str:
    """Return a line for each thing that a tested version of a framework has not, and that is not tested for so."""
    found = {
        f"- **{name}** {next(iter(facts[point]['versions'].values()))}: {text}"
        for name, facts in _facts().items()
        for point in ("oldest", "latest")
        for text in facts[point]["lacking"]
    }
    return "\n".join(sorted(found)) or "Nothing."


def bad() -> str:
    """Return a line for each version that is known to be recorded wrongly."""
    found = [
        f"- **{version}**: {text}" for facts in _facts().values() for version, text in facts.get("bad", {}).items()
    ]
    return "\n".join(found) or "None that is known."


def cases() -> str:
    """Return the conformance cases, numbered, and a row for each integration with those that it passes."""
    tree = ast.parse((_ROOT / "core" / "agentops" / "testing" / "conformance.py").read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    texts = {node.name.removeprefix("test_"): _markdown(ast.get_docstring(node) or "") for node in functions}
    legend = [f"{number}. {text}" for number, text in enumerate(texts.values(), 1)]
    rows = [(name, *("✓" if case in facts["cases"] else "" for case in texts)) for name, facts in _facts().items()]
    return "\n".join(legend) + "\n\n" + _table(("integration", *map(str, range(1, len(texts) + 1))), rows)


def _facts() -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((_ROOT / "core" / "agentops" / "compatibility.json").read_text())
    return facts


def _point(point: dict[str, Any]) -> str:
    own = ", ".join(f"`{name}` {version}" for name, version in point["versions"].items())
    beside = ", ".join(f"`{name}` {version}" for name, version in point.get("beside", {}).items())
    return f"{own} with {beside}" if beside else own


def _came(*points: dict[str, Any]) -> str:
    return ", ".join(
        f"{point['passed']}" + (f" (**{point['failed']} failed**)" if point["failed"] else "") for point in points
    )


def _span(oldest: str, latest: str) -> str:
    return latest if latest == oldest else f"{oldest}, {latest}"


def _field_texts(module: ModuleType, name: str) -> dict[str, str]:
    """Return the docstrings under the fields of a class, which Python itself does not keep."""
    tree = ast.parse(inspect.getsource(module))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    texts = {}
    for field, after in itertools.pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(after, ast.Expr):
            texts[field.target.id] = _markdown(ast.literal_eval(after.value))
    return texts
