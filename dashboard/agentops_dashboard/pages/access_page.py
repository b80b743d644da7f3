"""Who may do what on a server: keys, members, projects, and the record of what was done."""

import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agentops_dashboard.accounts import AccountError, Accounts, Actor
from agentops_dashboard.accounts.keys import SCOPES
from agentops_dashboard.accounts.users import ROLES
from agentops_dashboard.api.answers import sentence
from agentops_dashboard.api.form import read_form
from agentops_dashboard.api.legacy import base_url
from agentops_dashboard.caller import Caller, Right, caller_of
from agentops_dashboard.pages.response import page

__all__ = ["add_routes"]

_PATH: Final = "/settings/access"
_MOST_ENTRIES: Final = 100
_SERVER_SCOPES: Final = frozenset({"metrics"})
"""What a key may do beyond its project; only an admin gives that."""

Fields = dict[str, str]
Change = Callable[[Accounts, Caller, Fields], str]
"""Changes something and returns the part of the page that shows it."""


def add_routes(app: FastAPI, accounts: Accounts) -> None:
    """Add the page and what its forms do. Which right each needs stands in ``door.access``."""

    @app.get(_PATH, include_in_schema=False)
    def show(request: Request) -> Response:
        return _page(request, accounts)

    @app.post(f"{_PATH}/keys", include_in_schema=False)
    async def create_key(request: Request) -> Response:
        fields, _ = await read_form(request)
        return await run_in_threadpool(_create_key, request, accounts, fields)

    for path, change in _CHANGES.items():
        _add_change(app, accounts, path, change)


def _add_change(app: FastAPI, accounts: Accounts, path: str, change: Change) -> None:
    @app.post(f"{_PATH}/{path}", include_in_schema=False, name=path)
    async def post(request: Request) -> Response:
        fields, _ = await read_form(request)
        return await run_in_threadpool(_apply, request, accounts, change, fields)


def _apply(request: Request, accounts: Accounts, change: Change, fields: Fields) -> Response:
    caller = caller_of(request)
    try:
        part = change(accounts, caller, fields)
    except AccountError as error:
        return _page(request, accounts, status=400, problem=sentence(error))
    # A project that was just made is shown at once.
    project = fields.get("show") or caller.project
    return RedirectResponse(f"{_PATH}?project={quote(project, safe='')}#{part}", 303)


def _page(request: Request, accounts: Accounts, *, status: int = 200, **more: Any) -> Response:
    """The page with the parts that the caller may see."""
    caller = caller_of(request)
    is_admin = caller.may(Right.ADMIN)
    scopes = {name: what for name, what in SCOPES.items() if is_admin or name not in _SERVER_SCOPES}
    values: dict[str, Any] = {
        "problem": "",
        "secret": "",
        "endpoint": base_url(request).rstrip("/"),
        "now_ns": time.time_ns(),
        "keys": accounts.keys.all(caller.project) if caller.may(Right.EDIT) else [],
        "may_edit": caller.may(Right.EDIT),
        "is_admin": is_admin,
        "scopes": scopes,
        "roles": [*ROLES, "admin"],
        "users": accounts.users.all() if is_admin else [],
        "projects": accounts.projects.all() if is_admin else [],
        "entries": accounts.audit.latest(_MOST_ENTRIES) if is_admin else [],
    }
    return page(request, "access.html", status=status, section="settings", **(values | more))


def _actor(caller: Caller) -> Actor:
    return Actor(caller.name, caller.address)


def _create_key(request: Request, accounts: Accounts, fields: Fields) -> Response:
    """Make a key and show it: the one answer that has it."""
    caller = caller_of(request)
    scopes = [name for name in SCOPES if fields.get(f"scope.{name}")]
    try:
        if not caller.may(Right.ADMIN) and _SERVER_SCOPES & set(scopes):
            raise AccountError("only an admin makes a key that reads what is about the whole server.")
        days = _days(fields.get("days", "").strip())
        _, secret = accounts.keys.create(_actor(caller), caller.project, fields.get("name", ""), scopes, days)
    except AccountError as error:
        return _page(request, accounts, status=400, problem=sentence(error))
    return _page(request, accounts, secret=secret)


def _days(text: str) -> float | None:
    """After how many days a key expires; None when the field was left empty.

    Raises:
        AccountError: It is no number. A key without end would be more than somebody asked for.
    """
    try:
        return float(text) if text else None
    except ValueError:
        raise AccountError(f"a key expires after a number of days, such as 30, not {text[:40]!r}.") from None


def _revoke_key(accounts: Accounts, caller: Caller, fields: Fields) -> str:
    accounts.keys.revoke(_actor(caller), fields.get("key", ""), caller.project)
    return "keys"


def _set_own_password(accounts: Accounts, caller: Caller, fields: Fields) -> str:
    if accounts.users.check(caller.name, fields.get("old", "")) is None:
        raise AccountError("the old password is another one.")
    accounts.users.set_password(_actor(caller), caller.name, fields.get("new", ""))
    return "account"


def _create_user(accounts: Accounts, caller: Caller, fields: Fields) -> str:
    role = fields.get("role", "")
    user = accounts.users.create(
        _actor(caller), fields.get("name", "").strip(), fields.get("password", ""), is_admin=role == "admin"
    )
    if role != "admin":
        accounts.users.set_role(_actor(caller), user.name, caller.project, role)
    return "users"


def _set_role(accounts: Accounts, caller: Caller, fields: Fields) -> str:
    name, role = fields.get("name", ""), fields.get("role", "")
    if accounts.users.get(name).is_admin != (role == "admin"):
        accounts.users.set_admin(_actor(caller), name, is_admin=role == "admin")
    if role != "admin":
        accounts.users.set_role(_actor(caller), name, caller.project, "" if role == "none" else role)
    return "users"


def _set_password(accounts: Accounts, caller: Caller, fields: Fields) -> str:
    accounts.users.set_password(_actor(caller), fields.get("name", ""), fields.get("password", ""))
    return "users"


def _remove_user(accounts: Accounts, caller: Caller, fields: Fields) -> str:
    accounts.users.remove(_actor(caller), fields.get("name", ""))
    return "users"


def _create_project(accounts: Accounts, caller: Caller, fields: Fields) -> str:
    fields["show"] = accounts.projects.create(_actor(caller), fields.get("name", "")).id
    return "projects"


def _rename_project(accounts: Accounts, caller: Caller, fields: Fields) -> str:
    accounts.projects.rename(_actor(caller), fields.get("id", ""), fields.get("name", ""))
    return "projects"


def _archive_project(accounts: Accounts, caller: Caller, fields: Fields) -> str:
    accounts.projects.archive(_actor(caller), fields.get("id", ""), is_archived=fields.get("archived") == "1")
    return "projects"


_CHANGES: Final[dict[str, Change]] = {
    "keys/revoke": _revoke_key,
    "password": _set_own_password,
    "users": _create_user,
    "users/role": _set_role,
    "users/password": _set_password,
    "users/remove": _remove_user,
    "projects": _create_project,
    "projects/rename": _rename_project,
    "projects/archive": _archive_project,
}
