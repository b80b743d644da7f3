"""What a request needs a right for. What is not named here needs a right too: reading, or editing if it changes."""

from typing import Final

from starlette.requests import Request

from agentops_dashboard.caller import Right

__all__ = ["is_page", "rights_for"]

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OPEN: Final = frozenset({
    ("GET", "/healthz"), ("GET", "/favicon.ico"), ("GET", "/login"), ("POST", "/login"),
    # These take the key in their body, and look at it themselves.
    ("POST", "/v3/auth/token"), ("POST", "/public/v1/auth/access_token"),
})  # fmt: skip
_RIGHTS: Final = {
    ("GET", "/metrics"): frozenset({Right.METRICS}),
    ("POST", "/v1/traces"): frozenset({Right.INGEST}),
    ("POST", "/v4/logs/upload"): frozenset({Right.INGEST}),
    # Everybody may sign out and change their own password.
    ("POST", "/logout"): frozenset({Right.LOGIN}),
    ("POST", "/settings/access/password"): frozenset({Right.LOGIN}),
    ("GET", "/settings/access"): frozenset({Right.LOGIN, Right.READ}),
    # A key makes no keys: one that leaked would outlive its own end.
    ("POST", "/settings/access/keys"): frozenset({Right.LOGIN, Right.EDIT}),
    ("POST", "/settings/access/keys/revoke"): frozenset({Right.LOGIN, Right.EDIT}),
}
_FILES: Final = "/static/"
_ACCESS: Final = "/settings/access/"
_NO_PAGES: Final = ("/api/", "/v1/", "/v3/", "/v4/", "/public/", "/static/", "/vendor/", "/healthz", "/metrics")


def rights_for(method: str, path: str) -> frozenset[str]:
    """Return the rights that a request needs; none: anybody may make it."""
    known = ("GET" if method == "HEAD" else method, path.rstrip("/") or "/")
    if known in _OPEN or (method in _READING and path.startswith(_FILES)):
        return frozenset()
    if known in _RIGHTS:
        return _RIGHTS[known]
    if path.startswith(_ACCESS):
        return frozenset({Right.LOGIN, Right.ADMIN})
    return frozenset({Right.READ if method in _READING else Right.EDIT})


def is_page(request: Request) -> bool:
    """Whether a person with a browser asks for a page, and not a program or a page's script for data."""
    headers = request.headers
    is_html = request.method == "GET" and "text/html" in headers.get("accept", "")
    is_script = headers.get("sec-fetch-mode", "navigate") != "navigate"
    return is_html and not is_script and not request.url.path.startswith(_NO_PAGES)
