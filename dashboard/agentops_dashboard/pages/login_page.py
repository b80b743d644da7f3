"""Signing in and out."""

import secrets
from typing import Final

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agentops_dashboard.accounts import Accounts, Actor
from agentops_dashboard.api.form import read_form
from agentops_dashboard.caller import caller_of
from agentops_dashboard.door.cookies import (
    FORM_COOKIE,
    clear_cookie,
    cookie_of,
    csrf_token,
    is_csrf_token,
    is_https,
    set_cookie,
)
from agentops_dashboard.door.rate import Buckets
from agentops_dashboard.pages.response import page

__all__ = ["add_routes"]

# Ten tries at once, then one every twelve seconds. A name allows more than an address does, so that nobody can keep
# somebody else out for long by trying their name.
_BY_ADDRESS: Final = (1 / 12, 10)
_BY_NAME: Final = (1 / 6, 20)
_AT_ONCE: Final = 2
"""Threads of their own for checking passwords: many sign-ins must not take those that answer everything else."""


def add_routes(app: FastAPI, accounts: Accounts) -> None:
    """Add the routes."""
    addresses, names = Buckets(*_BY_ADDRESS), Buckets(*_BY_NAME)
    turns: CapacityLimiter | None = None

    @app.get("/login", include_in_schema=False)
    def login(request: Request) -> Response:
        secret = cookie_of(request)
        if secret and accounts.logins.find(secret):
            return RedirectResponse(_local(request.query_params.get("next", "")), 303)
        return _form(request, request.query_params.get("next", ""))

    @app.post("/login", include_in_schema=False)
    async def sign_in(request: Request) -> Response:
        fields, _ = await read_form(request)
        next_page, name = fields.get("next", ""), fields.get("name", "").strip()[:200]
        if not is_csrf_token(request.cookies.get(FORM_COOKIE, ""), fields.get("csrf", "")):
            return _form(request, next_page, "This form was open for too long. Please try again.", status=403)
        address = request.client.host if request.client else ""
        wait_s = max(addresses.take(address), names.take(name.lower()))
        if wait_s:
            answer = _form(request, next_page, f"Too many tries. Wait {wait_s:.0f} s, then try again.", status=429)
            answer.headers["Retry-After"] = str(int(wait_s) + 1)
            return answer
        nonlocal turns
        turns = turns or CapacityLimiter(_AT_ONCE)
        secret = await to_thread.run_sync(
            accounts.logins.sign_in, name, fields.get("password", ""), address, limiter=turns
        )
        if secret is None:
            return _form(request, next_page, "There is no such user, or the password is another one.", status=401)
        welcome = RedirectResponse(_local(next_page), 303)
        set_cookie(request, welcome, secret)
        welcome.delete_cookie(FORM_COOKIE, path="/login")
        return welcome

    @app.post("/logout", include_in_schema=False)
    def sign_out(request: Request) -> Response:
        caller = caller_of(request)
        accounts.logins.sign_out(cookie_of(request), Actor(caller.name, caller.address))
        answer = RedirectResponse("/login", 303)
        clear_cookie(request, answer)
        return answer


def _form(request: Request, next_page: str, problem: str = "", *, status: int = 200) -> Response:
    """The form; its token belongs to a cookie of its own, so no other site can sign somebody in."""
    secret = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(32)
    answer = page(
        request, "login.html", status=status, csrf=csrf_token(secret), next_page=_local(next_page), problem=problem
    )
    answer.set_cookie(
        FORM_COOKIE, secret, max_age=3600, path="/login", secure=is_https(request), httponly=True, samesite="lax"
    )
    return answer


def _local(address: str) -> str:
    """A page of this server, and nowhere else."""
    is_local = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if is_local else "/sessions"
