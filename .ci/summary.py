"""Print what a nox run did, from the reports that it left: ``python3 .ci/summary.py .nox/reports``.

Exits with 1 when a session failed, or when not one test ran.
"""

import json
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path


def count(report: Path) -> Counter[str]:
    """Return how many tests a JUnit file has by outcome."""
    counts: Counter[str] = Counter()
    for suite in ET.parse(report).getroot().iter("testsuite"):
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped = int(suite.get("skipped", 0))
        counts.update(failed=failed, skipped=skipped, passed=int(suite.get("tests", 0)) - failed - skipped)
    return counts


def main(reports: Path) -> int:
    """Print a line for each session and the sum."""
    sessions = json.loads((reports / "nox.json").read_text())["sessions"]
    total: Counter[str] = Counter()
    broken = 0
    print(f"\n{'session':32}{'result':10}{'passed':>8}{'failed':>8}{'skipped':>8}")
    for session in sessions:
        # A parametrised session's report is named after the values: integration(crewai).
        report = reports / f"{session['name']}.xml"
        counts = count(report) if report.exists() else Counter()
        total += counts
        succeeded = session["result"] == "success"
        broken += not succeeded and not counts["failed"]
        numbers = "".join(f"{counts[key] if report.exists() else '':>8}" for key in ("passed", "failed", "skipped"))
        print(f"{session['name']:32}{session['result']:10}{numbers}")
    versions = [s["name"].partition("-")[2] for s in sessions if s["name"].startswith("core-")]
    ran = [s["name"].partition("-")[2] for s in sessions if s["name"].startswith("core-") and s["result"] == "success"]
    print(f"\nPython versions that the core passed on: {', '.join(ran) or 'none'} (of {', '.join(versions)})")
    # A session that failed without a failing test (lint, an install) counts as one failure, so the sum cannot hide it.
    print(f"{total['passed']} passed, {total['failed'] + broken} failed, {total['skipped']} skipped")
    return int(bool(total["failed"] + broken) or not total["passed"])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
