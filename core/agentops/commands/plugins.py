"""``agentops plugins``: each integration with its framework's version, its state, and why."""

import argparse
from collections.abc import Sequence

from agentops.commands.output import write_json, write_line, write_table
from agentops.diagnosis import describe_plugins
from agentops.plugins import plugins as all_plugins
from agentops.sdk.config import config_from_environment

__all__ = ["plugins"]


def plugins(argv: Sequence[str] = ()) -> int:
    """Run the command. Exit code 1 when a plugin is installed that cannot be used."""
    parser = argparse.ArgumentParser(
        prog="agentops plugins",
        description="List the integrations, the versions of their frameworks, and what state each is in and why.",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args(argv)
    found = describe_plugins(config_from_environment())
    failures = dict(all_plugins.failures)
    if arguments.json:
        write_json({"plugins": found, "failures": failures})
    else:
        head = ("name", "framework", "version", "tested", "state", "reason")
        write_table(head, [[_cell(item[column]) for column in head] for item in found])
        for text in dict.fromkeys(remark["text"] for item in found for remark in item["remarks"]):
            write_line(f"note: {text}")
        for name, reason in sorted(failures.items()):
            write_line(f"{name}: could not be loaded: {reason}")
        if not found and not failures:
            write_line("No plugins are installed.")
    return 1 if failures else 0


def _cell(value: str | tuple[str, str] | None) -> str:
    return "–".join(value) if isinstance(value, tuple) else value or "-"
