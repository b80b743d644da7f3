"""The command line's part of the accounts: projects, users, keys and what was done with them.

Whoever may write the file may do all of this: there is no sign-in at the machine itself.
"""

import argparse
import getpass
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from agentops_dashboard import format as write
from agentops_dashboard.accounts.accounts import Accounts, accounts_path
from agentops_dashboard.accounts.audit import Actor
from agentops_dashboard.accounts.errors import AccountError
from agentops_dashboard.accounts.keys import SCOPES, Key
from agentops_dashboard.accounts.users import ROLES, User
from agentops_dashboard.store import DEFAULT_PROJECT, home_directory
from agentops_dashboard.terminal.console import open_console
from agentops_dashboard.terminal.json_output import print_json
from agentops_dashboard.terminal.person import person_here
from agentops_dashboard.terminal.plain_table import print_table

__all__ = ["audit", "keys", "projects", "users"]

Action = Callable[[Accounts, Actor, argparse.Namespace], object]


def projects(argv: list[str]) -> int:
    """Create, list, rename and archive projects."""
    parser, actions = _parser("projects", "Projects of a server: each has sessions, keys and members of its own.")
    _add(actions, "list", "list projects", lambda a, _, o: _list_projects(a, o), "--json")
    create = _add(
        actions, "create", "make a project", lambda a, actor, o: _say_made(a.projects.create(actor, o.name, o.id).id)
    )
    create.add_argument("name", help="what people call it")
    create.add_argument("--id", default="", help="its lasting short name; made from the name by default")
    rename = _add(
        actions, "rename", "give another name", lambda a, actor, o: a.projects.rename(actor, o.project, o.name)
    )
    rename.add_argument("project", help="its id")
    rename.add_argument("name")
    for verb, says, is_archived in (
        ("archive", "let nothing more be written", True), ("restore", "take archiving back", False),
    ):  # fmt: skip
        one = _add(actions, verb, says, _archiving(is_archived=is_archived))
        one.add_argument("project", help="its id")
    return _run(parser, argv)


def users(argv: list[str]) -> int:
    """Create, list, change and remove users."""
    parser, actions = _parser(
        "users", "Users of a server: viewers and editors of projects, and admins. A password is asked for, or read "
        "from standard input.",
    )  # fmt: skip
    _add(actions, "list", "list users", lambda a, _, o: _list_users(a, o), "--json")
    create = _add(actions, "create", "make a user", _create_user)
    create.add_argument("name", help="such as ada@example.com")
    create.add_argument("--admin", action="store_true", help="may do everything, in every project")
    create.add_argument("--role", action="append", default=[], metavar="PROJECT=ROLE", help=f"{' or '.join(ROLES)}")
    change = _add(actions, "set", "change roles", _set_user)
    change.add_argument("name")
    change.add_argument("--admin", action=argparse.BooleanOptionalAction, help="make an admin, or no longer one")
    change.add_argument(
        "--role", action="append", default=[], metavar="PROJECT=ROLE", help=f"{', '.join(ROLES)} or none"
    )
    password = _add(
        actions, "password", "set another password",
        lambda a, actor, o: a.users.set_password(actor, o.name, _ask_password()),
    )  # fmt: skip
    password.add_argument("name")
    remove = _add(actions, "remove", "remove a user", lambda a, actor, o: a.users.remove(actor, o.name))
    remove.add_argument("name")
    return _run(parser, argv)


def keys(argv: list[str]) -> int:
    """Create, list and revoke API keys."""
    scopes = "; ".join(f"{name}: {what}" for name, what in SCOPES.items())
    parser, actions = _parser("keys", f"API keys of a server with a login. Scopes are {scopes}.")
    listed = _add(actions, "list", "list keys", lambda a, _, o: _list_keys(a, o), "--json")
    listed.add_argument("--project", help="only this project's")
    create = _add(actions, "create", "make a key, which is shown once", _create_key, "--json")
    create.add_argument("name", help="what it is for")
    create.add_argument("--project", default=DEFAULT_PROJECT, help=f"the project's id ({DEFAULT_PROJECT})")
    create.add_argument("--scope", action="append", choices=[*SCOPES], help="ingest by default; may be repeated")
    create.add_argument("--expires-days", type=float, metavar="N", help="never by default")
    revoke = _add(
        actions, "revoke", "let a key open nothing any more",
        lambda a, actor, o: print(f"{a.keys.revoke(actor, o.key).prefix}… is revoked."),
    )  # fmt: skip
    revoke.add_argument("key", help="its number or its prefix")
    return _run(parser, argv)


def audit(argv: list[str]) -> int:
    """Show who did what."""
    parser = argparse.ArgumentParser(prog="agentops audit", description="Who did what on a server, the newest first.")
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="most entries to show (50)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(argv)
    with _open() as accounts:
        found = accounts.audit.latest(max(options.limit, 1))
    if options.json:
        print_json({"entries": [_plain(entry) for entry in found]})
    else:
        rows = [
            (_time(e.time_ns), f"{e.actor} {e.address}".strip(), e.action, e.project or "", e.target) for e in found
        ]
        print_table(open_console(), ("WHEN (UTC)", "WHO", "WHAT", "PROJECT", "ON"), rows)
    return 0


def _parser(name: str, description: str) -> tuple[argparse.ArgumentParser, Any]:
    parser = argparse.ArgumentParser(prog=f"agentops {name}", description=description)
    return parser, parser.add_subparsers(metavar="ACTION", required=True, description="list, where none is given")


def _add(actions: Any, name: str, says: str, action: Action, *switches: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=says, description=f"{says[0].upper()}{says[1:]}.")
    parser.set_defaults(action=action)
    for switch in switches:
        parser.add_argument(switch, action="store_true", help="print JSON")
    return parser


def _run(parser: argparse.ArgumentParser, argv: Sequence[str]) -> int:
    options = parser.parse_args(argv or ["list"])
    with _open() as accounts:
        options.action(accounts, Actor(person_here()), options)
    return 0


@contextmanager
def _open() -> Iterator[Accounts]:
    accounts = Accounts(accounts_path(home_directory()))
    try:
        yield accounts
    finally:
        accounts.close()


def _archiving(*, is_archived: bool) -> Action:
    return lambda accounts, actor, options: accounts.projects.archive(actor, options.project, is_archived=is_archived)


def _say_made(project_id: str) -> None:
    print(f"Project {project_id} is made. Give it a key: agentops keys create NAME --project {project_id}")


def _list_projects(accounts: Accounts, options: argparse.Namespace) -> None:
    found = accounts.projects.all()
    if options.json:
        print_json({"projects": [_plain(project) for project in found]})
        return
    rows = [(p.id, p.name, "archived" if p.is_archived else "in use", _time(p.created_ns)) for p in found]
    print_table(open_console(), ("ID", "NAME", "STATE", "SINCE (UTC)"), rows)


def _list_users(accounts: Accounts, options: argparse.Namespace) -> None:
    found = accounts.users.all()
    if options.json:
        print_json({"users": [_plain(user) for user in found]})
        return
    if not found:
        print("There is no user yet. Run: agentops users create --admin NAME")
        return
    rows = [(user.name, _roles(user), _time(user.created_ns), _time(user.seen_ns)) for user in found]
    print_table(open_console(), ("NAME", "ROLES", "SINCE (UTC)", "SIGNED IN (UTC)"), rows)


def _roles(user: User) -> str:
    return "admin" if user.is_admin else ", ".join(f"{project}: {role}" for project, role in user.roles.items())


def _create_user(accounts: Accounts, actor: Actor, options: argparse.Namespace) -> None:
    roles = [_role(accounts, text) for text in options.role]
    user = accounts.users.create(actor, options.name, _ask_password(), is_admin=options.admin)
    for project, role in roles:
        user = accounts.users.set_role(actor, user.name, project, role)
    print(f"User {user.name} is made ({_roles(user) or 'no role yet: agentops users set NAME --role PROJECT=viewer'}).")


def _set_user(accounts: Accounts, actor: Actor, options: argparse.Namespace) -> None:
    for project, role in [_role(accounts, text) for text in options.role]:
        accounts.users.set_role(actor, options.name, project, "" if role == "none" else role)
    if options.admin is not None:
        accounts.users.set_admin(actor, options.name, is_admin=options.admin)
    user = accounts.users.get(options.name)
    print(f"{user.name}: {_roles(user) or 'no role'}.")


def _role(accounts: Accounts, text: str) -> tuple[str, str]:
    project, sign, role = text.partition("=")
    if not sign or role not in (*ROLES, "none"):
        raise AccountError(f"--role needs PROJECT=ROLE, such as {DEFAULT_PROJECT}=viewer, not {text[:80]!r}.")
    return accounts.projects.get(project).id, role


def _ask_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise AccountError("the two passwords are not the same.")
    return password


def _list_keys(accounts: Accounts, options: argparse.Namespace) -> None:
    if options.project:
        accounts.projects.get(options.project)
    found = accounts.keys.all(options.project)
    now_ns = time.time_ns()
    if options.json:
        print_json({"keys": [_key(key, now_ns) for key in found]})
        return
    if not found:
        print("There is no key yet. Run: agentops keys create NAME --scope ingest")
        return
    rows = [
        (f"{key.prefix}…", key.name, key.project, " ".join(sorted(key.scopes)), key.state(now_ns), _time(key.used_ns))
        for key in found
    ]
    print_table(open_console(), ("KEY", "NAME", "PROJECT", "SCOPES", "STATE", "LAST USE (UTC)"), rows)


def _key(key: Key, now_ns: int) -> dict[str, Any]:
    return {**_plain(key), "scopes": sorted(key.scopes), "state": key.state(now_ns)}


def _create_key(accounts: Accounts, actor: Actor, options: argparse.Namespace) -> None:
    key, secret = accounts.keys.create(
        actor, options.project, options.name, options.scope or ["ingest"], options.expires_days
    )
    if options.json:
        print_json({**_key(key, time.time_ns()), "secret": secret})
        return
    print(secret)
    print(
        f"Keep it: it is shown once. It may {', '.join(SCOPES[scope] for scope in sorted(key.scopes))}, "
        f"in project {key.project}.",
        file=sys.stderr,
    )


def _plain(record: Any) -> dict[str, Any]:
    """A record as JSON shows it: moments in RFC 3339."""
    values = asdict(record)
    moments = {name: write.moment_of(value) for name, value in values.items() if name.endswith("_ns")}
    plain = {name: value for name, value in values.items() if not name.endswith("_ns")}
    for name, moment in moments.items():
        plain[name.removesuffix("_ns") + ("" if name == "time_ns" else "_time")] = moment and moment.isoformat()
    return plain


def _time(time_ns: int | None) -> str:
    moment = write.moment_of(time_ns)
    return "never" if moment is None else moment.strftime("%Y-%m-%d %H:%M")
