"""The command: record, print the tree, serve."""

import argparse
import sys
from typing import Final

import orjson

from agentops.errors import AgentOpsError
from agentops_dashboard.demo.program import DEFAULT, PROGRAMS, record
from agentops_dashboard.local import LocalStore, open_local
from agentops_dashboard.server import DEFAULT_PORT, served_at
from agentops_dashboard.server import run as serve
from agentops_dashboard.store import home_directory

__all__ = ["run"]

_MODES: Final = ("async", "stream")


def run(argv: list[str]) -> int:
    """Run ``agentops demo`` with these arguments and return its exit code.

    Raises:
        AgentOpsError: The framework is not installed, the program failed, or the port cannot be used.
    """
    options = _parser().parse_args(argv)
    home = home_directory()
    arguments = [f"--{mode}" for mode in _MODES if getattr(options, f"is_{mode}")]
    started_ms = record(options.framework, home, arguments)
    with open_local(home) as local:
        session_id = _recorded_since(local, started_ms)
        _print_json(local, session_id) if options.json else _print_tree(local, session_id)
    if options.json or options.no_serve:
        return 0
    running = served_at(home)
    if running is not None and options.port in {None, DEFAULT_PORT}:
        sys.stdout.write(f"\nThe dashboard is running already: {running}/sessions/{session_id}\n")
        return 0
    sys.stdout.write("\n")
    return serve(home, DEFAULT_PORT if options.port is None else options.port, page=f"/sessions/{session_id}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="agentops demo",
        description="Run a real agent on a scripted model, without key and network; show its tree, then the dashboard.",
    )
    parser.add_argument("--framework", choices=sorted(PROGRAMS), default=DEFAULT, help=f"{DEFAULT} by default")
    parser.add_argument("--async", dest="is_async", action="store_true", help="run it on an event loop (langchain)")
    parser.add_argument("--stream", dest="is_stream", action="store_true", help="stream it (langchain)")
    parser.add_argument("--no-serve", action="store_true", help="stop after the tree")
    parser.add_argument("--port", type=int, help=f"of the dashboard; {DEFAULT_PORT} by default; 0 picks a free one")
    parser.add_argument("--json", action="store_true", help="print the session and its spans as JSON, and stop")
    return parser


def _recorded_since(local: LocalStore, started_ms: int) -> str:
    """Return the demo's session. A session's id begins with the milliseconds of its start (UUIDv7)."""
    found = local.reader.sessions("tag:demo", sort="-start_time", cursor=None, limit=1)["sessions"]
    if not found or int(found[0]["id"][:12], 16) < started_ms:
        raise AgentOpsError(
            f"the demo ran, but nothing of it arrived in {local.home}. "
            "To see whether the directory can be written, run: agentops doctor"
        )
    return found[0]["id"]


def _print_tree(local: LocalStore, session_id: str) -> None:
    from agentops_dashboard.reader.outline import TreeView
    from agentops_dashboard.terminal.console import open_console
    from agentops_dashboard.terminal.session_tree import print_session, print_tree

    session = local.reader.session(session_id)
    if session is None:
        raise AgentOpsError(f"session {session_id} was deleted meanwhile.")
    console = open_console()
    console.print()
    print_session(console, session)
    console.print()
    print_tree(console, local.reader.rows(session_id, TreeView(has_heading=True), limit=sys.maxsize))
    sys.stdout.write("\nTo see it again: agentops show last\n")


def _print_json(local: LocalStore, session_id: str) -> None:
    shown = {"session": local.reader.session(session_id), "spans": local.reader.spans(session_id)}
    sys.stdout.buffer.write(orjson.dumps(shown, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()
