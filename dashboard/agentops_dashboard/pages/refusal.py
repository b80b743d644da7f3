"""The page that says why a person may not see one."""

from starlette.requests import Request
from starlette.responses import Response

from agentops_dashboard.pages.response import page

__all__ = ["refuse"]


def refuse(request: Request, status: int, why: str) -> Response:
    """Answer a person's request for a page that they may not see."""
    return page(request, "refused.html", status=status, why=why)
