"""What is said of addresses, methods and parameters that the server does not have."""

from difflib import get_close_matches
from http import HTTPStatus

from fastapi import FastAPI, HTTPException
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.requests import Request
from starlette.responses import Response

from agentops_dashboard.api.answers import problem
from agentops_dashboard.query import SESSION_FIELDS
from agentops_dashboard.store import DEFAULT_PROJECT

__all__ = ["add_refusals", "known_parameters_only"]

_API = "/api/v1/"
_EVERYWHERE = frozenset({"project"})
_NOT_TAKEN = ("/v1/logs", "/v1/metrics")


def add_refusals(app: FastAPI) -> None:
    """Answer what there is not in the shape of all errors, with what there is."""

    @app.exception_handler(AnyHTTPException)
    async def refused(request: Request, error: AnyHTTPException) -> Response:
        answer = problem(error.status_code, _sentence(request, error))
        answer.headers.update(error.headers or {})
        return answer


def known_parameters_only(request: Request) -> None:
    """Refuse parameters of the API's addresses that would change nothing: ``?tag=prod`` would answer with all sessions.

    So would a project's name, on any address of a dashboard that has one project.

    Raises:
        HTTPException: One is not known.
    """
    _require_project(request)
    route = request.scope.get("route")
    if not isinstance(route, APIRoute) or not route.path.startswith(_API):
        return
    known = _parameters(route.dependant)
    for name in request.query_params:
        if name not in known and name not in _EVERYWHERE:
            raise HTTPException(422, f"There is no parameter {name[:40]!r}{_nearest(name, known)} {_all(known)}")


def _require_project(request: Request) -> None:
    # A server with a login has looked at it at the door.
    asked = request.query_params.get("project", DEFAULT_PROJECT)
    if asked != DEFAULT_PROJECT and request.app.state.accounts is None:
        raise HTTPException(
            404,
            f"There is no project {asked[:40]!r} here, but {DEFAULT_PROJECT!r} alone: "
            "others need agentops serve --auth.",
        )


def _parameters(dependant: Dependant) -> frozenset[str]:
    """The query parameters of a route and of what it depends on.

    The API's description has them too, but is made at the first question for it, and not by several threads at once.
    """
    own = (field.alias for field in dependant.query_params)
    return frozenset(own).union(*map(_parameters, dependant.dependencies))


def _nearest(name: str, known: frozenset[str]) -> str:
    if "q" in known and name in {field.name for field in SESSION_FIELDS}:
        return f"; filters stand in q, as in q={name}:…"
    near = get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else "."


def _all(known: frozenset[str]) -> str:
    return f"There are {', '.join(sorted(known))}." if known else "This address takes none."


def _sentence(request: Request, error: AnyHTTPException) -> str:
    path = request.url.path[:80]
    if error.detail != HTTPStatus(error.status_code).phrase:
        return str(error.detail)
    if path in _NOT_TAKEN:
        exporter = f"OTEL_{path.removeprefix('/v1/').upper()}_EXPORTER=none"
        return f"{path} is not taken: spans alone are, at /v1/traces. Leave its exporter out ({exporter})."
    if error.status_code == HTTPStatus.NOT_FOUND:
        return f"There is nothing at {path!r}. What there is stands in /api/openapi.json."
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return f"{path!r} does not take {request.method}. It takes {(error.headers or {}).get('Allow', 'others')}."
    return f"{error.detail}."
