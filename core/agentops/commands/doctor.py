"""``agentops doctor``: what is installed, what is switched on, what waits where, and what to do about it."""

import argparse
from collections.abc import Sequence
from typing import Any

from agentops.commands.output import write_json, write_line
from agentops.diagnosis import diagnose
from agentops.sdk.config import config_from_environment

__all__ = ["doctor"]

_MARK = {"ok": "ok      ", "note": "note    ", "problem": "PROBLEM "}


def doctor(argv: Sequence[str] = ()) -> int:
    """Run the command. Exit code 1 when there is a problem."""
    parser = argparse.ArgumentParser(
        prog="agentops doctor",
        description="Check the installation, the settings of this environment and what waits on the disk. "
        "Asks the endpoint, if one is set, and nobody else.",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args(argv)
    report = diagnose(config_from_environment())
    if arguments.json:
        write_json(report)
    else:
        _write(report)
    return 1 if any(item["level"] == "problem" for item in report["findings"]) else 0


def _write(report: dict[str, Any]) -> None:
    write_line(f"agentops {report['agentops']} in {report['location']}")
    write_line(f"Python {report['python']}, {report['platform']}")
    if report["settings"]:
        write_line("settings: " + ", ".join(f"{name}={value}" for name, value in report["settings"].items()))
    for item in report["spool"]:
        where = item["url"] or "this machine"
        age = "" if item["oldest_s"] is None else f", oldest {_age(item['oldest_s'])}"
        write_line(
            f"spool for {where}: {item['waiting_bytes'] / 1e3:,.1f} kB in {item['segments']} segments{age}, "
            f"{item['writers']} programs recording"
        )
    for item in report["findings"]:
        write_line(f"{_MARK[item['level']]}{item['text']}")
        if item["fix"]:
            write_line(f"        -> {item['fix']}")


def _age(seconds: int) -> str:
    for name, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {name}"
    return f"{seconds} s"
