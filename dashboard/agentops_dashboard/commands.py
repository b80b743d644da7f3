"""The command line's data commands; each takes its arguments and returns an exit code."""

import argparse
import re
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from agentops.errors import AgentOpsError
from agentops.semconv import State
from agentops_dashboard.local import LocalStore, find_session_id, open_local
from agentops_dashboard.query import QueryError
from agentops_dashboard.reader.outline import TreeView
from agentops_dashboard.store import DEFAULT_PROJECT, home_directory
from agentops_dashboard.store.opening import STORE_VARIABLE
from agentops_dashboard.store.private import private
from agentops_dashboard.terminal.json_output import print_json

if TYPE_CHECKING:
    from agentops_dashboard.door.settings import ServerSettings

__all__ = ["demo", "export", "import_", "reprice", "serve", "sessions", "show"]

_TREE_ROWS = 500
_QUERY_HELP = """
the query is what the search bar of the pages takes, for example:
  agentops sessions tag:production -status:success cost:>0.5
  agentops sessions 'any(tool.name:search and status:error)'
  agentops sessions "free text"
"""


def sessions(argv: list[str]) -> int:
    """List sessions."""
    parser = _parser("sessions", "List sessions, the newest first.", _QUERY_HELP)
    parser.add_argument("query", nargs="*", help="which sessions; all by default")
    parser.add_argument("--limit", type=_positive, default=20, metavar="N", help="most sessions to list (20)")
    parser.add_argument("--sort", default="-start_time", help="a column such as cost or -cost (falling)")
    parser.add_argument("--since", metavar="TIME", help="started since: 24h, 7d, 2026-01-31")
    parser.add_argument("--cursor", help="next_cursor of the page before")
    parser.add_argument("--json", action="store_true", help="print JSON")
    words, rest = _split_query(argv)
    _add_place(parser)
    options = parser.parse_args(rest)
    query = " ".join([*options.query, *words, *([f"start:>={options.since}"] if options.since else [])])
    with open_local(store_url=options.store, project=options.project) as local:
        try:
            local.reader.check(query)
        except QueryError as error:
            raise AgentOpsError(_pointed(query, error)) from error
        try:
            page = local.reader.sessions(query, sort=options.sort, cursor=options.cursor, limit=options.limit)
        except QueryError as error:
            # Of --sort or --cursor: it has no place in the query.
            raise AgentOpsError(error.message) from error
        if options.json:
            print_json({"sessions": page["sessions"], "next_cursor": page["next_cursor"]})
            return 0
        from agentops_dashboard.terminal.console import open_console
        from agentops_dashboard.terminal.session_table import print_sessions

        if page["total"] == 0:
            print("No session fits." if query else _nothing_yet(local))
            return 0
        print_sessions(open_console(), page)
    return 0


def _nothing_yet(local: LocalStore) -> str:
    if local.reader.project != DEFAULT_PROJECT:
        return f"Nothing is recorded yet in the project {local.reader.project!r} of {local.store.location}."
    return f"Nothing is recorded yet under {local.home}. Run: agentops demo"


def show(argv: list[str]) -> int:
    """Show one session."""
    parser = _parser("show", "Show one session: its figures and its tree.")
    parser.add_argument("session", help="the id, its beginning or end, or `last`")
    parser.add_argument("--depth", type=_positive, metavar="N", help="at most N levels of the tree")
    parser.add_argument("--errors", action="store_true", help="only what failed, and the way down to it")
    parser.add_argument(
        "--find", default="", metavar="TEXT", help="only spans with this text, and the way down to them"
    )
    parser.add_argument("--all", action="store_true", help=f"every row, not only the first {_TREE_ROWS}")
    parser.add_argument("--json", action="store_true", help="print the session and all its spans as JSON")
    _add_place(parser)
    options = parser.parse_args(argv)
    with open_local(store_url=options.store, project=options.project) as local:
        session_id = find_session_id(local.reader, options.session)
        session = local.reader.session(session_id)
        if session is None:
            raise AgentOpsError(f"session {session_id} was deleted meanwhile.")
        if options.json:
            print_json({"session": session, "spans": local.reader.spans(session_id)})
            return 0
        from agentops_dashboard.terminal.console import open_console
        from agentops_dashboard.terminal.findings import print_findings
        from agentops_dashboard.terminal.session_tree import print_session, print_tree

        view = TreeView(
            depth=options.depth,
            errors_only=options.errors,
            find=options.find,
            hits_only=bool(options.find),
            has_heading=True,
        )
        limit = sys.maxsize if options.all else _TREE_ROWS
        console = open_console()
        print_session(console, session)
        print_findings(console, session, local.reader.outlines.of(session_id))
        console.print()
        is_left = session["state"] == State.ABANDONED
        print_tree(console, local.reader.rows(session_id, view, limit=limit), is_left=is_left)
    return 0


def serve(argv: list[str]) -> int:
    """Serve the dashboard: to this machine, or with a login to others."""
    from agentops_dashboard.alerts.destinations import MAIL_VARIABLE, SMTP_VARIABLE, URL_VARIABLE, destinations_of
    from agentops_dashboard.server import DEFAULT_PORT, LOOPBACK_HOST, run

    parser = _parser("serve", "Serve the dashboard: on 127.0.0.1 only, or with --auth to a team.")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"{DEFAULT_PORT} by default; 0 picks a free one")
    parser.add_argument("--open", action="store_true", help="open it in the browser")
    parser.add_argument("--auth", action="store_true", help="ask for a login or an API key, and keep projects apart")
    server = parser.add_argument_group("with --auth")
    server.add_argument("--host", help=f"address to listen on ({LOOPBACK_HOST}); 0.0.0.0 is all")
    server.add_argument("--public-url", metavar="URL", help="where users reach it: https://agentops.example.com")
    server.add_argument(
        "--trusted-proxy", action="append", metavar="IP", help="proxy whose X-Forwarded- headers count; repeatable"
    )
    server.add_argument("--key-rate", type=_positive, metavar="N", help="requests per second of one API key (200)")
    server.add_argument(
        "--address-rate", type=_positive, metavar="N", help="the same of one address without a key (100)"
    )
    server.add_argument("--log-format", choices=("text", "json", "off"), help="how requests are logged (text)")
    server.add_argument("--metrics-open", action="store_true", default=None, help="/metrics needs no key")
    told = parser.add_argument_group("alerts")
    told.add_argument(
        "--alert-url", action="append", default=[], metavar="URL", help=f"tell this hook; repeatable; ${URL_VARIABLE}"
    )
    told.add_argument(
        "--alert-mail", action="append", default=[], metavar="ADDRESS",
        help=f"tell by mail, through ${SMTP_VARIABLE}; repeatable; ${MAIL_VARIABLE}",
    )  # fmt: skip
    _add_store(parser)
    options = parser.parse_args(argv)
    destinations = destinations_of(options.alert_url, options.alert_mail)
    if not options.auth:
        _refuse_server_options(options)
        return run(
            home_directory(), options.port, store_url=options.store, opens_browser=options.open,
            destinations=destinations,
        )  # fmt: skip
    return run(
        home_directory(),
        options.port,
        host=options.host or LOOPBACK_HOST,
        store_url=options.store,
        opens_browser=options.open,
        settings=_server_settings(options),
        proxies=options.trusted_proxy or (),
        log_format=options.log_format or "text",
        destinations=destinations,
    )


def _refuse_server_options(options: argparse.Namespace) -> None:
    for name in ("host", "public_url", "trusted_proxy", "key_rate", "address_rate", "metrics_open", "log_format"):
        if getattr(options, name) is not None:
            raise AgentOpsError(
                f"--{name.replace('_', '-')} needs --auth: without a login the dashboard is for this machine only."
            )


def _server_settings(options: argparse.Namespace) -> "ServerSettings":
    try:
        from agentops_dashboard.door.settings import ServerSettings
    except ModuleNotFoundError as error:
        raise AgentOpsError(
            f"`agentops serve --auth` needs the package {error.name!r}, which is not installed; "
            "run: pip install 'agentops[server]'"
        ) from error
    given = {name: getattr(options, name) for name in ("public_url", "key_rate", "address_rate", "metrics_open")}
    return ServerSettings(**{name: value for name, value in given.items() if value is not None})


def demo(argv: list[str]) -> int:
    """Run a real agent, show its tree, serve the dashboard."""
    from agentops_dashboard.demo import run as run_demo

    return int(run_demo(argv))


def export(argv: list[str]) -> int:
    """Write sessions as OTLP/JSON lines, or as a Parquet file."""
    from agentops_dashboard.parquet import load_arrow
    from agentops_dashboard.transfer import EXPORT_KINDS, export_sessions

    parser = _parser("export", "Write whole sessions as OTLP/JSON lines, which `agentops import` reads.", _QUERY_HELP)
    parser.add_argument("query", nargs="*", help="which sessions; all by default")
    parser.add_argument("-o", "--output", metavar="FILE", help="instead of standard output")
    parser.add_argument(
        "--format", choices=EXPORT_KINDS, default="otlp", help="otlp by default; parquet: a row for each session"
    )
    words, rest = _split_query(argv)
    _add_place(parser)
    options = parser.parse_args(rest)
    query = " ".join([*options.query, *words])
    # What cannot be written is found before a file is opened, which empties it.
    if options.format == "parquet":
        load_arrow()
    with open_local(store_url=options.store, project=options.project) as local:
        try:
            local.reader.check(query)
            if options.output:
                with open(options.output, "wb", opener=private) as file:
                    count = export_sessions(local.reader, query, file, options.format)
            else:
                count = export_sessions(local.reader, query, sys.stdout.buffer, options.format)
        except QueryError as error:
            raise AgentOpsError(_pointed(query, error)) from error
        except OSError as error:
            raise AgentOpsError(f"{options.output} cannot be written: {error.strerror}.") from error
    print(f"{count} session{'' if count == 1 else 's'} written.", file=sys.stderr)
    return 0


def import_(argv: list[str]) -> int:
    """Read sessions from OTLP/JSON lines."""
    from agentops_dashboard.transfer import import_lines

    parser = _parser("import", "Read sessions from OTLP/JSON lines; what is there already is not doubled.")
    parser.add_argument("files", nargs="+", metavar="FILE", help="- is standard input")
    parser.add_argument("--json", action="store_true", help="print JSON")
    _add_place(parser)
    options = parser.parse_args(argv)
    with open_local(store_url=options.store, project=options.project) as local:
        result = {"spans": 0, "rejected": 0, "bad_lines": 0}
        for name in options.files:
            try:
                with sys.stdin.buffer if name == "-" else open(name, "rb") as file:
                    counted = import_lines(local.store, file, options.project)
            except OSError as error:
                raise AgentOpsError(f"{name} cannot be read: {error.strerror}.") from error
            result = {key: result[key] + counted[key] for key in result}
    if options.json:
        print_json(result)
    else:
        refused = f", {result['rejected']} refused (without valid ids or times)" if result["rejected"] else ""
        print(f"{result['spans']} spans read{refused}, {result['bad_lines']} lines not understood.")
    return 1 if result["bad_lines"] or result["rejected"] else 0


def reprice(argv: list[str]) -> int:
    """Apply today's prices to recorded usage."""
    from agentops_dashboard import format as write
    from agentops_dashboard.store.repricing import reprice as apply

    parser = _parser("reprice", "Apply the current prices to recorded usage. Costs that programs reported stay.")
    parser.add_argument("--since", metavar="TIME", help="only sessions that started since: 24h, 7d, 2026-01-31")
    parser.add_argument("--dry-run", action="store_true", help="show the difference, change nothing")
    parser.add_argument("--json", action="store_true", help="print JSON")
    _add_place(parser)
    options = parser.parse_args(argv)
    from agentops_dashboard.query import parse

    since_ns = 0
    if options.since:
        term = parse(f"start:>={options.since}", time.time_ns()).parts[0]
        since_ns = int(term.values[0])  # type: ignore[union-attr]
    with open_local(store_url=options.store, project=options.project) as local:
        result = apply(local.store, options.project, since_ns, is_dry_run=options.dry_run)
    if options.json:
        print_json(result)
    else:
        verb = "would change" if options.dry_run else "changed"
        print(
            f"{result['changed']} of {result['calls']} calls {verb}: "
            f"{write.money(result['before_nano'] / 1e9)} becomes {write.money(result['after_nano'] / 1e9)}."
        )
    return 0


def _parser(name: str, description: str, epilog: str | None = None) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog=f"agentops {name}",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _add_place(parser: argparse.ArgumentParser) -> None:
    """Let a command be told which store and which project it is about."""
    _add_store(parser)
    parser.add_argument(
        "--project",
        default=DEFAULT_PROJECT,
        metavar="ID",
        help=f"a project of a server with a login ({DEFAULT_PROJECT})",
    )


def _add_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--store", metavar="URL", help=f"clickhouse://user:password@host:8123/database; ${STORE_VARIABLE} by default"
    )


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 10**9):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def _split_query(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Take out negated terms such as ``-status:success``, which argparse would take for options."""
    is_term = re.compile(r"-(?!-)[A-Za-z_][\w.\-]*:|-\(|-any\(|-count\(").match
    return [word for word in argv if is_term(word)], [word for word in argv if not is_term(word)]


def _pointed(query: str, error: QueryError) -> str:
    """The message with the query below it and the wrong part underlined."""
    return f"{error.message}\n  {query}\n  {' ' * error.position}{'^' * min(error.length, 60)}"
