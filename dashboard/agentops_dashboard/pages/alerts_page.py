"""Alerts: how each stands, what people were told, and the form that makes one."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agentops_dashboard.alerts import AlertError, Book, Destination, Rule, draft_of, fields_of
from agentops_dashboard.alerts.links import moment_text, sessions_of
from agentops_dashboard.alerts.message import left_out_text
from agentops_dashboard.alerts.rule import FIRING, NO_DATA, OK, PERIODS, SIDES, figure_title
from agentops_dashboard.alerts.subject import CHOICES, SESSIONS, count_text
from agentops_dashboard.api.answers import sentence
from agentops_dashboard.api.form import read_form
from agentops_dashboard.caller import Caller, Right, caller_of, note_change, reader_of
from agentops_dashboard.derived.label_figures import OF_LABELS
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.own_charts import OwnChart
from agentops_dashboard.pages.response import address_of, page
from agentops_dashboard.pages.time_range import RANGES
from agentops_dashboard.query.writing import narrowed, term
from agentops_dashboard.reader import Reader
from agentops_dashboard.reader.charts import AGGREGATES, LABEL_GROUPS, MEASURES, OF_SESSIONS, QUANTILES

__all__ = ["add_routes"]

_PATH: Final = "/alerts"
_FIELDS: Final = ("name", "of", "which", "measure", "aggregate", "query", "period", "side", "threshold", "least")
_DEFAULTS: Final = {"of": SESSIONS, "measure": "failed", "aggregate": "mean", "period": "1h", "side": "above"}
_DAY_NS: Final = 86_400_000_000_000
_MOST_KNOWN: Final = 200
_OF_FAILURES: Final = frozenset({"failed", "success", "errors", "failed_calls"})
_MEASURES: Final = (
    ("of sessions", [key for key in OF_SESSIONS if key not in OF_LABELS]),
    ("of sessions or calls", [key for key in OF_SESSIONS if key in OF_LABELS]),
    ("of a model, tool or agent", [key for key in OF_LABELS if key not in OF_SESSIONS]),
)
"""What forms offer, by what it can be measured of."""

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
    if given["of"] not in CHOICES:
        given["of"], _, given["which"] = given["of"].partition(" ")
    is_asked = fields.get("measure") in MEASURES and not problem and edited is None
    if is_asked and not given["name"]:
        of = f"{given['of']} {given['which']}".rstrip()
        given["name"] = figure_title(of, given["measure"], given["aggregate"])[:100]
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
        choices={choice: _choice_text(choice) for choice in CHOICES},
        measures=[(title, {key: _measure_text(key) for key in keys}) for title, keys in _MEASURES],
        known=_known(reader_of(request)),
        count_text_of=count_text,
        aggregates=AGGREGATES,
        periods=PERIODS,
        sides=SIDES,
    )


def _known(reader: Reader) -> list[tuple[str, str]]:
    """Models, tools and agents of the last day, to choose from: kind and name."""
    now_ns = time.time_ns()
    found = sorted(label for label in reader.labels.over("", now_ns - _DAY_NS, now_ns) if label[0] in LABEL_GROUPS)
    return found[:_MOST_KNOWN]


def _choice_text(choice: str) -> str:
    if choice == SESSIONS:
        return "all sessions"
    return choice if " " in choice else f"{choice} …"


def _measure_text(measure: str) -> str:
    # How it is summed up is chosen beside it.
    return "Time of a call" if measure == "latency" else MEASURES[measure].label


def _shown(rule: Rule) -> dict[str, Any]:
    since_ns, until_ns = rule.bounds(rule.judged_ns or rule.created_ns)
    text = MEASURES[rule.measure].text
    return {
        "rule": rule,
        "edit": Address(_PATH).link(edit=str(rule.id)) + "#new",
        "look": _look(rule),
        "value": text(rule.value),
        "sessions": f"/sessions?{sessions_of(rule, since_ns, until_ns, rule.standing)}",
        "chart": _chart(rule, since_ns),
        "left_out": left_out_text(rule.subject.kind, rule.left_out) if rule.left_out else "",
        "fires": [
            {
                "label": one.label,
                "value": text(one.value),
                "calls": count_text(rule.of, one.measured),
                "since_ns": one.since_ns,
                "href": f"/sessions?{sessions_of(rule, since_ns, until_ns, FIRING, one.label)}",
            }
            for one in rule.fires
        ],
    }


def _chart(rule: Rule, since_ns: int) -> str:
    """The link to what the analytics show of a rule's figure."""
    in_range = rule.period in dict(RANGES)
    when = {"range": rule.period if in_range else None, "from_": None if in_range else moment_text(since_ns)}
    kind, label = rule.subject
    query = rule.query if label is None else narrowed(rule.query, term(kind, label))
    address = Address("/analytics")
    if kind and rule.aggregate in QUANTILES:
        # Percentiles of calls are drawn by the fixed charts.
        return address.link(q=query or None, by=f"{'llm' if kind == 'model' else kind}.{kind}", **when)
    return address.link(charts=OwnChart(rule.measure, rule.aggregate, kind, "line", query).text, **when) + "#own"


def _look(rule: Rule) -> Look:
    if rule.is_paused:
        return _PAUSED
    if rule.standing == FIRING:
        return Look("Firing", "error" if rule.measure in _OF_FAILURES else "warn", "bell")
    return _LOOKS[rule.standing]
