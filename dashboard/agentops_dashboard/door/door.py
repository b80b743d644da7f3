"""Lets a request through to the routes with its caller, or answers it."""

import math
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from agentops_dashboard.accounts import Accounts, Key, Login, Project
from agentops_dashboard.api.answers import problem
from agentops_dashboard.api.form import is_form, limited, read_form, replay
from agentops_dashboard.api.host_check import LOOPBACK, name_of
from agentops_dashboard.caller import Caller, Right, admit
from agentops_dashboard.door.access import is_page, rights_for
from agentops_dashboard.door.cookies import cookie_of, csrf_token, is_csrf_token
from agentops_dashboard.door.rate import Buckets
from agentops_dashboard.door.settings import ServerSettings

__all__ = ["Door", "too_many"]

Refuse = Callable[[Request, int, str], Response]
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_BURST_S: Final = 5
_BODY_LIMIT: Final = 2**20
"""Bytes of any body but those of spans and logs, whose routes have limits of their own."""

_ROLE_RIGHTS: Final = {
    "viewer": frozenset({Right.LOGIN, Right.READ}),
    "editor": frozenset({Right.LOGIN, Right.READ, Right.EDIT}),
}
_ADMIN_RIGHTS: Final = frozenset({Right.LOGIN, Right.READ, Right.EDIT, Right.METRICS, Right.ADMIN})
_WRITING: Final = frozenset({Right.INGEST, Right.EDIT})


class Door:
    """Stands in front of every route. Who sends a key is that key's project; who is signed in, the one that they chose.

    Args:
        app: The application behind it.
        accounts: Who there is.
        settings: How the server is run.
        refuse: Makes the page that tells a person why they may not see one; without it they get JSON too.
    """

    def __init__(
        self, app: ASGIApp, accounts: Accounts, settings: ServerSettings, refuse: Refuse | None = None
    ) -> None:
        self._app = app
        self._accounts = accounts
        self._settings = settings
        self._refuse = refuse
        self._keys = Buckets(settings.key_rate, settings.key_rate * _BURST_S)
        self._addresses = Buckets(settings.address_rate, settings.address_rate * _BURST_S)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        request = Request(scope, receive)
        answer, body = await self._answer(request)
        if answer is None:
            source = receive if body is None else replay(body, receive)
            is_ingest = rights_for(request.method, request.url.path) == {Right.INGEST}
            await self._app(scope, source if is_ingest else limited(source, _BODY_LIMIT), send)
        else:
            await answer(scope, receive, send)

    async def _answer(self, request: Request) -> tuple[Response | None, bytes | None]:
        """Answer a request that may not pass, or return None and the body if it was read; admits the caller."""
        answer = self._misdirected(request)
        if answer is not None:
            return answer, None
        needed = rights_for(request.method, request.url.path)
        declared = request.headers.get("content-length", "")
        if needed != {Right.INGEST} and declared.isdigit() and int(declared) > _BODY_LIMIT:
            return problem(413, f"The body has more than {_BODY_LIMIT} bytes."), None
        if not needed or (needed == {Right.METRICS} and self._settings.metrics_open):
            return self._crowded(request), None
        secret = _key_of(request)
        if secret:
            return await run_in_threadpool(self._with_key, request, secret, needed), None
        answer = self._crowded(request)
        if answer is None:
            answer = await run_in_threadpool(self._with_cookie, request, needed)
        if answer is not None or request.method in _READING:
            return answer, None
        return await self._check_form(request)

    def _misdirected(self, request: Request) -> Response | None:
        """Refuse names that are not ours, and requests that other sites' pages send."""
        host, path = request.headers.get("host", "").lower(), request.url.path
        ours = self._settings.netloc
        # Probes ask for an address, not for a name.
        if ours is not None and host != ours and name_of(host) not in LOOPBACK and path not in ("/healthz", "/metrics"):
            return problem(421, f"This server is {self._settings.public_url} and does not answer to {host[:80]!r}.")
        origin = request.headers.get("origin")
        if (
            origin is not None
            and request.method not in _READING
            and urlsplit(origin).netloc.lower() not in (host, ours)
        ):
            return problem(403, "Pages of other sites may not change anything here.")
        return None

    def _crowded(self, request: Request) -> Response | None:
        wait_s = self._addresses.take(_address(request))
        return too_many(wait_s, "This address makes too many requests.") if wait_s else None

    def _with_key(self, request: Request, secret: str, needed: frozenset[str]) -> Response | None:
        key = self._accounts.keys.find(secret)
        if key is None:
            answer = self._crowded(request) or problem(
                401, "This API key is not known, or was revoked, or has expired."
            )
            answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
        wait_s = self._keys.take(str(key.id))
        if wait_s:
            return too_many(wait_s, f"The key {key.prefix}… makes too many requests.")
        asked = request.query_params.get("project", key.project)
        if asked != key.project:
            return problem(404, f"The key {key.prefix}… does not open a project {asked[:80]!r}.")
        return self._with_rights(request, needed, self._key_caller(request, key))

    def _key_caller(self, request: Request, key: Key) -> Caller:
        self._accounts.keys.note_use(key)
        project = self._accounts.projects.get(key.project)
        rights = _rights_in(project, key.scopes)
        return Caller(project.id, rights, f"{key.prefix}…", _address(request), is_archived=project.is_archived)

    def _with_cookie(self, request: Request, needed: frozenset[str]) -> Response | None:
        secret = cookie_of(request)
        login = self._accounts.logins.find(secret) if secret else None
        is_for_people = is_page(request)
        if login is None:
            if is_for_people:
                return RedirectResponse(f"/login?next={quote(_relative(request), safe='')}", 303)
            answer = problem(401, "This needs an API key (Authorization: Bearer …), or a browser that is signed in.")
            answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
        projects = self._projects_of(login)
        asked = request.query_params.get("project")
        project = _choose(projects, asked, _project_of_referer(request), login.project)
        if project is None:
            return self._without_project(request, needed, secret, login, asked)
        if is_for_people and asked is None:
            parameters = [*request.query_params.multi_items(), ("project", project.id)]
            # A path of two slashes would be read as the name of another server.
            return RedirectResponse(f"/{request.url.path.lstrip('/')}?{urlencode(parameters)}", 307)
        seen = project.id if is_for_people else login.project
        self._accounts.logins.note_use(secret, login, seen)
        return self._with_rights(request, needed, self._login_caller(request, secret, login, project, projects))

    def _without_project(
        self, request: Request, needed: frozenset[str], secret: str, login: Login, asked: str | None
    ) -> Response | None:
        """A project that is not open to a user is not there; without any, they may still sign out."""
        if asked is not None:
            return self._no(request, 404, f"There is no project {asked[:80]!r}.")
        rights = frozenset({Right.LOGIN})
        admit(request.scope, Caller("", rights, login.user.name, _address(request), csrf=csrf_token(secret)))
        if needed == rights:
            return None
        return self._no(request, 403, "You are in no project yet. Ask an admin of this server for a role in one.")

    def _login_caller(
        self, request: Request, secret: str, login: Login, project: Project, projects: list[Project]
    ) -> Caller:
        user = login.user
        rights = _ADMIN_RIGHTS if user.is_admin else _ROLE_RIGHTS[user.roles[project.id]]
        return Caller(
            project.id,
            _rights_in(project, rights),
            user.name,
            _address(request),
            csrf=csrf_token(secret),
            projects=tuple((one.id, one.name) for one in projects),
            is_archived=project.is_archived,
        )

    def _with_rights(self, request: Request, needed: frozenset[str], caller: Caller) -> Response | None:
        admit(request.scope, caller)
        missing = needed - caller.rights
        if not missing:
            return None
        if caller.is_archived and missing <= _WRITING:
            return self._no(request, 403, f"The project {caller.project!r} is archived: it can be read only.")
        return self._no(
            request, 403, f"{caller.name} may not do this: it needs the right {' and '.join(sorted(missing))}."
        )

    def _no(self, request: Request, status: int, why: str) -> Response:
        if self._refuse is not None and is_page(request):
            return self._refuse(request, status, why)
        return problem(status, why)

    def _projects_of(self, login: Login) -> list[Project]:
        user = login.user
        return [one for one in self._accounts.projects.all() if user.is_admin or one.id in user.roles]

    async def _check_form(self, request: Request) -> tuple[Response | None, bytes | None]:
        """What changes something for a signed-in browser carries its token, in a header or in its form."""
        secret = cookie_of(request)
        given, body = request.headers.get("x-csrf-token", ""), None
        if not given and is_form(request):
            fields, body = await read_form(request)
            given = fields.get("csrf", "")
        if is_csrf_token(secret, given):
            return None, body
        return problem(
            403, "This form is not from a page of yours, or you signed in again since. Load the page again."
        ), None


def too_many(wait_s: float, why: str) -> Response:
    """Answer that it is too much, and when to come again."""
    answer = problem(429, f"{why} Nothing was done; come again in {math.ceil(wait_s)} s.")
    answer.headers["Retry-After"] = str(math.ceil(wait_s))
    return answer


def _key_of(request: Request) -> str:
    """The API key that a request carries, in one of the headers that clients use."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and value.strip():
        return value.strip()
    return (request.headers.get("x-api-key") or request.headers.get("x-agentops-api-key") or "").strip()


def _address(request: Request) -> str:
    # A trusted proxy may pass on anything as an address.
    return request.client.host[:64] if request.client else ""


def _relative(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _rights_in(project: Project, rights: frozenset[str]) -> frozenset[str]:
    return rights - _WRITING if project.is_archived else rights


def _choose(projects: list[Project], asked: str | None, *wishes: str | None) -> Project | None:
    """The project that is asked for by name; else the first of the wishes that is open to the caller; else any."""
    known = {project.id: project for project in projects}
    if asked is not None:
        return known.get(asked)
    wished = next((known[wish] for wish in wishes if wish in known), None)
    return wished or next(iter(projects), None)


def _project_of_referer(request: Request) -> str | None:
    """The project of the page on which something was clicked, or whose script asks."""
    referer = urlsplit(request.headers.get("referer", ""))
    if referer.netloc.lower() != request.headers.get("host", "").lower():
        return None
    return next(iter(parse_qs(referer.query).get("project", ())), None)
