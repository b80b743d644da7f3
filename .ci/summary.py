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
    total: Counter[str] = Counter()
    broken = 0
    passed_on = []
    print(f"\n{'session':32}{'result':>10}{'seconds':>9}{'passed':>8}{'failed':>8}{'skipped':>8}")
    for session in json.loads((reports / "nox.json").read_text())["sessions"]:
        name = session["signatures"][0]
        report = reports / f"{name}.xml"
        counts = count(report) if report.exists() else Counter()
        total += counts
        succeeded = session["result"] == "success"
        # A session that failed without a failing test (lint, an install) counts as one, so that the sum shows it.
        broken += not succeeded and not counts["failed"]
        passed_on += [name.removeprefix("core-")] if succeeded and name.startswith("core-") else []
        numbers = "".join(f"{counts[key] if report.exists() else '':>8}" for key in ("passed", "failed", "skipped"))
        print(
            f"{name:32}{session['result']:>10}{session['duration']:>9.0f}{numbers}  {session['reason'] or ''}".rstrip()
        )
    print(f"\nThe core passed on Python {', '.join(passed_on) or '(none)'}.")
    print(f"{total['passed']} passed, {total['failed'] + broken} failed, {total['skipped']} skipped")
    return int(bool(total["failed"] + broken) or not total["passed"])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
