"""How a page leaves the server: as HTML under a policy that lets nothing foreign run or load."""

from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from agentops_dashboard import format as write
from agentops_dashboard.caller import Caller, Right, reader_of
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.along import environment_switch, kept_along
from agentops_dashboard.pages.environment import render
from agentops_dashboard.pages.zone import Zone, zone_named

__all__ = ["HEADERS", "PageFiles", "address_of", "page", "zone_of"]

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_THEMES: Final = ("light", "dark")


def address_of(request: Request) -> Address:
    """The request's address; of a repeated parameter the last counts."""
    return Address(request.url.path, dict(request.query_params))


def zone_of(request: Request) -> Zone:
    """The time zone that this reader chose."""
    return zone_named(request.cookies.get("zone", ""))


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Render a template as a whole page or as a piece of one."""
    theme = request.cookies.get("theme", "")
    values.setdefault("address", address_of(request))
    values.setdefault("section", "")
    values.setdefault("kept_along", kept_along(request.query_params))
    who = values.setdefault("who", getattr(request.state, "caller", None))
    # Asked for by whole pages only, not by the pieces of them.
    values["environment_switch"] = partial(_environment_switch, request, who)
    values["alerts_firing"] = partial(request.app.state.alerts.firing, who.project if who else "")
    zone = zone_of(request)
    values |= {"zone": zone, "absolute_time": partial(write.absolute_time, zone=zone.info)}
    html = render(template, theme=theme if theme in _THEMES else "system", **values)
    return HTMLResponse(html.encode("utf-8", "replace"), status, HEADERS)


def _environment_switch(request: Request, who: Caller | None) -> dict[str, Any] | None:
    if who is None or not who.may(Right.READ):
        return None
    return environment_switch(address_of(request), reader_of(request).environments())


class PageFiles(StaticFiles):
    """The static files; a browser asks each time whether its copy is current, so an upgrade shows at once."""

    async def get_response(self, path: str, scope: Scope) -> Any:
        """Serve one file."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
