"""The table: one page for people, one file for programs. A suite that is run anew replaces its own part."""

import datetime
import json
import os
import platform
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

__all__ = ["Row", "update"]

DOCS = Path(__file__).parent.parent / "docs"
HEAD = """# Performance

Measured by `nox -s bench`, which writes this page. Machines are noisy, so a figure counts only as a ratio against a
baseline of the same run, taken in turns with it (A B A B …); the median of {repeat} runs is shown.
"""


@dataclass(frozen=True)
class Row:
    """A line of the table. Values are what is shown; ``ratio`` is ours to the baseline, where that means something."""

    what: str
    baseline: str
    ours: str
    ratio: float | None = None
    goal: str = ""


def update(suite: str, title: str, note: str, rows: list[Row]) -> None:
    """Write a suite's results into the JSON file, and the page anew from all of it."""
    path = DOCS / "performance.json"
    results: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    results[suite] = {
        "title": title,
        "note": note,
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}",
        "versions": _versions(),
        "rows": [asdict(row) for row in rows],
    }
    path.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    (DOCS / "performance.md").write_text(_page(results))


def _versions() -> dict[str, str]:
    found = {}
    for name in ("agentops", "opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _page(results: dict[str, Any]) -> str:
    parts = [HEAD.format(repeat="at least five")]
    for suite in sorted(results):
        result = results[suite]
        versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
        parts.append(f"## {result['title']}\n\n{result['note']}\n")
        parts.append(_table(result["rows"]))
        parts.append(f"\n{result['date']}: {result['machine']}; {versions}.\n")
    return "\n".join(parts)


def _table(rows: list[dict[str, Any]]) -> str:
    """Write the rows as Markdown; without the columns of a baseline where there is none."""
    shown = [{**row, "ratio": _ratio(row["ratio"])} for row in rows]
    titles = {"what": "what", "baseline": "baseline", "ours": "agentops", "ratio": "ratio", "goal": "goal"}
    names = [name for name in titles if name == "what" or any(row[name] for row in shown)]
    lines = [[titles[name] for name in names], ["---"] * len(names), *([row[name] for name in names] for row in shown)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}×"
