"""Settings: where the data is, how long it is kept, what was not understood, query keys, and the prices in use."""

from typing import Any, Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from agentops.errors import ConfigurationError
from agentops_dashboard import format as write
from agentops_dashboard.caller import ReaderOf, Right, caller_of
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.query_edit import term
from agentops_dashboard.pages.response import page
from agentops_dashboard.query import SESSION_FIELDS, SPAN_FIELDS
from agentops_dashboard.reader.health import read_health
from agentops_dashboard.reader.price_audit import read_price_audit
from agentops_dashboard.store import Store
from agentops_dashboard.store.retention import read_policy

__all__ = ["add_routes"]


_DAYS: Final = (
    ("payload_days", "Inputs, outputs and attributes"), ("session_days", "Sessions"), ("audit_days", "Who did what"),
)  # fmt: skip


def _kept(store: Store) -> dict[str, Any]:
    """How long what is kept, in words; ``problem`` instead where the policy cannot be understood."""
    try:
        policy = read_policy(store.home / "retention.json")
    except ConfigurationError as error:
        return {"rows": [], "problem": str(error), "keeps_all": False}
    limits = {name: getattr(policy, name) for name, _ in _DAYS}
    rows = [(label, _days(limits[name])) for name, label in _DAYS]
    rows += [(f"Sessions tagged {tag}", _days(days)) for tag, days in policy.tag_days.items()]
    rows += [(f"Sessions tagged {tag}", "without end") for tag in policy.keep_tags]
    if policy.most_sessions is not None:
        rows.append(("At most", f"{policy.most_sessions:,} sessions, the newest"))
    if policy.most_bytes is not None:
        rows.append(("Size at most", write.byte_size(policy.most_bytes)))
    has_limit = (
        policy.payload_days or policy.session_days or policy.most_sessions or policy.most_bytes or policy.tag_days
    )
    return {"rows": rows, "problem": "", "keeps_all": not has_limit}


def _days(days: float | None) -> str:
    return "without end" if days is None else f"{days:g} day{'' if days == 1 else 's'}"


def add_routes(app: FastAPI, store: Store) -> None:
    """Add the page."""

    @app.get("/settings", include_in_schema=False)
    def settings(request: Request, reader: ReaderOf) -> Response:
        caller = caller_of(request)
        return page(
            request,
            "settings.html",
            section="settings",
            location=store.location if not caller.csrf or caller.may(Right.ADMIN) else "",
            health=read_health(reader, store),
            kept=_kept(store),
            session_fields=SESSION_FIELDS,
            span_fields=SPAN_FIELDS,
        )

    @app.get("/settings/prices", include_in_schema=False)
    def prices(request: Request, reader: ReaderOf) -> Response:
        audit = read_price_audit(reader, store.prices)
        sessions = Address("/sessions", {})
        models = [{**one, "href": sessions.link(q=term("model", one["model"]))} for one in audit["models"]]
        return page(request, "prices.html", section="settings", audit=audit, models=models)
