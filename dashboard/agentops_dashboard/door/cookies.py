"""The cookie of a signed-in browser, and the token that its forms carry."""

import hashlib
import hmac
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from agentops_dashboard.accounts.logins import LONGEST_S

__all__ = ["FORM_COOKIE", "clear_cookie", "cookie_of", "csrf_token", "is_csrf_token", "is_https", "set_cookie"]

_NAME: Final = "agentops_login"
FORM_COOKIE: Final = "agentops_form"


def is_https(request: Request) -> bool:
    """Whether the browser came over TLS, as far as we or the public URL know."""
    return request.url.scheme == "https" or bool(request.app.state.server.is_https)


def cookie_of(request: Request) -> str:
    """The secret that a browser sent; empty without one."""
    return request.cookies.get(_name(request), "")


def set_cookie(request: Request, response: Response, secret: str) -> None:
    """Give a browser its secret: no script sees it, and no other site's form sends it."""
    secure = is_https(request)
    response.set_cookie(
        _name(request), secret, max_age=LONGEST_S, path="/", secure=secure, httponly=True, samesite="lax"
    )


def clear_cookie(request: Request, response: Response) -> None:
    """Take the secret back."""
    response.delete_cookie(_name(request), path="/", secure=is_https(request), httponly=True, samesite="lax")


def csrf_token(secret: str) -> str:
    """What the forms of a browser with this cookie carry: only pages that it was shown can know it."""
    return hashlib.sha256(b"form:" + secret.encode()).hexdigest()[:43] if secret else ""


def is_csrf_token(secret: str, given: str) -> bool:
    """Whether a form's token belongs to the cookie."""
    return bool(secret) and hmac.compare_digest(csrf_token(secret).encode(), given.encode("utf-8", "replace"))


def _name(request: Request) -> str:
    # A cookie of this name is taken from this host over TLS only, so no neighbouring subdomain can plant one.
    return f"__Host-{_NAME}" if is_https(request) else _NAME
