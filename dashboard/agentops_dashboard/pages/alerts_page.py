"""Alerts: how each stands, what people were told, and the form that makes one."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agentops_dashboard.alerts import AlertError, Book, Destination, Rule, draft_of, fields_of
from agentops_dashboard.alerts.links import moment_text, sessions_of
from agentops_dashboard.alerts.rule import FIRING, NO_DATA, OK, PERIODS, SIDES
from agentops_dashboard.api.answers import sentence
from agentops_dashboard.api.form import read_form
from agentops_dashboard.caller import Caller, Right, caller_of, note_change
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.own_charts import OwnChart
from agentops_dashboard.pages.response import address_of, page
from agentops_dashboard.pages.time_range import RANGES
from agentops_dashboard.reader.charts import AGGREGATES, OF_SESSIONS, title_of

__all__ = ["add_routes"]

_PATH: Final = "/alerts"
_FIELDS: Final = ("name", "measure", "aggregate", "query", "period", "side", "threshold", "least")
_DEFAULTS: Final = {"measure": "failed", "aggregate": "mean", "period": "1h", "side": "above"}
_OF_FAILURES: Final = frozenset({"failed", "success", "errors"})

Fields = dict[str, str]
Change = Callable[[Book, Caller, Fields], tuple[str, Rule]]
"""Changes something; returns what was done, for the record, and to which rule."""


class Look(NamedTuple):
    """How a standing is drawn: never by its colour alone."""

    label: str
    tone: str
    icon: str


_LOOKS: Final = {
    OK: Look("OK", "ok", "ok"), NO_DATA: Look("No data", "muted", "unknown"),
    "": Look("Not judged yet", "muted", "clock"),
}  # fmt: skip
_PAUSED: Final = Look("Paused", "muted", "pause")


def add_routes(app: FastAPI, book: Book, destinations: Sequence[Destination]) -> None:
    """Add the page and what its forms do."""
    labels = [destination.recipient.label for destination in destinations]

    @app.get(_PATH, include_in_schema=False)
    def show(request: Request) -> Response:
        address = address_of(request)
        edited = _edited(book, caller_of(request), address.get("edit"))
        fields = fields_of(edited) if edited else {name: address.get(name) for name in _FIELDS}
        return _page(request, book, labels, fields, edited=edited)

    @app.post(_PATH, include_in_schema=False)
    async def add(request: Request) -> Response:
        fields, _ = await read_form(request)
        return await run_in_threadpool(_apply, request, book, labels, _add, fields)

    @app.post(f"{_PATH}/edit", include_in_schema=False)
    async def edit(request: Request) -> Response:
        fields, _ = await read_form(request)
        return await run_in_threadpool(_apply, request, book, labels, _edit, fields)

    @app.post(f"{_PATH}/pause", include_in_schema=False)
    async def pause(request: Request) -> Response:
        fields, _ = await read_form(request)
        return await run_in_threadpool(_apply, request, book, labels, _pause, fields)

    @app.post(f"{_PATH}/remove", include_in_schema=False)
    async def remove(request: Request) -> Response:
        fields, _ = await read_form(request)
        return await run_in_threadpool(_apply, request, book, labels, _remove, fields)


def _apply(request: Request, book: Book, labels: list[str], change: Change, fields: Fields) -> Response:
    caller = caller_of(request)
    try:
        done, rule = change(book, caller, fields)
    except AlertError as error:
        edited = _edited(book, caller, fields.get("id", "")) if change is _edit else None
        return _page(request, book, labels, fields, edited=edited, status=400, problem=sentence(error))
    note_change(request, done, rule.name)
    return RedirectResponse(f"{_PATH}{_here(caller)}", 303)


def _add(book: Book, caller: Caller, fields: Fields) -> tuple[str, Rule]:
    return "alert.added", book.add(caller.project, draft_of(fields), caller.name)


def _edit(book: Book, caller: Caller, fields: Fields) -> tuple[str, Rule]:
    return "alert.edited", book.edit(caller.project, fields.get("id", ""), draft_of(fields))


def _edited(book: Book, caller: Caller, number: str) -> Rule | None:
    """The rule that the form is to change; None if it makes a new one."""
    try:
        return book.get(caller.project, number) if number else None
    except AlertError:
        return None


def _pause(book: Book, caller: Caller, fields: Fields) -> tuple[str, Rule]:
    is_paused = fields.get("paused") == "1"
    rule = book.pause(caller.project, fields.get("id", ""), is_paused=is_paused)
    return ("alert.paused" if is_paused else "alert.resumed"), rule


def _remove(book: Book, caller: Caller, fields: Fields) -> tuple[str, Rule]:
    return "alert.removed", book.remove(caller.project, fields.get("id", ""))


def _here(caller: Caller) -> str:
    """What keeps a signed-in browser in its project."""
    return f"?project={quote(caller.project, safe='')}" if caller.csrf else ""


def _page(  # noqa: PLR0917 - the parts of one page
    request: Request, book: Book, labels: list[str], fields: Fields, edited: Rule | None = None, status: int = 200,
    problem: str = "",
) -> Response:  # fmt: skip
    caller = caller_of(request)
    given = {name: fields.get(name) or _DEFAULTS.get(name, "") for name in _FIELDS}
    is_asked = fields.get("measure") in OF_SESSIONS and not problem and edited is None
    if is_asked and not given["name"]:
        given["name"] = title_of(given["measure"], given["aggregate"])
    rules = sorted(book.rules(caller.project), key=lambda rule: not rule.is_firing)
    return page(
        request,
        "alerts.html",
        status=status,
        section="alerts",
        problem=problem,
        here=_here(caller),
        rules=[_shown(rule) for rule in rules],
        notices=book.notices(caller.project),
        ok=OK,
        labels=labels,
        may_edit=caller.may(Right.EDIT),
        given=given,
        is_asked=is_asked,
        edited=edited,
        measures=OF_SESSIONS,
        aggregates=AGGREGATES,
        periods=PERIODS,
        sides=SIDES,
    )


def _shown(rule: Rule) -> dict[str, Any]:
    chart = OwnChart(rule.measure, rule.aggregate, "", "line", rule.query)
    in_range = rule.period in dict(RANGES)
    since_ns, until_ns = rule.bounds(rule.judged_ns or rule.created_ns)
    began = None if in_range else moment_text(since_ns)
    return {
        "rule": rule,
        "edit": Address(_PATH).link(edit=str(rule.id)) + "#new",
        "look": _look(rule),
        "value": OF_SESSIONS[rule.measure].text(rule.value),
        "sessions": f"/sessions?{sessions_of(rule, since_ns, until_ns)}",
        "chart": Address("/analytics").link(
            charts=chart.text, range=rule.period if in_range else None, from_=began
        ) + "#own",
    }  # fmt: skip


def _look(rule: Rule) -> Look:
    if rule.is_paused:
        return _PAUSED
    if rule.standing == FIRING:
        return Look("Firing", "error" if rule.measure in _OF_FAILURES else "warn", "bell")
    return _LOOKS[rule.standing]
