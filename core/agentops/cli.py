"""The command line's front door: finds the command among the entry points and hands the arguments on.

A command is an entry point of the group ``agentops.commands``: a function that takes the arguments behind its name
and returns the exit code. Those that show sessions come with the dashboard, so a bare install can say what is missing.
"""

import logging
import sys
from collections.abc import Callable
from importlib import metadata
from typing import Final

from agentops.errors import AgentOpsError
from agentops.version import __version__

__all__ = ["find_command", "main"]

GROUP: Final = "agentops.commands"
SUMMARIES: Final = {
    "demo": "run a real agent on a scripted model, show its tree, serve the dashboard",
    "serve": "serve the dashboard on what was recorded here",
    "sessions": "list sessions",
    "show": "show one session: its id, or `last`",
    "plugins": "list integrations, their versions and state",
    "doctor": "check the installation and say what to do",
    "push": "deliver what waits for an endpoint",
    "export": "write sessions as OTLP/JSON lines",
    "import": "read sessions from OTLP/JSON lines",
    "reprice": "apply other prices to recorded usage",
    "alerts": "watch figures of sessions: list, add, pause, remove and check alerts",
    "keys": "create, list and revoke API keys of a server",
    "users": "create, list, change and remove users of a server",
    "projects": "create, list, rename and archive projects of a server",
    "audit": "show who did what on a server",
}
_EXTRAS: Final = {"demo": "demo", **dict.fromkeys(("users", "projects", "keys", "audit"), "server")}
"""What brings a command's packages, where it is not the extra ``dashboard``."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        sys.stdout.write(_help())
        return 0 if arguments else 2
    if arguments[0] in {"-V", "--version", "version"}:
        sys.stdout.write(f"agentops {__version__}\n")
        return 0
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    try:
        return find_command(arguments[0])(arguments[1:])
    except AgentOpsError as error:
        sys.stderr.write(f"agentops: {error}\n")
        return 2
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough.
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 130


def find_command(name: str) -> Callable[[list[str]], int]:
    """Return the function of a command.

    Raises:
        AgentOpsError: There is none of that name, or what it needs is not installed.
    """
    points = {point.name: point for point in metadata.entry_points(group=GROUP)}
    if name not in points:
        raise AgentOpsError(f"there is no command {name!r}{_nearest(name, list(points))} See: agentops --help")
    try:
        command: Callable[[list[str]], int] = points[name].load()
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get(name, "dashboard")
        raise AgentOpsError(
            f"`agentops {name}` needs the package {error.name!r}, which is not installed; "
            f"run: pip install 'agentops[{extra}]'"
        ) from error
    return command


def _nearest(name: str, known: list[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else "."


def _help() -> str:
    names = {point.name for point in metadata.entry_points(group=GROUP)}
    rows = [f"  {name:<10} {SUMMARIES.get(name, '')}".rstrip() for name in [*SUMMARIES, *sorted(names - {*SUMMARIES})]]
    rows = [row for row in rows if row.split()[0] in names]
    return "\n".join(
        [
            "usage: agentops <command> [options]",
            "",
            "Records what AI agents do as sessions, and shows why one broke.",
            "",
            *rows,
            "",
            "agentops <command> --help says more about one. AGENTOPS_HOME is where sessions are kept (~/.agentops).",
            "",
        ]
    )
