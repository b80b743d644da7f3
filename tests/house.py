"""The project as its own files describe it, for the tests that hold these descriptions together."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT: Final = Path(__file__).parent.parent
PYPROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS: Final[dict[str, list[str]]] = PYPROJECT["project"]["optional-dependencies"]
ENTRY_POINTS: Final[dict[str, dict[str, str]]] = PYPROJECT["project"]["entry-points"]
SOURCES: Final = tuple(PYPROJECT["tool"]["hatch"]["build"]["dev-mode-dirs"])
"""The directories that hold import packages."""

PACKAGES: Final = sorted(path.parent for source in SOURCES for path in (ROOT / source).glob("*/__init__.py"))
"""The directory of each import package."""

INTEGRATIONS: Final = sorted(path.name for path in PACKAGES if path.parent.name == "integrations")
"""Import names of the integrations in this tree, such as ``agentops_langchain``."""


def modules(*packages: str) -> Iterator[Path]:
    """Yield every source file of these import packages; of all, when none is named."""
    for package in PACKAGES:
        if not packages or package.name in packages:
            yield from sorted(package.rglob("*.py"))


def dotted(path: Path) -> str:
    """Return the import name of a source file."""
    package = next(package for package in PACKAGES if package in path.parents)
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
