"""Keep what a nox run found about frameworks' versions: ``python .ci/compatibility.py .nox/reports FACTS.json``.

Reads the reports of ``integration(x)``, the latest versions, and of ``minimums(x)``, the oldest. What a run left no
report of stays as it was, and so does what is written by hand: ``bad``, versions that are known to be recorded wrongly.
An integration appears with both of its points, or not at all.
"""

import itertools
import json
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
INTEGRATIONS = sorted(EXTRAS.keys() & PROJECT["entry-points"]["agentops"].keys())
POINTS = {"oldest": "minimums({})", "latest": "integration({})"}

PARTS = {"langchain": ("langchain", "langgraph"), "autogen": ("autogen-core", "autogen-ext")}
"""Distributions that a framework has beside the one that its extra names."""
BESIDE = {
    "openai-agents": ("openai",),
    "llama-index": ("llama-index-workflows",),
    **dict.fromkeys(("agent-framework", "google-adk", "pydantic-ai", "strands"), ("opentelemetry-sdk",)),
}
"""What else decides whether it works, and has a row of its own."""


def normal(name: str) -> str:
    """Return a distribution's name as indexes spell it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def named(extra: str) -> list[str]:
    """Return the distributions of a framework, the one that its extra names first."""
    required = [re.split(r"[<>=\[ ;]", item)[0] for item in EXTRAS[extra] if not item.startswith("agentops[")]
    return [*required, *PARTS.get(extra, ())]


def point(report: ET.Element, extra: str) -> dict[str, Any]:
    """Return what one run says: when, on which Python, with which versions, and how many tests did what."""
    suite = next(report.iter("testsuite"))
    said = {normal(item.get("name", "")): item.get("value", "") for item in report.iter("property")}
    versions = {name: said[f"distribution {name}"] for name in named(extra) if f"distribution {name}" in said}
    beside = {name: said[f"distribution {name}"] for name in BESIDE.get(extra, ())}
    skipped = {item.get("message", "") for item in report.iter("skipped")}
    failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    return {
        "date": suite.get("timestamp", "")[:10],
        "python": ".".join(said["python"].split(".")[:2]),
        "versions": versions,
        **({"beside": beside} if beside else {}),
        "passed": int(suite.get("tests", 0)) - failed - int(suite.get("skipped", 0)),
        "failed": failed,
        "lacking": sorted(skipped),
    }


def cases(report: ET.Element) -> list[str]:
    """Return the conformance cases that passed, in the order in which they ran."""
    return [
        item.get("name", "").removeprefix("test_")
        for item in report.iter("testcase")
        if "test_conformance.Test" in item.get("classname", "") and not len(item)
    ]


def main(reports: Path, facts: Path) -> None:
    """Take the reports into the facts."""
    known: dict[str, dict[str, Any]] = json.loads(facts.read_text()) if facts.exists() else {}
    for extra, (name, session) in itertools.product(INTEGRATIONS, POINTS.items()):
        path = reports / f"{session.format(extra)}.xml"
        if path.exists():
            report = ET.parse(path).getroot()
            known.setdefault(extra, {})[name] = point(report, extra)
            if name == "latest":
                known[extra]["cases"] = cases(report)
    order = ("oldest", "latest", "cases", "bad")
    whole = sorted(extra for extra, found in known.items() if found.keys() >= POINTS.keys())
    ordered = {extra: {key: known[extra][key] for key in order if key in known[extra]} for extra in whole}
    facts.write_text(json.dumps(ordered, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
