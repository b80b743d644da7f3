"""Routes for clients of the AgentOps 0.4 service: sign-in, log upload, and its public read API.

This machine's dashboard knows no keys, so any key signs in; the token that it gets says nothing about the key. On a
server with a login the token is the key itself: the client has it already, and no second secret needs to be kept.
"""

import secrets
from typing import Annotated, Any

from fastapi import Body, FastAPI, Header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from agentops.semconv import State
from agentops_dashboard.api.answers import json_response, problem
from agentops_dashboard.api.ingest import come_again
from agentops_dashboard.caller import ReaderOf, caller_of
from agentops_dashboard.ingest.body import BodyError, decompress, read_body
from agentops_dashboard.ingest.receiver import BusyError, Receiver, Room
from agentops_dashboard.reader import Session, Span
from agentops_dashboard.semantics.values import as_object
from agentops_dashboard.store import DEFAULT_PROJECT, Store

__all__ = ["add_legacy", "base_url"]

_LOG_LIMIT = 25 * 1024 * 1024
_KEY_LIMIT = 500
Key = Annotated[str, Body(embed=True, max_length=_KEY_LIMIT)]


def add_legacy(app: FastAPI, store: Store, receiver: Receiver) -> None:
    """Add the routes."""
    _add_sign_in(app)
    _add_logs(app, store, receiver)
    _add_public(app)


def _add_sign_in(app: FastAPI) -> None:
    @app.post("/v3/auth/token", tags=["legacy"], summary="Sign in, as the old service's client does")
    def token(request: Request, api_key: Key = "") -> Response:
        # The codes are those of the old service.
        if not api_key.strip():
            return problem(400, 'The body needs the key, as in {"api_key": "sk-agentops-…"}.')
        project = _project_of(request, api_key.strip())
        if project is None:
            return problem(403, "This API key is not known, or was revoked, or has expired.")
        return json_response({"token": _token(request, api_key), "project_id": project, "project_prem_status": "free"})

    @app.post("/public/v1/auth/access_token", tags=["legacy"], summary="Sign in to the public API")
    def access_token(request: Request, api_key: Key) -> Response:
        if _project_of(request, api_key.strip()) is None:
            return problem(401, "This API key is not known, or was revoked, or has expired.")
        return json_response({"bearer": _token(request, api_key)})


def _project_of(request: Request, api_key: str) -> str | None:
    """The project that a key opens; on a dashboard without a login every key opens the same one."""
    accounts = request.app.state.accounts
    if accounts is None:
        return DEFAULT_PROJECT if api_key else None
    key = accounts.keys.find(api_key)
    return key.project if key else None


def _token(request: Request, api_key: str) -> str:
    return secrets.token_urlsafe(32) if request.app.state.accounts is None else api_key.strip()


def _add_logs(app: FastAPI, store: Store, receiver: Receiver) -> None:
    @app.post("/v4/logs/upload/", tags=["legacy"], summary="Keep what a program printed")
    async def upload(request: Request, trace_id: Annotated[str, Header()] = "") -> Response:
        identity = _trace_id(trace_id)
        if identity is None:
            return problem(400, f"The header Trace-Id needs a trace id, not {trace_id[:80]!r}.")
        try:
            with Room(receiver) as room:
                body = await read_body(request, room.grow, _LOG_LIMIT)
                text = _printed(decompress(body, request.headers.get("content-encoding", "")))
                size = await run_in_threadpool(store.put_log, caller_of(request).project, identity, text)
        except BodyError as error:
            return problem(error.status, error.message)
        except BusyError as busy:
            return come_again(busy)
        return json_response({"url": f"{base_url(request)}sessions/{identity}", "size": size})


def _printed(body: bytes) -> str:
    """What a program printed: the text that the body wraps, or the body as it is."""
    text = body.decode("utf-8", "replace")
    wrapped = as_object(text)
    return wrapped["body"] if wrapped is not None and isinstance(wrapped.get("body"), str) else text


def base_url(request: Request) -> str:
    """The address at which the caller reaches the server, with a slash at its end."""
    server = request.app.state.server
    return f"{server.public_url.rstrip('/')}/" if server is not None and server.public_url else str(request.base_url)


def _trace_id(text: str) -> str | None:
    """A trace id as the old client sends it, a decimal integer; or in hex, as everybody else writes it."""
    text = text.strip().lower()
    if len(text) == 32 and all(digit in "0123456789abcdef" for digit in text) and text.strip("0"):
        return text
    if text.isascii() and text.isdigit() and len(text) < 40 and 0 < int(text) < 2**128:
        return f"{int(text):032x}"
    return None


def _add_public(app: FastAPI) -> None:
    @app.get("/public/v1/project", tags=["legacy"], summary="The project")
    def project(request: Request) -> Response:
        project, accounts = caller_of(request).project, request.app.state.accounts
        name = project if accounts is None else accounts.projects.get(project).name
        return json_response({"id": project, "name": name, "environment": "development"})

    @app.get("/public/v1/traces/{trace_id}", tags=["legacy"], summary="A trace and its spans")
    def trace(reader: ReaderOf, trace_id: str) -> Response:
        session = reader.session(_trace_id(trace_id) or trace_id)
        if session is None:
            return _missing("trace", trace_id)
        spans = [_old_span(span) for span in reader.spans(session["id"], with_payloads=False)]
        return json_response(
            {"trace_id": session["id"], "project_id": reader.project, "tags": session["tags"], "spans": spans}
        )

    @app.get("/public/v1/traces/{trace_id}/metrics", tags=["legacy"], summary="Counts, tokens and costs of a trace")
    def trace_metrics(reader: ReaderOf, trace_id: str) -> Response:
        session = reader.session(_trace_id(trace_id) or trace_id)
        if session is None:
            return _missing("trace", trace_id)
        spans = reader.spans(session["id"], with_payloads=False)
        return json_response({"trace_id": session["id"], **_trace_metrics(session, spans)})

    @app.get("/public/v1/spans/{span_id}", tags=["legacy"], summary="A span with its attributes")
    def span(reader: ReaderOf, span_id: str) -> Response:
        found = reader.span(span_id)
        if found is None:
            return _missing("span", span_id)
        more = {"attributes": found["attributes"], "input": found["input"], "output": found["output"]}
        return json_response(_old_span(found) | more)

    @app.get("/public/v1/spans/{span_id}/metrics", tags=["legacy"], summary="Tokens and costs of a span")
    def span_metrics(reader: ReaderOf, span_id: str) -> Response:
        found = reader.span(span_id)
        return json_response({"span_id": span_id, **_metrics([found])}) if found else _missing("span", span_id)


def _missing(what: str, identity: str) -> Response:
    return problem(404, f"There is no {what} {identity[:80]!r}.")


def _old_span(span: Span) -> dict[str, Any]:
    end_ns = span["end_ns"]
    return {
        "span_id": span["id"],
        "parent_span_id": span["parent_id"],
        "span_name": span["name"],
        "span_kind": span["kind"],
        "start_time": span["start_ns"],
        "end_time": end_ns,
        "duration": None if end_ns is None else end_ns - span["start_ns"],
        "status_code": {"ok": "OK", "error": "ERROR"}.get(span["status"], "UNSET"),
        "status_message": span["error"]["message"] if span["error"] else None,
    }


def _trace_metrics(session: Session, spans: list[Span]) -> dict[str, Any]:
    failed = sum(span["status"] == "error" for span in spans)
    undecided = sum(span["status"] not in ("ok", "error") for span in spans)
    return {
        "span_count": len(spans),
        "success_count": len(spans) - failed - undecided,
        "fail_count": failed,
        "indeterminate_count": undecided + (session["state"] == State.INDETERMINATE),
        **_metrics(spans),
    }


def _metrics(spans: list[Span]) -> dict[str, Any]:
    """Tokens by type and costs; a class that nobody reported is None."""
    metered = [span["tokens"] for span in spans if span["tokens"]]
    costs = [span["cost"]["amount"] for span in spans if span["cost"]]
    total = sum(costs) if costs else None
    prompt = [tokens["input"] or 0 for tokens in metered]
    completion = [tokens["output"] or 0 for tokens in metered]
    return {
        "prompt_tokens": sum(prompt) if metered else None,
        "completion_tokens": sum(completion) if metered else None,
        "cache_read_input_tokens": sum(tokens["cached"] or 0 for tokens in metered) if metered else None,
        "reasoning_tokens": sum(tokens["reasoning"] or 0 for tokens in metered) if metered else None,
        "total_tokens": sum(prompt) + sum(completion) if metered else None,
        "total_cost": total,
        "average_cost": None if total is None else total / len(costs),
    }
