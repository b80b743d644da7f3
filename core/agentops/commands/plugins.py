"""``agentops plugins``: each integration with its framework's version, its state, and why."""

import argparse
from collections.abc import Sequence
from typing import Any, Final

from agentops.commands.output import terminal_width, write_json, write_line, write_table, write_wrapped
from agentops.diagnosis import describe_plugins
from agentops.plugins import PluginState
from agentops.plugins import plugins as all_plugins
from agentops.sdk.config import config_from_environment

__all__ = ["plugins"]

_NARROW: Final = ("name", "version", "state", "reason")
_WIDE: Final = ("name", "framework", "version", "tested", "state", "reason")
_WIDE_FROM: Final = 110


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
        _write(found)
        for name, reason in sorted(failures.items()):
            write_line(f"{name}: could not be loaded: {reason}")
        if not found and not failures:
            write_line("No plugins are installed.")
    return 1 if failures else 0


def _write(found: list[dict[str, Any]]) -> None:
    """Integrations whose framework is here line by line, the others by their names."""
    here = [item for item in found if item["state"] != PluginState.ABSENT]
    absent = [item["name"] for item in found if item["state"] == PluginState.ABSENT]
    head = _WIDE if terminal_width() >= _WIDE_FROM else _NARROW
    if here:
        write_table(head, [[_cell(item[column]) for column in head] for item in here])
    if absent:
        write_wrapped(f"framework not installed: {', '.join(absent)}", "  ")
    for text in dict.fromkeys(remark["text"] for item in found for remark in item["remarks"]):
        write_wrapped(f"note: {text}", "  ")


def _cell(value: str | tuple[str, str] | None) -> str:
    return "–".join(value) if isinstance(value, tuple) else value or "-"
